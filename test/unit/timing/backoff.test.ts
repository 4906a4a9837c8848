import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../src/kubernetes/api-error.ts";
import { Backoff } from "../../../src/timing/backoff.ts";
import { retryDelay } from "../../../src/kubernetes/retry-delay.ts";

test("delays double up to the limit, and begin anew after a success", () => {
  const backoff = new Backoff({ initialMs: 800, maxMs: 30_000, random: () => 1 });
  const delays = Array.from({ length: 8 }, () => backoff.next());
  deepEqual(delays, [800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  backoff.reset();
  equal(backoff.next(), 800);
});

test("jitter takes away up to half", () => {
  equal(new Backoff({ initialMs: 800, maxMs: 30_000, random: () => 0 }).next(), 400);
  const delays = Array.from({ length: 100 }, () => new Backoff({ initialMs: 800, maxMs: 30_000 }).next());
  ok(delays.every((ms) => ms >= 400 && ms <= 800));
  ok(new Set(delays).size > 50);
});

test("the delay never overflows", () => {
  const backoff = new Backoff({ initialMs: 800, maxMs: 30_000, random: () => 1 });
  for (let tries = 0; tries < 5_000; tries += 1) backoff.next();
  equal(backoff.next(), 30_000);
});

test("where the server says how long to stay away, that counts, with a little jitter", () => {
  const backoff = new Backoff({ initialMs: 800, maxMs: 30_000, random: () => 1 });
  const within = (error: ApiError, least: number, most: number): void => {
    const delayMs = retryDelay(error, backoff);
    ok(delayMs >= least && delayMs <= most, `${delayMs} ms`);
  };
  within(new ApiError(429, {}, 7), 7_000, 8_750);
  within(new ApiError(503, { details: { retryAfterSeconds: 5 } }), 5_000, 6_250);
  within(new ApiError(429, {}, 86_400), 60_000, 75_000);
  equal(retryDelay(new ApiError(503, {}), backoff), 800);
  equal(retryDelay(new ApiError(429, {}, 0), backoff), 1_600);
  equal(retryDelay(new Error("connection refused"), backoff), 3_200);
});
