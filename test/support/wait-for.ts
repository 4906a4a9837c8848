import { setTimeout as delay } from "node:timers/promises";

export interface WaitOptions {
  /** Milliseconds; 10,000 unless told. */
  readonly timeout?: number;
  /** Milliseconds between two looks; 20 unless told. */
  readonly interval?: number;
}

type Absent = undefined | null | false;

/**
 * Looks again and again until `probe` returns something (neither false, null nor undefined), and returns it. A
 * probe that throws counts as "not yet".
 * @throws Error naming `what` when the time is over, with the probe's last error as its cause.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Absent | Promise<T | Absent>,
  { timeout = 10_000, interval = 20 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeout;
  let cause: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== null && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeout} ms for ${what}`, { cause });
    await delay(interval);
  }
}
