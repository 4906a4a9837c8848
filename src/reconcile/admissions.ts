import {
  admit,
  type DiscoveryLimit,
  type DiscoveryLimits,
  type DiscoveryState,
} from "../federation/discovery.ts";
import type { Direction } from "../federation/types.ts";

/** Hears of every domain that there was no place for. */
export interface RefusalListener {
  refused(limit: DiscoveryLimit, direction: Direction, now: number): void;
}

/** Counts the domains that this replica discovers against the limits on discovery. */
export class Admissions {
  readonly #limits: DiscoveryLimits;
  readonly #listener: RefusalListener;
  #state: DiscoveryState = {};

  constructor(limits: DiscoveryLimits, listener: RefusalListener) {
    this.#limits = limits;
    this.#listener = listener;
  }

  /**
   * Takes one place; false when there is none.
   * @param limitedDomains known domains of trust Limited, those on their way to the API included
   */
  admit(direction: Direction, limitedDomains: number): boolean {
    const now = performance.now();
    const { refusedBy, state } = admit(this.#state, this.#limits, direction, now, limitedDomains);
    this.#state = state;
    if (refusedBy !== undefined) this.#listener.refused(refusedBy, direction, now);
    return refusedBy === undefined;
  }

  /** What leaves no place at the moment; undefined where there is one. Takes none. */
  limit(direction: Direction, limitedDomains: number): DiscoveryLimit | undefined {
    return admit(this.#state, this.#limits, direction, performance.now(), limitedDomains).refusedBy;
  }
}
