import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { Model } from "../../src/federation/model.ts";
import type { StrangerLimits } from "../../src/federation/types.ts";
import { orders } from "../../src/federation/shares.ts";
import { ControlClient } from "../../src/router/control-client.ts";
import { StatusPoll } from "../../src/router/status-poll.ts";
import { Programmer } from "../../src/router/programmer.ts";
import { RpcClient } from "../../src/router/rpc-client.ts";
import { standingEntries } from "../../src/router/standing-entries.ts";
import type { Grace } from "../../src/router/types.ts";
import { FakeRouter } from "./fake-router.ts";
import { config } from "./federation-objects.ts";
import { danglingReferences, entriesInForce, expectedEntries } from "./router-table.ts";
import { waitFor } from "./wait-for.ts";

const AUDIT_MS = 100;
/** What the limits for strangers are by default. */
export const LIMITS: StrangerLimits = {
  requestsPerSecond: 20,
  recipientsPerDay: 1000,
  failingPercent: 80,
  failingAnswers: 20,
  failingRequestsPerSecond: 1,
  unprovenPerSecond: 200,
  floodPerSecond: 500,
};
const STANDING = standingEntries({ keys: ["c0ffee"], lifetimeSeconds: 60 }, LIMITS);
const LONG: Grace = { setsMs: 60_000, ordersMs: 60_000 };

/** A programmer that has a fake router in hand, and a model to program it with. */
export interface ProgrammerBench {
  readonly router: FakeRouter;
  readonly model: Model;
  readonly programmer: Programmer;
  readonly start: () => void;
  readonly inForce: () => Promise<unknown>;
  /** How often the whole table came into force. */
  readonly programmed: () => number;
  /** Standing entries as they should be. */
  readonly standing: Map<string, string>;
}

/** Asserts at the end of the test that no request could ever have met a dangling reference. */
export async function setUpProgrammer(t: TestContext, grace = LONG): Promise<ProgrammerBench> {
  const { bench, stop } = await startProgrammer(grace);
  t.after(stop);
  return bench;
}

/** The same for many times in one test: `stop` asserts. */
export async function startProgrammer(
  grace = LONG,
): Promise<{ bench: ProgrammerBench; stop: () => Promise<void> }> {
  const router = await FakeRouter.start();
  const dangling: string[] = [];
  router.changed = () => dangling.push(...danglingReferences(router.table));
  const { host, rpcPort, controlPort } = router.options;
  const rpc = new RpcClient({ host, port: rpcPort, timeoutMs: 20, attempts: 5 });
  const control = new ControlClient({ host, port: controlPort });
  const model = new Model(config());
  const standing = new Map(STANDING);
  let programmed = 0;
  const programmer = new Programmer(
    { table: model.table, orders, standing: () => standing, grace, rpc, control },
    () => (programmed += 1),
    pino({ level: "silent" }),
    AUDIT_MS,
  );
  const poll = new StatusPoll(control, 20, (status, askedAt) => {
    programmer.observe(status, askedAt);
  });
  const start = () => {
    programmer.start();
    poll.now();
  };
  const inForce = () => waitFor("the table in force", () => programmer.state().inForce);
  const stop = async () => {
    await poll.stop();
    await programmer.stop();
    rpc.close();
    await control.close();
    await router.stop();
    assert.deepEqual(dangling, [], "a request could have met a dangling reference");
  };
  return {
    bench: { router, model, programmer, start, inForce, programmed: () => programmed, standing },
    stop,
  };
}

/** The router holds exactly the table of the model. */
export function assertHolds(router: FakeRouter, model: Model): void {
  assert.deepEqual(entriesInForce(router.table), expectedEntries(model.table, orders));
}
