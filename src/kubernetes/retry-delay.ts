import { ApiError } from "./api-error.ts";
import type { Backoff } from "./backoff.ts";

/** Milliseconds until a failed call should be tried again: at least what the server asked for. */
export function retryDelay(error: unknown, backoff: Backoff): number {
  const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(backoff.next(), asked);
}
