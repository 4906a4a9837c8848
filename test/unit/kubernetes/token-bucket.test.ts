import { equal } from "node:assert/strict";
import { test } from "node:test";
import { TokenBucket } from "../../../src/kubernetes/token-bucket.ts";

function bucketAt(ratePerSecond: number, burst: number) {
  let now = 0;
  const bucket = new TokenBucket(ratePerSecond, burst, () => now);
  return {
    bucket,
    pass: (ms: number): void => {
      now += ms;
    },
  };
}

test("a burst is free, then tokens come at the rate", () => {
  const { bucket, pass } = bucketAt(50, 2);
  equal(bucket.tryTake(), true);
  equal(bucket.tryTake(), true);
  equal(bucket.tryTake(), false);
  equal(bucket.delay(), 20);
  pass(20);
  equal(bucket.delay(), 0);
  equal(bucket.tryTake(), true);
});

test("no more than the burst gathers", () => {
  const { bucket, pass } = bucketAt(50, 2);
  pass(3_600_000);
  equal(bucket.tryTake() && bucket.tryTake(), true);
  equal(bucket.tryTake(), false);
});

test("a token taken in advance is waited for", () => {
  const { bucket } = bucketAt(10, 1);
  bucket.take();
  bucket.take();
  equal(bucket.delay(), 200);
});

test("a rate of 0 is no limit", () => {
  const { bucket } = bucketAt(0, 1);
  for (let taken = 0; taken < 1_000; taken += 1) equal(bucket.tryTake(), true);
});
