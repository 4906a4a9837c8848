/** When domains last had requests: from what the router tells, kept for the known ones. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ACTIVE_MS, Activity, NEWS_MS } from "../../../src/main/activity.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");

function start(t: TestContext, known = new Map<string, object>()) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW });
  const activity = new Activity(() => known);
  const changed: (readonly string[])[] = [];
  const told: unknown[] = [];
  const handlers = activity.listening(
    {
      learned: (...what: unknown[]) => void told.push(what),
      domainLimited: (...what: unknown[]) => void told.push(what),
    },
    (names) => void changed.push(names),
  );
  return { known, activity, changed, told, handlers };
}

test("a request to a domain and one from it are its activity, of which the later one is the last", (t) => {
  const { activity, told, handlers } = start(t);
  assert.equal(activity.last("a.example"), undefined);
  assert.equal(activity.of("a.example"), undefined);
  handlers.learned("a.example", "outbound", true, false);
  t.mock.timers.tick(60_000);
  handlers.active("a.example", "inbound");
  assert.deepEqual(activity.of("a.example"), { outbound: NOW, inbound: NOW + 60_000 });
  assert.equal(activity.last("a.example"), NOW + 60_000);
  t.mock.timers.tick(60_000);
  handlers.active("a.example", "outbound");
  assert.equal(activity.last("a.example"), NOW + 120_000);
  assert.deepEqual(told, [["a.example", "outbound", true, false]], "who was told before is told as before");
});

test("domains count as active for twice as long as the router is silent about them, each way", (t) => {
  const { activity, handlers } = start(t);
  handlers.active("a.example", "outbound");
  handlers.active("a.example", "inbound");
  handlers.active("b.example", "outbound");
  assert.deepEqual(activity.active(NOW), { outbound: 2, inbound: 1 });
  t.mock.timers.tick(60_000);
  handlers.active("b.example", "outbound");
  assert.deepEqual(activity.active(NOW + ACTIVE_MS - 1), { outbound: 2, inbound: 1 });
  assert.deepEqual(activity.active(NOW + ACTIVE_MS), { outbound: 1, inbound: 0 });
});

test("a domain that meets a limit was refused, which is no activity", (t) => {
  const { activity, told, handlers } = start(t);
  handlers.domainLimited("a.example", "rate");
  assert.equal(activity.last("a.example"), undefined);
  assert.deepEqual(told, [["a.example", "rate"]]);
});

test("the first news is told at once, what follows together, and not often", (t) => {
  const { changed, handlers } = start(t);
  handlers.active("a.example", "inbound");
  assert.deepEqual(changed, [["a.example"]]);
  for (let at = 0; at < 1_000; at += 1) handlers.active(`d${at % 3}.example`, "outbound");
  assert.equal(changed.length, 1);
  t.mock.timers.tick(NEWS_MS);
  assert.deepEqual(changed[1], ["d0.example", "d1.example", "d2.example"]);
  t.mock.timers.tick(NEWS_MS);
  assert.equal(changed.length, 2, "nothing is new");
  handlers.active("b.example", "inbound");
  assert.deepEqual(changed[2], ["b.example"]);
});

test("of domains that nobody knows only so many are kept, of the known ones all", (t) => {
  const { known, activity } = start(t);
  const many = 20_000;
  for (let at = 0; at < many; at += 1) known.set(`known${at}.example`, {});
  for (let at = 0; at < many; at += 1) activity.heard(`known${at}.example`, "inbound", at + 1);
  for (let at = 0; at < 3 * many; at += 1) activity.heard(`new${at}.example`, "inbound", at + 1);
  const count = (kind: string, all: number): number =>
    Array.from({ length: all }, (_, at) => activity.last(`${kind}${at}.example`)).filter(Boolean).length;
  assert.equal(count("known", many), many);
  assert.ok(count("new", 3 * many) <= 10_000, `${count("new", 3 * many)} kept`);
  assert.equal(activity.last(`new${3 * many - 1}.example`), 3 * many);
});
