export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  /** 0–1, for tests. */
  readonly random?: () => number;
}

/** Growing, jittered delays: each between half and all of a step that doubles from `initialMs` to `maxMs`. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The delay before the next try, in milliseconds. */
  next(): number {
    const { initialMs, maxMs, random = Math.random } = this.#options;
    const step = Math.min(maxMs, initialMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    return step * (0.5 + random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
