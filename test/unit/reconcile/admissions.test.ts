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

test("a look at the limits takes no place and is no refusal", () => {
  const limits = { ratePerSecond: 0.001, burst: 1, maxLimitedDomains: 10 };
  const admissions = new Admissions(limits, { refused: () => assert.fail("nobody was refused") });
  assert.equal(admissions.limit("outbound", 0), undefined);
  assert.equal(admissions.limit("outbound", 10), "limitedDomains");
  assert.equal(admissions.admit("outbound", 0), true);
  assert.equal(admissions.limit("outbound", 0), "rate");
});
