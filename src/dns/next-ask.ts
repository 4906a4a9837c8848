import type { Timing } from "./types.ts";

/** Part of the time by which a question is asked early at most, and milliseconds at most. */
const EARLY_PART = 0.1;
const EARLY_MS = 1000;

interface State {
  /** When the first of the answers expires, by `performance.now()`. */
  readonly expiresAt: number;
  readonly hasProblem: boolean;
  /** Inquiries in which DNS failed, in a row. */
  readonly failures: number;
}

/**
 * When to ask again, by `performance.now()`: a little before the answers expire, each name a different little, so that
 * what was asked together is not asked together for ever. After a failure sooner, the less the more failed.
 * @param random 0–1, for tests.
 */
export function nextAsk(
  { expiresAt, hasProblem, failures }: State,
  { ttlMs: [least, most], problemTtlMs, retryMs }: Timing,
  now = performance.now(),
  random = Math.random(),
): number {
  const longest = hasProblem ? Math.min(most, problemTtlMs) : most;
  const waitMs = Math.min(longest, Math.max(least, expiresAt - now));
  const earlyMs = Math.min(EARLY_MS, waitMs * EARLY_PART) * random;
  const retryAfterMs = failures === 0 ? Infinity : retryDelay(failures, retryMs, random);
  return now + Math.min(waitMs - earlyMs, retryAfterMs);
}

/** Between half and all of a step that doubles with every failure. */
function retryDelay(failures: number, [initial, max]: Timing["retryMs"], random: number): number {
  const step = Math.min(max, initial * 2 ** Math.min(failures - 1, 30));
  return step * (0.5 + random / 2);
}
