import { type Notice, type Regarding, regarding, type UidOf } from "./notices.ts";

/**
 * Notices on the default routes that open federation, or that did until it closed. What is found first is no change:
 * an operator that starts has nothing to tell.
 */
export class Openness {
  readonly #uidOf: UidOf;
  /** The default routes that opened federation at the last look; undefined before the first. */
  #openers: readonly Regarding[] | undefined;

  constructor(uidOf: UidOf) {
    this.#uidOf = uidOf;
  }

  /** @param openRoutes names of the StaticRoutes that open federation; none: it is closed. */
  look(openRoutes: readonly string[]): Notice[] {
    const before = this.#openers;
    const after = openRoutes.map((name) => regarding("StaticRoute", name, this.#uidOf("StaticRoute", name)));
    this.#openers = after;
    if (before === undefined || before.length > 0 === after.length > 0) return [];
    return after.length > 0 ? after.map(opened) : before.map(closed);
  }
}

function opened(route: Regarding): Notice {
  return {
    regarding: route,
    type: "Normal",
    reason: "FederationOpened",
    action: "Open",
    note: "Federation is open by this route: every domain can be reached, and new ones are discovered.",
  };
}

function closed(route: Regarding): Notice {
  return {
    regarding: route,
    type: "Normal",
    reason: "FederationClosed",
    action: "Close",
    note: "Federation was open by this route, and is closed: no new domains by the default route.",
  };
}
