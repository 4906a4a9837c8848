import type { Route } from "./route.ts";
import { lessSpecificKeys } from "./patterns.ts";
import { DEFAULT_ROUTE_SET, REST_FOR_USER, type NextHop, type RouteSet, type RouteSetKey } from "./types.ts";

/** Routes of one pattern that are in force at most; later ones are not accepted. */
export const MAX_ROUTES_PER_PATTERN = 100;

/** A route set before it is linked to the next less specific one. */
export interface UnlinkedSet extends Omit<RouteSet, "next"> {
  readonly stops: boolean;
}

/** Of all routes of one pattern those in force: enabled, the oldest hundred, equally old ones by name. */
export function inForce(routes: Iterable<Route>): Route[] {
  return [...routes]
    .filter((route) => route.enabled)
    .sort((a, b) => compare(a.created, b.created) || compare(a.name, b.name))
    .slice(0, MAX_ROUTES_PER_PATTERN);
}

/**
 * Joins the routes in force of the patterns that make up one set; undefined when they yield none.
 * @param isLocal whether the key is a local domain: its exact route alone leads to the inside
 */
export function compileSet(
  key: RouteSetKey,
  routes: readonly Route[],
  isLocal: boolean,
): UnlinkedSet | undefined {
  if (key === DEFAULT_ROUTE_SET) return compileDefaultSet(routes);
  if (routes.length === 0) return undefined;
  const blocking = routes.find((route) => route.blocked);
  if (blocking) return { key, blocked: true, blockedBy: blocking.name, hops: [], stops: true };
  const stops = isLocal || routes.some((route) => !route.allowsLessSpecific);
  return { key, blocked: false, hops: hopsOf(routes), stops };
}

/** True when some default route is unblocked, in force, and has a next hop. */
export function isOpen(defaultRoutes: readonly Route[]): boolean {
  return defaultRoutes.some(opens);
}

/** Whether a default route that is in force opens federation. */
export function opens({ blocked, hop }: Route): boolean {
  return !blocked && hop !== undefined;
}

/** Points the set to the most specific one of the less specific sets that exist. */
export function linkSet(set: UnlinkedSet, exists: (key: RouteSetKey) => boolean): RouteSet {
  const { stops, ...rest } = set;
  if (stops) return { ...rest, next: undefined };
  const next = lessSpecificKeys(set.key).find((key) => key === REST_FOR_USER || exists(key));
  return { ...rest, next };
}

/** Blocked default routes serve, known domains alone, only while no unblocked one does. */
function compileDefaultSet(routes: readonly Route[]): UnlinkedSet | undefined {
  const open = isOpen(routes);
  const hops = hopsOf(routes.filter((route) => route.blocked !== open));
  return hops.length === 0 ? undefined : { key: DEFAULT_ROUTE_SET, blocked: false, hops, stops: true };
}

function hopsOf(routes: readonly Route[]): NextHop[] {
  return routes
    .flatMap((route) => route.hop ?? [])
    .sort((a, b) => a.priority - b.priority || compare(a.route, b.route));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
