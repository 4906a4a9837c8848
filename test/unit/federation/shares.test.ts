import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { orders } from "../../../src/federation/shares.ts";
import type { NextHop } from "../../../src/federation/types.ts";

function hop(route: string, weight: number, priority = 1): NextHop {
  return {
    route,
    host: `${route}.test`,
    port: 5060,
    transport: "TCP",
    priority,
    weight,
    trustIdentity: false,
  };
}

const weights = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 65_535 }));
const hops = (maxLength: number) =>
  fc
    .array(fc.record({ weight: weights, priority: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength,
    })
    .map((fields) => fields.map(({ weight, priority }, index) => hop(`r${index}`, weight, priority)));

const routesOf = (list: readonly (readonly NextHop[])[]) =>
  list.map((order) => order.map((it) => it.route).join(" "));

function share(list: readonly NextHop[][], holds: (order: NextHop[]) => boolean): number {
  return list.filter(holds).length / list.length;
}

test("nothing to choose from is one order", () => {
  assert.deepEqual(orders([]), [[]]);
  assert.deepEqual(routesOf(orders([hop("a", 7)])), ["a"]);
  assert.deepEqual(routesOf(orders([hop("b", 7, 2), hop("a", 3, 1)])), ["a b"]);
});

test("simple weights are exact, with as few orders as they need", () => {
  assert.deepEqual(routesOf(orders([hop("a", 5), hop("b", 5)])), ["a b", "b a"]);
  assert.deepEqual(routesOf(orders([hop("a", 20), hop("b", 10)])), ["a b", "a b", "b a"]);
  assert.equal(new Set(routesOf(orders([hop("a", 1), hop("b", 1), hop("c", 1)]))).size, 6);
});

test("every order holds every hop once, the priorities in their order", () => {
  fc.assert(
    fc.property(hops(12), (all) => {
      const result = orders(all);
      assert.ok(result.length >= 1 && result.length <= 128);
      for (const order of result) {
        assert.deepEqual(new Set(order), new Set(all));
        assert.equal(order.length, all.length);
        const priorities = order.map((it) => it.priority);
        assert.deepEqual(
          priorities,
          priorities.toSorted((a, b) => a - b),
        );
      }
    }),
  );
});

test("the first place is shared by weight within one percent", () => {
  fc.assert(
    fc.property(hops(100), (all) => {
      const top = Math.min(...all.map((it) => it.priority));
      const tier = all.filter((it) => it.priority === top);
      const total = tier.reduce((sum, it) => sum + it.weight, 0);
      const result = orders(all);
      for (const it of tier) {
        const got = share(result, (order) => order[0] === it);
        assert.ok(Math.abs(got - it.weight / total) <= 0.01, `${it.weight}/${total} got ${got}`);
      }
    }),
  );
});

test("what a failed first hop leaves goes to the rest by their weights", () => {
  const result = orders([hop("a", 50), hop("b", 30), hop("c", 20)]);
  const afterA = result.filter((order) => order[0]?.route === "a");
  const toB = share(afterA, (order) => order[1]?.route === "b");
  assert.ok(Math.abs(toB - 0.6) < 0.02, `${toB}`);
});

test("a failed one of a hundred equal hops leaves its share to many, not to one", () => {
  const all = Array.from({ length: 100 }, (_, index) => hop(`r${index}`, 1));
  const seconds = new Set(orders(all).map((order) => order[1]?.route));
  assert.ok(seconds.size > 50, `${seconds.size}`);
});

test("equal input gives equal output, in whatever order it comes", () => {
  fc.assert(
    fc.property(hops(10), (all) => {
      assert.deepEqual(orders(all), orders(all.toReversed()));
    }),
  );
});
