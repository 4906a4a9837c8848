import type { XmppVerdict } from "../types.ts";

interface Entry {
  readonly verdict: XmppVerdict;
  readonly until: number;
}

/** Verdicts for as long as they count. When it is full, the oldest goes. */
export class VerdictCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  readonly #now: () => number;

  /** @param now in milliseconds */
  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(domain: string): XmppVerdict | undefined {
    const entry = this.#entries.get(domain);
    if (entry === undefined) return undefined;
    if (entry.until > this.#now()) return entry.verdict;
    this.#entries.delete(domain);
    return undefined;
  }

  /** @param ms for how long; 0 keeps nothing */
  set(domain: string, verdict: XmppVerdict, ms: number): void {
    this.#entries.delete(domain);
    if (ms <= 0) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#capacity) this.#entries.delete(oldest);
    this.#entries.set(domain, { verdict, until: this.#now() + ms });
  }

  delete(domain: string): void {
    this.#entries.delete(domain);
  }
}
