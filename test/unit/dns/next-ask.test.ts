import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { nextAsk } from "../../../src/dns/next-ask.ts";
import { TIMING } from "../../../src/dns/types.ts";

const now = 1_000_000;
const waitAfter = (ttlMs: number, { hasProblem = false, failures = 0, random = 0 } = {}): number =>
  nextAsk({ expiresAt: now + ttlMs, hasProblem, failures }, TIMING, now, random) - now;

test("questions are asked again a little early, never late, between a second and an hour", () => {
  equal(waitAfter(300_000), 300_000);
  equal(waitAfter(300_000, { random: 1 }), 299_000);
  equal(waitAfter(5_000, { random: 1 }), 4_500);
  equal(waitAfter(0), 1_000);
  equal(waitAfter(-1), 1_000);
  equal(waitAfter(86_400_000), 3_600_000);
  equal(waitAfter(Infinity), 3_600_000);
});

test("what is wrong is asked again within 30 seconds", () => {
  equal(waitAfter(3_600_000, { hasProblem: true }), 30_000);
  equal(waitAfter(5_000, { hasProblem: true }), 5_000);
});

test("failures are tried again after a second, then later and later, up to 30 seconds", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 5_000].map((failures) =>
    waitAfter(Infinity, { hasProblem: true, failures, random: 1 }),
  );
  deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 29_000, 29_000, 29_000]);
  equal(waitAfter(Infinity, { hasProblem: true, failures: 1 }), 500);
  equal(waitAfter(3_000, { hasProblem: true, failures: 9 }), 3_000, "the fresh part of the answer");
});
