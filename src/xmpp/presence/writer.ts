import type { Clock, Logger, PresenceStore } from "./types.ts";

/** Milliseconds from a change to its writing: of a subscription that comes or goes, and of one that is renewed. */
export const DELAY_MS = { soon: 1_000, lazily: 30_000 } as const;
const RETRY_MS = 5_000;

/** Writes the state down when it has changed, one writing at a time. */
export class StateWriter {
  readonly #store: PresenceStore;
  readonly #compose: () => string;
  readonly #clock: Clock;
  readonly #log: Logger;
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
    this.#plan(lazily ? DELAY_MS.lazily : DELAY_MS.soon);
  }

  /** Writes what is not written yet; never rejects. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#dueAt === Number.POSITIVE_INFINITY) return;
    this.#callOff?.();
    await this.#write();
  }

  #plan(ms: number): void {
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
    try {
      await this.#store.save(this.#compose());
    } catch (error) {
      this.#log.warn({ err: error }, "could not write down who watches whom; trying again");
      this.#plan(RETRY_MS);
    }
  }
}
