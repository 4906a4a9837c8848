import { exactKey, isUserKey, keysFor, userPatternOf } from "../patterns.ts";
import type { Situation } from "../decision/situation.ts";
import type { Route, RouteResult } from "../route.ts";
import { DEFAULT_ROUTE_SET, type Decision, type NextHop, type RouteSetKey } from "../types.ts";
import { compareUserPatterns, matchesUser, userOf } from "../user-pattern.ts";

/** A StaticRoute whose pattern matches a request, whether or not requests go by it. */
export interface MatchingRoute {
  readonly name: string;
  /** The route set by which its pattern matches. */
  readonly key: RouteSetKey;
  /** Its pattern in the one spelling. */
  readonly pattern: string;
  /** Undefined where it makes no sense. */
  readonly route: Route | undefined;
}

/** Answers that are given because of the routes, or the lack of them, in row 0. */
const FOR_WANT_OF_ROUTES = new Set(["No Route", "Route Blocked", "No TLS Next Hop"]);
const LAST = 65_536;

/** Every StaticRoute whose pattern matches, in the order in which they would be tried. */
export function matchingRoutes(
  routes: ReadonlyMap<string, RouteResult>,
  situation: Situation,
  decision: Decision,
): MatchingRoute[] {
  if (!dependsOnRoutes(situation, decision)) return [];
  const domainKeys = keysOf(situation, decision);
  const user = situation.side === "inside" ? userOf(situation.request.requestUri) : undefined;
  const matching = [...routes].flatMap(([name, result]) => {
    const pattern = result.ok ? result.route.pattern : result.pattern;
    const key = pattern?.keys.find((it) =>
      isUserKey(it) ? user !== undefined && matchesUser(userPatternOf(it), user) : domainKeys.includes(it),
    );
    if (!pattern || key === undefined) return [];
    const text = isUserKey(key) ? userPatternOf(key) : pattern.text;
    return { name, key, pattern: text, route: result.ok ? result.route : undefined };
  });
  return matching.sort((a, b) => byKey(a.key, b.key, domainKeys) || byPreference(a, b));
}

function dependsOnRoutes({ table, domain }: Situation, decision: Decision): boolean {
  if (decision.action !== "reply") return decision.action === "relay";
  if (FOR_WANT_OF_ROUTES.has(decision.reason)) return true;
  const entry = domain === undefined ? undefined : table.names.get(domain);
  if (decision.row === 1) return !(entry?.kind === "known" && entry.policy === "Block");
  return decision.row === 6 || decision.row === 7;
}

/** The sets that count, most specific first: of the domain that sends, where that is what is blocked or unknown. */
function keysOf({ direction, host, domain }: Situation, { row }: Decision): readonly RouteSetKey[] {
  if (direction === "outbound" || row === 1 || row === 6)
    return domain === undefined ? [DEFAULT_ROUTE_SET] : keysFor(domain);
  return direction === undefined || host === undefined ? [] : [exactKey(host)];
}

/** Sets for users go before all others. */
function byKey(a: RouteSetKey, b: RouteSetKey, domainKeys: readonly RouteSetKey[]): number {
  if (a === b) return 0;
  if (isUserKey(a) && isUserKey(b)) return compareUserPatterns(userPatternOf(a), userPatternOf(b));
  return domainKeys.indexOf(a) - domainKeys.indexOf(b);
}

function byPreference(a: MatchingRoute, b: MatchingRoute): number {
  const [one, other] = [a.route?.hop, b.route?.hop];
  return priorityOf(one) - priorityOf(other) || weightOf(other) - weightOf(one) || (a.name < b.name ? -1 : 1);
}

function priorityOf(hop: NextHop | undefined): number {
  return hop?.priority ?? LAST;
}

function weightOf(hop: NextHop | undefined): number {
  return hop?.weight ?? 0;
}
