import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_ORDERS, orders } from "../../../src/federation/shares.ts";
import { ordersOfTargets, type TargetsOf } from "../../../src/federation/targets.ts";
import type { NextHop, Target } from "../../../src/federation/types.ts";

function hop(host: string, fields: Partial<NextHop> = {}): NextHop {
  return {
    route: host,
    host,
    port: 0,
    transport: "TCP",
    priority: 1,
    weight: 1,
    trustIdentity: false,
    ...fields,
  };
}

function target(address: string, fields: Partial<Target> = {}): Target {
  return { address, port: 5060, priority: 0, weight: 0, ...fields };
}

const of =
  (known: Readonly<Record<string, readonly Target[]>>): TargetsOf =>
  ({ host }) =>
    known[host];

const addresses = (order: readonly NextHop[]): string =>
  order.map(({ host, port }) => `${host}:${port}`).join(" ");

/** The share of orders that begin with each address. */
function firsts(list: readonly (readonly NextHop[])[]): Record<string, number> {
  const counts = Object.groupBy(list, (order) => order[0]?.host ?? "nobody");
  return Object.fromEntries(
    Object.entries(counts).map(([host, some]) => [host, (some?.length ?? 0) / list.length]),
  );
}

test("addresses take the place of their next hop, which keeps its place", () => {
  const known = { "a.test": [target("192.0.2.1")], "b.test": [target("192.0.2.2"), target("192.0.2.3")] };
  const list = ordersOfTargets([hop("b.test", { priority: 2 }), hop("a.test")], of(known));
  assert.deepEqual(list.map(addresses), [
    "192.0.2.1:5060 192.0.2.2:5060 192.0.2.3:5060",
    "192.0.2.1:5060 192.0.2.3:5060 192.0.2.2:5060",
  ]);
});

test("SRV priorities and weights count among the addresses of one next hop", () => {
  const known = {
    "a.test": [
      target("192.0.2.1", { priority: 1, weight: 3 }),
      target("192.0.2.2", { priority: 1, weight: 1 }),
      target("192.0.2.3", { priority: 2, port: 5070 }),
    ],
  };
  const list = ordersOfTargets([hop("a.test")], of(known));
  assert.deepEqual(firsts(list), { "192.0.2.1": 0.75, "192.0.2.2": 0.25 });
  assert.ok(list.every((order) => order[2]?.port === 5070));
});

test("weight 0 is a small chance beside others, and an equal one among its like", () => {
  const zero = [target("192.0.2.1"), target("192.0.2.2")];
  assert.deepEqual(firsts(ordersOfTargets([hop("a.test")], of({ "a.test": zero }))), {
    "192.0.2.1": 0.5,
    "192.0.2.2": 0.5,
  });
  const mixed = [target("192.0.2.1", { weight: 9 }), target("192.0.2.2")];
  const shares = firsts(ordersOfTargets([hop("a.test")], of({ "a.test": mixed })));
  assert.ok((shares["192.0.2.1"] ?? 0) > 0.98);
});

test("shares are kept where next hops have different numbers of arrangements", () => {
  const two = [target("192.0.2.1", { weight: 1 }), target("192.0.2.2", { weight: 3 })];
  const three = [1, 2, 3].map((n) => target(`192.0.3.${n}`, { weight: 1 }));
  const list = ordersOfTargets([hop("a.test"), hop("b.test")], of({ "a.test": two, "b.test": three }));
  const shares = firsts(list);
  assert.equal(shares["192.0.2.2"], 0.375);
  assert.equal(shares["192.0.3.1"], 1 / 6);
});

test("what leads nowhere, or is not known yet, is left out", () => {
  const list = ordersOfTargets(
    [hop("a.test"), hop("b.test"), hop("c.test")],
    of({ "b.test": [], "c.test": [target("192.0.2.1")] }),
  );
  assert.deepEqual(list.map(addresses), ["192.0.2.1:5060"]);
  assert.deepEqual(ordersOfTargets([hop("a.test")], of({})).flat(), []);
});

const someHops = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    priority: fc.integer({ min: 1, max: 2 }),
    weight: fc.integer({ min: 1, max: 200 }),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  { selector: ({ name }) => name, minLength: 1 },
);

test("every order holds every address once, and both shares are kept within 3 %", () => {
  fc.assert(
    fc.property(someHops, (some) => {
      const hops = some.map(({ name, priority, weight }) => hop(`${name}.test`, { priority, weight }));
      const known = Object.fromEntries(
        some.map(({ name, count }, i) => [
          `${name}.test`,
          Array.from({ length: count }, (_, n) => target(`192.0.${i}.${n}`)),
        ]),
      );
      const list = ordersOfTargets(hops, of(known));
      const all = Object.values(known).flat().length;
      assert.ok(list.length > 0 && list.length <= MAX_ORDERS);
      for (const order of list) assert.equal(new Set(order.map(({ host }) => host)).size, all);
      const byHop = firsts(orders(hops));
      for (const [name, share] of Object.entries(byHop)) {
        const own = known[name] ?? [];
        const shares = own.map(({ address }) => firsts(list)[address] ?? 0);
        assert.ok(
          Math.abs(shares.reduce((sum, it) => sum + it, 0) - share) <= 0.03,
          `${name} ${share} ${shares.join(" ")}`,
        );
        for (const part of shares)
          assert.ok(Math.abs(part - share / own.length) <= 0.03, `${name} ${shares.join(" ")}`);
      }
    }),
  );
});
