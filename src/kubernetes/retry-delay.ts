import { ApiError } from "./api-error.ts";
import type { Backoff } from "../timing/backoff.ts";

/** Nobody is trusted to send us away for longer; milliseconds. */
const LONGEST_ABSENCE_MS = 60_000;

/**
 * Milliseconds until a failed call should be tried again. Where the server says how long (Retry-After) it is that, and
 * no more: an API server that starts answers so for a while, and then nobody wants to wait for a backoff.
 */
export function retryDelay(error: unknown, backoff: Backoff): number {
  const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  if (asked === 0) return backoff.next();
  return Math.min(asked, LONGEST_ABSENCE_MS) * (1 + Math.random() / 4);
}
