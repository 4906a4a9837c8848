import { hash } from "node:crypto";
import type { May } from "../types.ts";

/** Who looks, as Kubernetes knows them. */
export interface Viewer {
  readonly user: string;
  readonly may: May;
}

/**
 * What a review of a bearer token came to. `unknown`: the API server does not know it, or not any more. `forbidden`: it
 * does, and its user may not list the FederatedDomains here. `unavailable`: nobody can tell at the moment.
 */
export type Review =
  | { readonly outcome: "allowed"; readonly viewer: Viewer }
  | { readonly outcome: "unknown" }
  | { readonly outcome: "forbidden"; readonly user: string }
  | { readonly outcome: "unavailable"; readonly reason: string };

export interface AccessPorts {
  /** Asks the API server. It never rejects. */
  review(token: string): Promise<Review>;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
}

/** For so long a yes holds without being asked for again: a token or a right that is taken away ends a minute later. */
const FRESH_MS = 60_000;
/** A no is asked for again soon: the right may be on its way. */
const REFUSED_MS = 5_000;
/** While the API server is away, who was known before can go on looking at why. */
const STALE_MS = 600_000;
const MAX_KEPT = 1_000;

interface Kept {
  readonly review: Review;
  readonly at: number;
}

/** Reviews bearer tokens, and remembers the answers for a short while. Tokens themselves are not kept here. */
export class Access {
  readonly #ports: AccessPorts;
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<Review>>();

  constructor(ports: AccessPorts) {
    this.#ports = ports;
  }

  /** A review that is fresh enough. */
  async check(token: string): Promise<Review> {
    const key = hash("sha256", token);
    const known = this.remembered(token);
    if (known) return known;
    const underWay = this.#underWay.get(key) ?? this.#ask(key, token);
    return underWay;
  }

  /** What is remembered of a token, and still counts: then `check` asks nobody. */
  remembered(token: string): Review | undefined {
    const kept = this.#kept.get(hash("sha256", token));
    if (!kept) return undefined;
    const age = this.#ports.now() - kept.at;
    return age < (kept.review.outcome === "allowed" ? FRESH_MS : REFUSED_MS) ? kept.review : undefined;
  }

  async #ask(key: string, token: string): Promise<Review> {
    const asking = this.#ports.review(token);
    this.#underWay.set(key, asking);
    const review = await asking;
    this.#underWay.delete(key);
    return this.#settle(key, review);
  }

  #settle(key: string, review: Review): Review {
    const now = this.#ports.now();
    const before = this.#kept.get(key);
    if (review.outcome === "unavailable") {
      const isKnown = before?.review.outcome === "allowed" && now - before.at < STALE_MS;
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
