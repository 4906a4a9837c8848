import { hash } from "node:crypto";

/** Who has a token, as Kubernetes knows them. */
export interface Holder {
  readonly user: string;
}

/**
 * What a review of a bearer token came to. `unknown`: the API server does not know it, or not any more. `forbidden`: it
 * does, and its user may not do what is asked for. `unavailable`: nobody can tell, as the API server is away, or does not let
 * the operator ask (`isAway`: false).
 */
export type Review<H extends Holder> =
  | { readonly outcome: "allowed"; readonly viewer: H }
  | { readonly outcome: "unknown" }
  | { readonly outcome: "forbidden"; readonly user: string }
  | { readonly outcome: "unavailable"; readonly reason: string; readonly isAway: boolean };

export interface AccessPorts<H extends Holder> {
  /** Asks the API server. It never rejects. */
  review(token: string): Promise<Review<H>>;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** While the API server is away, who was known before stays known for so long, in milliseconds; ten minutes unless told. */
  readonly staleMs?: number;
}

/** For so long a yes holds without being asked for again: a token or a right that is taken away ends a minute later. */
const FRESH_MS = 60_000;
/** A no is asked for again soon: the right may be on its way. */
const REFUSED_MS = 5_000;
const STALE_MS = 600_000;
const MAX_KEPT = 1_000;

interface Kept<H extends Holder> {
  readonly review: Review<H>;
  readonly at: number;
}

/** Reviews bearer tokens, and remembers the answers for a short while. Tokens themselves are not kept here. */
export class Access<H extends Holder> {
  readonly #ports: AccessPorts<H>;
  readonly #kept = new Map<string, Kept<H>>();
  readonly #underWay = new Map<string, Promise<Review<H>>>();

  constructor(ports: AccessPorts<H>) {
    this.#ports = ports;
  }

  /** A review that is fresh enough. */
  async check(token: string): Promise<Review<H>> {
    const key = hash("sha256", token);
    const known = this.#fresh(key);
    if (known) return known;
    const underWay = this.#underWay.get(key) ?? this.#ask(key, token);
    return underWay;
  }

  /** Whether the last that was heard of a token was a yes, however old. */
  wasAllowed(token: string): boolean {
    return this.#kept.get(hash("sha256", token))?.review.outcome === "allowed";
  }

  #fresh(key: string): Review<H> | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    const age = this.#ports.now() - kept.at;
    return age < (kept.review.outcome === "allowed" ? FRESH_MS : REFUSED_MS) ? kept.review : undefined;
  }

  async #ask(key: string, token: string): Promise<Review<H>> {
    const asking = this.#ports.review(token);
    this.#underWay.set(key, asking);
    const review = await asking;
    this.#underWay.delete(key);
    return this.#settle(key, review);
  }

  #settle(key: string, review: Review<H>): Review<H> {
    const now = this.#ports.now();
    const before = this.#kept.get(key);
    if (review.outcome === "unavailable") {
      const isKnown =
        review.isAway &&
        before?.review.outcome === "allowed" &&
        now - before.at < (this.#ports.staleMs ?? STALE_MS);
      return isKnown ? before.review : review;
    }
    this.#kept.delete(key);
    this.#kept.set(key, { review, at: now });
    if (this.#kept.size > MAX_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return review;
  }
}
