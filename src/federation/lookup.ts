import { keysFor } from "./patterns.ts";
import { DEFAULT_ROUTE_SET, type RouteSet, type RouteSetKey } from "./types.ts";

type RouteSets = ReadonlyMap<RouteSetKey, RouteSet>;

/** The most specific explicit route set that matches a domain, blocked or not. */
export function explicitSet(sets: RouteSets, domain: string): RouteSet | undefined {
  for (const key of keysFor(domain)) {
    const set = key === DEFAULT_ROUTE_SET ? undefined : sets.get(key);
    if (set) return set;
  }
  return undefined;
}

/**
 * The sets that may be used one after the other, from the most specific one on. A blocked one is neither used nor
 * passed over.
 */
export function usableSets(sets: RouteSets, start: RouteSet | undefined, mayUseDefault: boolean): RouteSet[] {
  const usable: RouteSet[] = [];
  let set = start ?? sets.get(DEFAULT_ROUTE_SET);
  while (set && !set.blocked && (mayUseDefault || set.key !== DEFAULT_ROUTE_SET)) {
    usable.push(set);
    set = set.next === undefined ? undefined : sets.get(set.next);
  }
  return usable;
}
