import { admit, type DiscoveryLimits, type DiscoveryState } from "../federation/discovery.ts";
import type { Direction } from "../federation/types.ts";

/** Counts the domains that this replica discovers against the limits on discovery. */
export class Admissions {
  readonly #limits: DiscoveryLimits;
  #state: DiscoveryState = {};

  constructor(limits: DiscoveryLimits) {
    this.#limits = limits;
  }

  /**
   * Takes one place; false when there is none.
   * @param limitedDomains known domains of trust Limited, those on their way to the API included
   */
  admit(direction: Direction, limitedDomains: number): boolean {
    const { admitted, state } = admit(
      this.#state,
      this.#limits,
      direction,
      performance.now(),
      limitedDomains,
    );
    this.#state = state;
    return admitted;
  }
}
