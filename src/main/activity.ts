/** Part of main.ts: when domains last had requests, as far as this replica knows. */
import type { DomainActivity } from "../admin/console/types.ts";
import type { ExternalDirection, RouterHandlers } from "../router/types.ts";

type Told = Pick<RouterHandlers, "learned" | "active">;

/** The known domains. */
export interface KnownDomains {
  readonly size: number;
  get(name: string): unknown;
}

/** Domains beyond the known ones that are kept: those that become known in a moment, and some that were deleted. */
const SPARE = 10_000;
/** Milliseconds between two tellings of what changed: with many domains each is news for the pages that show them. */
export const NEWS_MS = 5_000;
/** Milliseconds for which a domain counts as active: twice as long as the router says nothing more of it. */
export const ACTIVE_MS = 1_200_000;

/**
 * When domains last had requests that were served, in memory alone, from the start of the operator on. The router tells
 * of a domain that answers for the first time, and once in ten minutes that a known one has requests.
 */
export class Activity {
  readonly #known: () => KnownDomains;
  readonly #of = new Map<string, DomainActivity>();
  readonly #news = new Set<string>();
  #resting: NodeJS.Timeout | undefined;

  constructor(known: () => KnownDomains) {
    this.#known = known;
  }

  /** Undefined where nothing is known. */
  of(domain: string): DomainActivity | undefined {
    return this.#of.get(domain);
  }

  /** The newer one of both directions, in milliseconds since 1970; undefined where nothing is known. */
  last(domain: string): number | undefined {
    const { outbound = 0, inbound = 0 } = this.#of.get(domain) ?? {};
    return Math.max(outbound, inbound) || undefined;
  }

  /** How many domains had requests in the last twenty minutes. `now`: milliseconds since 1970. */
  active(now: number): Record<ExternalDirection, number> {
    const active = { outbound: 0, inbound: 0 };
    for (const { outbound = 0, inbound = 0 } of this.#of.values()) {
      if (now - outbound < ACTIVE_MS) active.outbound += 1;
      if (now - inbound < ACTIVE_MS) active.inbound += 1;
    }
    return active;
  }

  /** `now`: milliseconds since 1970. */
  heard(domain: string, direction: ExternalDirection, now: number): void {
    this.#makeRoom();
    this.#of.set(domain, { ...this.#of.get(domain), [direction]: now });
  }

  /** Listens to what the router tells. `changed`: something new is known of these; at once, and then now and then. */
  listening<H extends Told>(handlers: H, changed: (domains: readonly string[]) => void): H & Required<Told> {
    const hear = (domain: string, direction: ExternalDirection): void => {
      this.heard(domain, direction, Date.now());
      this.#news.add(domain);
      if (this.#resting === undefined) this.#tell(changed);
    };
    return {
      ...handlers,
      learned: (...told) => {
        hear(told[0], told[1]);
        handlers.learned(...told);
      },
      active: (...told) => {
        hear(...told);
        handlers.active?.(...told);
      },
    };
  }

  #makeRoom(): void {
    const known = this.#known();
    if (this.#of.size < known.size + SPARE) return;
    for (const name of this.#of.keys()) if (known.get(name) === undefined) this.#of.delete(name);
  }

  #tell(changed: (domains: readonly string[]) => void): void {
    const news = [...this.#news];
    this.#news.clear();
    changed(news);
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      if (this.#news.size > 0) this.#tell(changed);
    }, NEWS_MS).unref();
  }
}
