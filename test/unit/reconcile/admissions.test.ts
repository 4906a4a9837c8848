import assert from "node:assert/strict";
import { test } from "node:test";
import { Admissions } from "../../../src/reconcile/admissions.ts";

test("the burst is used up across calls, each direction its own", () => {
  const admissions = new Admissions({ ratePerSecond: 0.001, burst: 2, maxLimitedDomains: 0 });
  const admitted = (direction: "outbound" | "inbound") => admissions.admit(direction, 0);
  assert.deepEqual(
    [admitted("outbound"), admitted("outbound"), admitted("outbound"), admitted("inbound")],
    [true, true, false, true],
  );
});
