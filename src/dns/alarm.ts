/** One timer for many deadlines: it rings at the earliest. Does not keep the process alive. */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;

  /** @param ring looks what is due, and sets the alarm for what is next. */
  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at this time, by `performance.now()`, unless it rings earlier anyway. Infinity: never. */
  set(at: number): void {
    if (at >= this.#at) return;
    this.cancel();
    this.#at = at;
    this.#timer = setTimeout(
      () => {
        this.#at = Infinity;
        this.#ring();
      },
      Math.max(0, at - performance.now()),
    ).unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#at = Infinity;
  }
}
