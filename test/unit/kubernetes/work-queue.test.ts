import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ApiError } from "../../../src/kubernetes/api-error.ts";
import { WorkQueue } from "../../../src/kubernetes/work-queue.ts";
import type { WorkQueueOptions } from "../../../src/kubernetes/work-queue-options.ts";
import { recordingLogger } from "../../support/recording-logger.ts";
import { waitFor } from "../../support/wait-for.ts";

/** A queue whose work the test finishes by hand. */
function manualQueue(options: Partial<WorkQueueOptions> = {}) {
  const taken: string[] = [];
  const running = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const log = recordingLogger();
  const queue = new WorkQueue({
    name: "test",
    concurrency: 2,
    log,
    process: async (key) => {
      taken.push(key);
      await new Promise<void>((resolve, reject) => {
        running.set(key, { resolve, reject });
      });
    },
    ...options,
  });
  const finish = (key: string): void => running.get(key)?.resolve();
  const fail = (key: string, error = new Error("no")): void => running.get(key)?.reject(error);
  return { queue, taken, finish, fail, log };
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 4; turns += 1) await turn();
}

test("a key that waits is not added twice, and order is kept", async () => {
  const { queue, taken, finish } = manualQueue({ concurrency: 1 });
  for (const key of ["a", "b", "a", "b", "c"]) queue.add(key);
  equal(queue.depth, 3);
  for (const key of ["a", "b", "c"]) {
    await settle();
    finish(key);
  }
  equal(await queue.drain(1_000), 0);
  deepEqual(taken, ["a", "b", "c"]);
});

test("a key is never in work twice at once; added meanwhile, it gets another turn", async () => {
  const { queue, taken, finish } = manualQueue();
  queue.add("a");
  await settle();
  queue.add("a");
  queue.add("a");
  await settle();
  deepEqual(taken, ["a"]);
  finish("a");
  await settle();
  deepEqual(taken, ["a", "a"]);
  finish("a");
  equal(await queue.drain(1_000), 0);
});

test("no more keys are in work than allowed", async () => {
  const { queue, taken, finish } = manualQueue({ concurrency: 2 });
  for (const key of ["a", "b", "c"]) queue.add(key);
  await settle();
  deepEqual(taken, ["a", "b"]);
  finish("b");
  await settle();
  deepEqual(taken, ["a", "b", "c"]);
  finish("a");
  finish("c");
  equal(await queue.drain(1_000), 0);
});

test("urgent keys go first, also one that waited already", async () => {
  const { queue, taken, finish } = manualQueue({ concurrency: 1 });
  for (const key of ["a", "b", "c", "d"]) queue.add(key);
  queue.add("c", { urgent: true });
  queue.add("e", { urgent: true });
  for (const key of ["c", "e", "a", "b", "d"]) {
    await settle();
    finish(key);
  }
  equal(await queue.drain(1_000), 0);
  deepEqual(taken, ["c", "e", "a", "b", "d"]);
});

test("a key that failed is tried again, later each time, until it succeeds", async () => {
  const times: number[] = [];
  const { queue } = manualQueue({
    backoffMs: [20, 1_000],
    process: () => {
      times.push(performance.now());
      return times.length < 4 ? Promise.reject(new Error("not yet")) : Promise.resolve();
    },
  });
  queue.add("a");
  equal(await queue.drain(5_000), 0);
  equal(times.length, 4);
  const [first = 0, second = 0, third = 0, fourth = 0] = times;
  ok(second - first >= 9 && third - second >= 19 && fourth - third >= 39, times.join());
});

test("the failures of one key do not hold up others", async () => {
  const { queue, taken, finish, fail } = manualQueue({ concurrency: 1, backoffMs: [60_000, 60_000] });
  queue.add("bad");
  queue.add("good");
  await settle();
  fail("bad");
  await settle();
  finish("good");
  await settle();
  deepEqual(taken, ["bad", "good"]);
  equal(queue.depth, 1, "the bad one waits for its retry");
  await queue.stop();
});

test("adding a key that waits for its retry gives it its turn at once", async () => {
  const { queue, taken, fail } = manualQueue({ backoffMs: [60_000, 60_000] });
  queue.add("a");
  await settle();
  fail("a");
  await settle();
  queue.add("a");
  await settle();
  deepEqual(taken, ["a", "a"]);
  fail("a");
  await queue.stop();
});

test("a failure that concerns all makes all wait, and no key is lost or blamed", async () => {
  const attempts: string[] = [];
  let away = true;
  const { queue, log } = manualQueue({
    concurrency: 1,
    backoffMs: [60_000, 60_000],
    concernsAll: (error) => error instanceof ApiError,
    process: (key) => {
      attempts.push(key);
      return away ? Promise.reject(new ApiError(503, {})) : Promise.resolve();
    },
  });
  for (const key of ["a", "b", "c"]) queue.add(key);
  await waitFor("the first attempt", () => attempts.length === 1);
  away = false;
  equal(await queue.drain(5_000), 0);
  deepEqual(attempts.toSorted(), ["a", "a", "b", "c"]);
  equal(log.records.filter(({ level }) => level === "warn").length, 1);
});

test("a closed gate is asked again when it said it would open", async () => {
  let asked = 0;
  const { queue, taken, finish } = manualQueue({
    gate: () => {
      asked += 1;
      return asked < 3 ? 10 : 0;
    },
  });
  queue.add("a");
  await waitFor("the key to be taken", () => taken.length === 1);
  equal(asked, 3);
  finish("a");
  equal(await queue.drain(1_000), 0);
});

test("a delayed key waits for its time", async () => {
  const { queue, taken, finish } = manualQueue();
  const addedAt = performance.now();
  queue.add("a", { afterMs: 50 });
  equal(queue.depth, 1);
  await waitFor("the key to be taken", () => taken.length === 1);
  ok(performance.now() - addedAt >= 49);
  finish("a");
  equal(await queue.drain(1_000), 0);
});

test("draining gives up at its deadline and says how much is left", async () => {
  const { queue, finish } = manualQueue({ concurrency: 1 });
  for (const key of ["a", "b"]) queue.add(key);
  equal(await queue.drain(30), 2);
  finish("a");
  await settle();
  finish("b");
  equal(await queue.drain(1_000), 0);
});

test("stopping waits for what is in work, and takes nothing more", async () => {
  const { queue, taken, finish } = manualQueue({ concurrency: 1 });
  for (const key of ["a", "b"]) queue.add(key);
  await settle();
  let stopped = false;
  const stopping = queue.stop().then(() => {
    stopped = true;
  });
  await settle();
  equal(stopped, false);
  finish("a");
  await stopping;
  queue.add("c");
  await settle();
  deepEqual(taken, ["a"]);
});

test("a long queue of quick keys lets the event loop turn", async () => {
  let done = 0;
  const { queue } = manualQueue({
    concurrency: 10,
    process: () => {
      done += 1;
      return Promise.resolve();
    },
  });
  for (let key = 0; key < 1_000; key += 1) queue.add(String(key));
  await turn();
  await turn();
  ok(done < 100, `${done} keys in two turns`);
  equal(await queue.drain(5_000), 0);
  equal(done, 1_000);
});
