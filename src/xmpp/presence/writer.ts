import type { Clock, Logger, PresenceStore } from "./types.ts";

/** Milliseconds from a change to its writing: of a subscription that comes or goes, and of one that is renewed. */
export const DELAY_MS = { soon: 50, lazily: 30_000 } as const;
/** Milliseconds between two writings, and for each kilobyte of the state, where that is longer. */
const SPACING_MS = { least: 1_000, perKb: 1 } as const;
/** Milliseconds until the next try, doubled with each failure: a state that is too large for the store stays so. */
const RETRY_MS = { first: 5_000, max: 300_000 } as const;

/** Writes the state down when it has changed, one writing at a time. */
export class StateWriter {
  readonly #store: PresenceStore;
  readonly #compose: () => string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #bytes = 0;
  #wroteAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #notBefore = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  #callOff: (() => void) | undefined;
  #writing: Promise<void> | undefined;

  constructor(parts: { store: PresenceStore; compose: () => string; clock: Clock; log: Logger }) {
    this.#store = parts.store;
    this.#compose = parts.compose;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  changed(lazily = false): void {
    const spacing = Math.max(SPACING_MS.least, (this.#bytes / 1000) * SPACING_MS.perKb);
    const left = this.#wroteAt + spacing - this.#clock.now();
    this.#plan(Math.max(left, lazily ? DELAY_MS.lazily : DELAY_MS.soon));
  }

  /** Writes what is not written yet; never rejects. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#dueAt === Number.POSITIVE_INFINITY) return;
    this.#callOff?.();
    await this.#write();
  }

  #plan(delayMs: number): void {
    const ms = Math.max(delayMs, this.#notBefore - this.#clock.now());
    const dueAt = this.#clock.now() + ms;
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    this.#callOff?.();
    this.#callOff = this.#clock.after(ms, () => {
      void this.#whenFree();
    });
  }

  async #whenFree(): Promise<void> {
    await this.#writing;
    if (this.#dueAt <= this.#clock.now()) await this.#write();
  }

  async #write(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#callOff = undefined;
    this.#writing = this.#save();
    await this.#writing;
    this.#writing = undefined;
  }

  async #save(): Promise<void> {
    const text = this.#compose();
    this.#bytes = text.length;
    this.#wroteAt = this.#clock.now();
    try {
      await this.#store.save(text);
      this.#failures = 0;
    } catch (error) {
      const ms = Math.min(RETRY_MS.first * 2 ** this.#failures, RETRY_MS.max);
      this.#failures += 1;
      this.#log.warn(
        { err: error, bytes: text.length },
        "could not write down who watches whom; trying again",
      );
      this.#notBefore = this.#clock.now() + ms;
      this.#plan(ms);
    }
  }
}
