import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Lanes } from "../../../src/dns/lanes.ts";

async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
}

test("doubtful tasks take half of the room at most, and none that others wait for", async () => {
  const lanes = new Lanes(4);
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const task = (name: string, doubtful: boolean) =>
    lanes.run(doubtful, async () => {
      running.push(name);
      await new Promise<void>((end) => ends.set(name, end));
    });
  const tasks = ["d1", "d2", "d3"].map((name) => task(name, true));
  await settle();
  deepEqual(running, ["d1", "d2"]);
  tasks.push(...["a", "b", "c"].map((name) => task(name, false)));
  await settle();
  deepEqual(running, ["d1", "d2", "a", "b"]);
  ends.get("d1")?.();
  await settle();
  deepEqual(running, ["d1", "d2", "a", "b", "c"]);
  ends.get("a")?.();
  await settle();
  deepEqual(running, ["d1", "d2", "a", "b", "c", "d3"]);
  for (const end of ends.values()) end();
  await Promise.all(tasks);
});

test("a task that fails leaves its place", async () => {
  const lanes = new Lanes(2);
  const failing = () => lanes.run(false, () => Promise.reject(new Error("no")));
  const results = await Promise.allSettled(Array.from({ length: 5 }, failing));
  equal(results.filter(({ status }) => status === "rejected").length, 5);
  equal(await lanes.run(true, () => Promise.resolve("ran")), "ran");
});
