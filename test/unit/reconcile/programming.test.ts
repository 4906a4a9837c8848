import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableChanges } from "../../../src/federation/types.ts";
import { type Batch, ProgrammingLoop, type ProgrammingPorts } from "../../../src/reconcile/programming.ts";

function loopOn(overrides: Partial<ProgrammingPorts> = {}, start: "started" | "not started" = "started") {
  let version = 0;
  const seen = { applied: [] as string[], failed: [] as string[] };
  const none: TableChanges = { names: new Set(), routeSets: new Set(), settings: false };
  const loop = new ProgrammingLoop({
    take: () => ({ changes: none, versions: { domains: String(version) }, settled: [], takenAt: 0 }),
    apply: () => Promise.resolve(),
    applied: (batch: Batch) => seen.applied.push(batch.versions.domains ?? ""),
    failed: (error) => seen.failed.push(String(error)),
    ...overrides,
  });
  if (start === "started") loop.start();
  const change = () => {
    version++;
    loop.trigger();
  };
  return { loop, change, seen };
}

test("a burst within one turn of the event loop is one batch", async () => {
  const { loop, change, seen } = loopOn();
  for (let i = 0; i < 100; i++) change();
  await loop.settled();
  assert.deepEqual(seen.applied, ["100"]);
});

test("nothing is applied, and nothing claimed, before the start", async () => {
  const { loop, seen } = loopOn({}, "not started");
  loop.trigger();
  await loop.settled();
  assert.deepEqual(seen.applied, []);
  loop.start();
  await loop.settled();
  assert.deepEqual(seen.applied, ["0"]);
});

test("a change during an apply is the next batch, and its version is not claimed by the first", async () => {
  const { loop, change, seen } = loopOn({
    apply: () => {
      if (seen.applied.length === 0 && !extra) {
        extra = true;
        change();
      }
      return Promise.resolve();
    },
  });
  let extra = false;
  change();
  await loop.settled();
  assert.deepEqual(seen.applied, ["1", "2"]);
});

test("a failed apply is reported, claims nothing, and the next trigger goes on", async () => {
  let broken = true;
  const { loop, change, seen } = loopOn({
    apply: () => (broken ? Promise.reject(new Error("router away")) : Promise.resolve()),
  });
  change();
  await loop.settled();
  assert.deepEqual(seen, { applied: [], failed: ["Error: router away"] });
  broken = false;
  loop.trigger();
  await loop.settled();
  assert.deepEqual(seen.applied, ["1"]);
});

test("a stop waits for the batch under way, and drops what waits behind it", async () => {
  const { promise, reject } = Promise.withResolvers<undefined>();
  const { loop, change, seen } = loopOn({ apply: () => promise });
  change();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  change();
  const stopped = loop.stop();
  reject(new Error("the router was stopped"));
  await stopped;
  assert.deepEqual(seen, { applied: [], failed: ["Error: the router was stopped"] });
});

test("after stop no trigger starts anything", async () => {
  const { loop, change, seen } = loopOn();
  await loop.stop();
  const before = [...seen.applied];
  change();
  await loop.settled();
  assert.deepEqual(seen.applied, before);
});
