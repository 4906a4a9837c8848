import assert from "node:assert/strict";
import { test } from "node:test";
import { Throttling } from "../../../src/reconcile/throttling.ts";

const MINUTE = 60_000;

function setUp(openRoutes: readonly string[] = ["default"]) {
  const others: [string, string[]][] = [];
  const published: Record<string, readonly string[]>[] = [];
  const changed: string[] = [];
  const throttling = new Throttling({
    others: () => others,
    publish: (throttled) => published.push({ ...throttled }),
    openRoutes: () => openRoutes,
    changed: ({ routes, domains }) => {
      changed.push(...[...routes].map((name) => `route ${name}`), ...domains);
    },
  });
  return { throttling, others, published, changed };
}

test("a limit that bites is told at once, and to the others; that it goes on is no news", () => {
  const { throttling, published, changed } = setUp();
  assert.equal(throttling.bites("a.test", "rate", 0), true);
  assert.deepEqual(throttling.limits("a.test"), ["rate"]);
  assert.equal(throttling.bites("a.test", "rate", 10_000), false);
  assert.equal(throttling.bites("a.test", "failures", 11_000), true);
  assert.deepEqual(throttling.limits("a.test"), ["failures", "rate"]);
  assert.deepEqual(throttling.limits("b.test"), []);
  assert.deepEqual(published, [{ "a.test": ["rate"] }, { "a.test": ["rate", "failures"] }]);
  assert.deepEqual(changed, ["a.test", "a.test"]);
});

test("it stays for five minutes after it bit last", () => {
  const { throttling, published, changed } = setUp();
  throttling.bites("a.test", "rate", 0);
  throttling.bites("a.test", "recipients", MINUTE);
  throttling.bites("a.test", "rate", 2 * MINUTE);
  throttling.expire(6 * MINUTE - 1);
  assert.deepEqual(throttling.limits("a.test"), ["rate", "recipients"]);
  throttling.expire(6 * MINUTE);
  assert.deepEqual(throttling.limits("a.test"), ["rate"]);
  throttling.expire(7 * MINUTE);
  assert.deepEqual(throttling.limits("a.test"), []);
  assert.deepEqual(published.at(-1), {});
  assert.equal(changed.length, 4);
  throttling.expire(8 * MINUTE);
  assert.deepEqual([published.length, changed.length], [4, 4], "nothing ended, nothing is told");
});

test("what bites on another replica counts as well, for as long as that one says so", () => {
  const { throttling, others, published, changed } = setUp();
  others.push(["a.test", ["rate"]], ["b.test", ["failures"]]);
  throttling.look();
  assert.deepEqual(throttling.limits("a.test"), ["rate"]);
  throttling.bites("a.test", "rate", 0);
  others.length = 0;
  throttling.look();
  assert.deepEqual([throttling.limits("a.test"), throttling.limits("b.test")], [["rate"], []]);
  assert.deepEqual(changed, ["a.test", "b.test", "b.test"], "a.test stayed as it was");
  assert.deepEqual(published, [{ "a.test": ["rate"] }], "what others say is theirs to tell");
});

test("limits on discovery concern the default routes that are open", () => {
  const { throttling, changed } = setUp(["default", "backup"]);
  throttling.bites(".*", "rate/inbound", 0);
  assert.deepEqual(changed, ["route default", "route backup"]);
});
