/** Wrong tokens that may come at once, and how long it takes until another one may; of one address, and of all. */
const LIMITS = {
  one: { burst: 10, everyMs: 6_000 },
  all: { burst: 100, everyMs: 500 },
} as const;
const ALL = "*";
const MAX_ADDRESSES = 10_000;

interface Bucket {
  /** Failures that count at `at`. */
  level: number;
  at: number;
}

/**
 * Slows down who tries tokens, and spares the API server. Through `kubectl port-forward` everybody has one address: the
 * limit is one that a person meets by mistake only for seconds.
 */
export class FailedLogins {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** `now`: milliseconds on a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds until another try; undefined where one is free now. */
  wait(address: string): number | undefined {
    const ms = Math.max(this.#waitMs(address, LIMITS.one), this.#waitMs(ALL, LIMITS.all));
    return ms > 0 ? Math.ceil(ms / 1000) : undefined;
  }

  failed(address: string): void {
    for (const [key, limit] of [
      [address, LIMITS.one],
      [ALL, LIMITS.all],
    ] as const) {
      const level = this.#level(key, limit) + 1;
      this.#buckets.delete(key);
      this.#buckets.set(key, { level, at: this.#now() });
    }
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_ADDRESSES && oldest !== undefined) this.#buckets.delete(oldest);
  }

  #waitMs(key: string, limit: Limit): number {
    return Math.max(0, this.#level(key, limit) - limit.burst + 1) * limit.everyMs;
  }

  #level(key: string, { everyMs }: Limit): number {
    const bucket = this.#buckets.get(key);
    return bucket ? Math.max(0, bucket.level - (this.#now() - bucket.at) / everyMs) : 0;
  }
}

type Limit = (typeof LIMITS)[keyof typeof LIMITS];
