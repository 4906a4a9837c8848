/** The operator's container keeps running whatever the operator does: real processes, a stand-in for the operator. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { claimAddressBlock } from "../../support/addresses.ts";
import { ManagedProcess } from "../../support/processes.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

/** Logs each of its starts, and then does what the test says. */
const STAND_IN = `
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
const [journal, behaviour, host] = process.argv.slice(2);
const note = (what) => appendFileSync(journal, what + "\\n");
process.on("SIGTERM", () => { note("stop"); process.exit(5); });
note("start " + process.pid);
if (behaviour === "crash") process.exit(3);
let asked = 0;
const statusOf = { sick: () => 503, recovers: () => (asked % 11 === 0 ? 200 : 503) }[behaviour] ?? (() => 200);
createServer((_, response) => { asked += 1; note("asked"); response.writeHead(statusOf()).end(); }).listen(8065, host);
`;

const addresses = await claimAddressBlock();

interface Run {
  readonly process: ManagedProcess;
  readonly journal: () => string[];
  readonly count: (what: string) => number;
}

function start(t: TestContext, behaviour: string, env: Record<string, string> = {}): Run {
  const directory = temporaryDirectory("operator-run");
  const host = addresses.next();
  const script = join(directory, "stand-in.mjs");
  const journal = join(directory, "journal");
  writeFileSync(script, STAND_IN);
  writeFileSync(journal, "");
  const child = new ManagedProcess({
    name: "operator-run",
    command: join(repositoryRoot, "src/operator-run"),
    args: [journal, behaviour, host],
    env: { OPERATOR: `${process.execPath} ${script}`, LONGEST_PAUSE: "1", HEALTH_HOST: host, ...env },
    logFile: join(directory, "log"),
    deathSignal: "TERM",
  });
  t.after(() => child.stop());
  const lines = () => readFileSync(journal, "utf8").split("\n").filter(Boolean);
  const count = (what: string) => lines().filter((line) => line.startsWith(what)).length;
  return { process: child, journal: lines, count };
}

test("an operator that ends is started anew", async (t) => {
  const run = start(t, "crash");
  await waitFor("three starts", () => run.count("start") >= 3);
  assert(run.process.running);
  assert.match(run.process.log(), /the operator ended with 3, next start in 1 s/);
});

test("SIGTERM reaches the operator, and its exit code is the container's", async (t) => {
  const run = start(t, "serve");
  await waitFor("the start", () => run.count("start") === 1);
  assert.deepEqual(await run.process.stop(), { code: 5, signal: null });
  assert.equal(run.journal().at(-1), "stop");
  assert.equal(run.count("start"), 1, "it is not started again");
});

test("SIGTERM between two starts ends it at once", async (t) => {
  const run = start(t, "crash", { LONGEST_PAUSE: "30" });
  await waitFor("the pause after the third start", () => run.process.log().includes("next start in 4 s"));
  const before = performance.now();
  await run.process.stop();
  assert(performance.now() - before < 2_000);
});

for (const [behaviour, env] of [
  ["sick", { HEALTH_INTERVAL: "0.5", HEALTH_FAILURES: "6" }],
  ["silent", { HEALTH_INTERVAL: "0.1", HEALTH_FAILURES: "2", HEALTH_PORT: "1" }],
] as const) {
  test(`an operator without health is killed and started anew: ${behaviour}`, async (t) => {
    const run = start(t, behaviour, env);
    const kills = () => run.process.log().split("no sign of health").length - 1;
    await waitFor("a second kill", () => kills() >= 2, { timeout: 60_000 });
    assert.match(run.process.log(), /the operator ended with 137/);
    assert(behaviour === "silent" || run.count("asked") > 0, "it was asked for its health");
  });
}

test("an operator that is well now and then is left alone", async (t) => {
  const run = start(t, "recovers", { HEALTH_INTERVAL: "0.2", HEALTH_FAILURES: "20" });
  await waitFor("thirty failures", () => run.count("asked") >= 33, { timeout: 60_000 });
  assert.equal(run.count("start"), 1);
});
