import assert from "node:assert/strict";
import { test } from "node:test";
import { Admissions } from "../../../src/reconcile/admissions.ts";

test("the burst is used up across calls, each direction its own, and a refusal says by what", () => {
  const refusals: string[] = [];
  const limits = { ratePerSecond: 0.001, burst: 2, maxLimitedDomains: 0 };
  const admissions = new Admissions(limits, {
    refused: (limit, direction) => refusals.push(`${limit} ${direction}`),
  });
  const admitted = (direction: "outbound" | "inbound") => admissions.admit(direction, 0);
  assert.deepEqual(
    [admitted("outbound"), admitted("outbound"), admitted("outbound"), admitted("inbound")],
    [true, true, false, true],
  );
  assert.deepEqual(refusals, ["rate outbound"]);
});
