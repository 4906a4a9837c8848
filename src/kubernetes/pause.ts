import { setTimeout as delay } from "node:timers/promises";

/** Resolves after `ms`, or as soon as the signal fires. Never keeps the process alive. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal, ref: false });
  } catch {
    // Stopping: the caller looks at the signal.
  }
}
