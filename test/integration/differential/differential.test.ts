/**
 * The real Kamailio, programmed by the product's own code, does with generated requests what `decide` says.
 *
 * DIFFERENTIAL_RUNS: scenarios for each version of Kamailio, each of several requests.
 * DIFFERENTIAL_SEED: other scenarios; with DIFFERENTIAL_PATH it repeats what a failure printed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../../src/federation/decide.ts";
import { kamailioBinaries, type KamailioBinary } from "../../support/kamailio-binaries.ts";
import { render, search, type Counterexample } from "./search.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const RUNS = Number(process.env.DIFFERENTIAL_RUNS ?? 1500);
/** A change is judged by the same scenarios as the one before it; new ones are for those who look for bugs. */
const SEED = Number(process.env.DIFFERENTIAL_SEED ?? 1);
const TIME_LIMIT = 240_000;

for (const binary of kamailioBinaries()) {
  test(`Kamailio ${binary.version} does what decide says`, { timeout: TIME_LIMIT + 60_000 }, async (t) => {
    const stage = await Stage.open(binary);
    t.after(() => stage.close());
    const started = performance.now();
    const { runs, counterexample } = await search(stage, scenarios(stage.world), decide, {
      runs: RUNS,
      timeLimit: TIME_LIMIT,
      seed: SEED,
      path: process.env.DIFFERENTIAL_PATH,
    });
    if (counterexample !== undefined) assert.fail(explain(binary, stage, counterexample));
    const seconds = (performance.now() - started) / 1000;
    t.diagnostic(`${runs} scenarios, ${stage.requests} requests in ${seconds.toFixed(1)} s`);
  });
}

function explain({ version }: KamailioBinary, stage: Stage, counterexample: Counterexample): string {
  const { seed, path } = counterexample;
  const again = `DIFFERENTIAL_SEED=${seed} DIFFERENTIAL_PATH=${path}`;
  return `Kamailio ${version} differs from decide.\n${render(counterexample)}\nAgain with: ${again}\n${stage.log()}`;
}
