/** A rate limit that allows bursts. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /**
   * @param ratePerSecond 0 means no limit.
   * @param burst Tokens that gather while none is taken; at least 1.
   * @param now Milliseconds, monotonic.
   */
  constructor(ratePerSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#filledAt = now();
  }

  /** Milliseconds until a token can be taken; 0 when there is one. */
  delay(): number {
    if (this.#perMs === 0) return 0;
    this.#fill();
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs;
  }

  /** Takes a token, also one that is not there yet: whoever comes next waits the longer. */
  take(): void {
    this.#fill();
    this.#tokens -= 1;
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    if (this.delay() > 0) return false;
    this.take();
    return true;
  }

  #fill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
  }
}
