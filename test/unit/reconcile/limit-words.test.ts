import assert from "node:assert/strict";
import { test } from "node:test";
import { DOMAIN_LIMITS } from "../../../src/federation/types.ts";
import {
  discoveryLimitName,
  throttledDiscovery,
  throttledDomain,
} from "../../../src/reconcile/limit-words.ts";
import { LIMITS } from "../../support/programmer.ts";

const DISCOVERY = { ratePerSecond: 10, burst: 100, maxLimitedDomains: 20_000 };

test("a domain without a limit that bites has no condition", () => {
  assert.equal(throttledDomain(LIMITS, []), undefined);
  assert.equal(throttledDomain(LIMITS, ["what a newer replica says"]), undefined);
});

test("the condition of a domain names the limits, and how to lift them", () => {
  const rate = throttledDomain(LIMITS, ["rate"]);
  assert.deepEqual([rate?.status, rate?.reason], ["True", "TooManyRequests"]);
  assert.match(rate?.message ?? "", /more than 20 requests a second \(limits\.requestsPerSecond\)/);
  assert.match(rate?.message ?? "", /480\. .*adopt it: spec\.trust: Full\.$/);
  const reasons = DOMAIN_LIMITS.map((limit) => throttledDomain(LIMITS, [limit])?.reason);
  assert.deepEqual(reasons, ["TooManyRequests", "MostlyFailing", "TooManyRecipients"]);
});

test("several limits are one condition, whichever came first", () => {
  const both = throttledDomain(LIMITS, ["recipients", "rate"]);
  assert.equal(both?.reason, "TooManyRequests");
  assert.match(both.message, /20 requests.* 1000 different users/);
  assert.deepEqual(throttledDomain(LIMITS, ["rate", "recipients"]), both);
});

test("the condition of a default route names the limits on discovery", () => {
  assert.equal(throttledDiscovery(DISCOVERY, []), undefined);
  const full = throttledDiscovery(DISCOVERY, [
    discoveryLimitName("rate", "inbound"),
    discoveryLimitName("limitedDomains", "outbound"),
  ]);
  assert.deepEqual([full?.status, full?.reason], ["True", "TooManyLimitedDomains"]);
  assert.match(
    full?.message ?? "",
    /discovery\.maxLimitedDomains.* More inbound domains are new than 10 a second/,
  );
});
