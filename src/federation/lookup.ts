import { isUserKey, keysFor, userPatternOf } from "./patterns.ts";
import { DEFAULT_ROUTE_SET, REST_FOR_USER, type RouteSet, type RouteSetKey } from "./types.ts";
import { compareUserPatterns, matchesUser } from "./user-pattern.ts";

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
 * The sets for users that match a user part, blocked or not, most specific first.
 * @param user as `userOf` reads it
 */
export function userSets(sets: RouteSets, user: string): RouteSet[] {
  return [...sets.values()]
    .filter(({ key }) => isUserKey(key) && matchesUser(userPatternOf(key), user))
    .sort((a, b) => compareUserPatterns(userPatternOf(a.key), userPatternOf(b.key)));
}

/**
 * The sets that may be used one after the other, from the most specific one on. A blocked one is neither used nor
 * passed over.
 * @param starts where requests may start, most specific first: sets for users, then the first set of the domain
 */
export function usableSets(sets: RouteSets, starts: readonly RouteSet[], mayUseDefault: boolean): RouteSet[] {
  const usable: RouteSet[] = [];
  let [set] = starts;
  while (set && !set.blocked && (mayUseDefault || set.key !== DEFAULT_ROUTE_SET)) {
    usable.push(set);
    set = followingSet(sets, set, starts);
  }
  return usable;
}

/** The less specific set that may come after this one, used or not. */
export function followingSet(
  sets: RouteSets,
  set: RouteSet,
  starts: readonly RouteSet[],
): RouteSet | undefined {
  if (set.next === undefined) return undefined;
  return set.next === REST_FOR_USER ? starts[starts.indexOf(set) + 1] : sets.get(set.next);
}
