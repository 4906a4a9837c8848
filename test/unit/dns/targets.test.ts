import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { orderedTargets } from "../../../src/dns/targets.ts";

test("targets are in one order, whatever order they come in, and not too many", () => {
  const targets = Array.from({ length: 100 }, (_, n) => ({
    address: `192.0.2.${n % 50}`,
    port: 5060 + (n % 2),
    priority: n % 3,
    weight: n % 5,
  }));
  const ordered = orderedTargets(targets);
  deepEqual(orderedTargets(targets.toReversed()), ordered);
  equal(new Set(ordered.map(({ address, port }) => `${address} ${port}`)).size, ordered.length);
  ok(ordered.every(({ priority }, at) => priority >= (ordered[at - 1]?.priority ?? 0)));
  const many = Array.from({ length: 100 }, (_, n) => ({
    address: "::1",
    port: n + 1,
    priority: n,
    weight: 1,
  }));
  deepEqual(orderedTargets(many), many.slice(0, 64));
});
