import { belowKey, domainOfKey, isUserKey, userPatternOf } from "./patterns.ts";
import { isDefault, type Route, type RouteResult } from "./route.ts";
import { MAX_ROUTES_PER_PATTERN } from "./route-set.ts";
import type { Finding, NextHop, RouteState, RouteVerdict, RoutingTable } from "./types.ts";

/**
 * What is to be said of a StaticRoute beside all others.
 * @param inForce the routes of its pattern that are in force
 */
export function routeVerdict(
  result: RouteResult,
  inForce: readonly Route[],
  table: RoutingTable,
): RouteVerdict {
  if (!result.ok) return refused(result.finding, undefined);
  const { route } = result;
  const effectivePort = route.hop?.port;
  if (route.enabled && !inForce.includes(route)) {
    return refused(surplus(route), effectivePort);
  }
  const [state, message] = describe(route, table);
  return { accepted: { status: "True", reason: "Accepted", message }, effectivePort, state };
}

function refused(accepted: Finding, effectivePort: number | undefined): RouteVerdict {
  return { accepted, withoutEffect: true, effectivePort, state: undefined };
}

type Description = readonly [state: RouteState, message: string];

function describe(route: Route, table: RoutingTable): Description {
  if (!route.enabled) return ["Disabled", "Out of service: service is Disabled."];
  if (isDefault(route.pattern)) return describeDefault(route, table.open);
  if (route.blocked) return ["Blocked", `Blocked: requests ${ofWhom(route)} are refused.`];
  const sets = route.pattern.keys.map((key) => table.routeSets.get(key));
  const blockedBy = sets.every((set) => set?.blocked) ? sets[0]?.blockedBy : undefined;
  if (blockedBy !== undefined) return ["Idle", `Idle: StaticRoute ${blockedBy} blocks ${reach(route)}.`];
  const whose = isForUsers(route) ? "Requests of the inside" : "Requests";
  return ["Serving", `${whose} for ${reach(route)} go to ${target(route.hop)}.`];
}

function describeDefault(route: Route, open: boolean): Description {
  if (!route.blocked) return ["Open", "Open: it serves the known domains, and new ones are discovered."];
  if (!route.hop) return ["Blocked", BLOCKED_WITHOUT_NEXT_HOP];
  if (open) return ["Blocked", "Blocked, and idle while another route with the pattern .* is open."];
  return ["Blocked", "Blocked: it serves known domains only. To open federation set blockRoute: false."];
}

const BLOCKED_WITHOUT_NEXT_HOP =
  "Blocked and without next hop, it serves nobody. To open federation set nextHop, and blockRoute: false.";

function isForUsers({ pattern }: Route): boolean {
  return isUserKey(pattern.keys[0]);
}

function ofWhom(route: Route): string {
  return isForUsers(route) ? `of the inside for ${reach(route)}` : `to and from ${reach(route)}`;
}

/** The domains or users of a pattern, for people. */
function reach({ pattern }: Route): string {
  const [key, below] = pattern.keys;
  if (isUserKey(key)) return `the users ${userPatternOf(key)}`;
  const domain = domainOfKey(key);
  if (below !== undefined) return `${domain} and every domain below it`;
  return key === belowKey(domain) ? `every domain below ${domain}` : domain;
}

function target(hop: NextHop | undefined): string {
  if (!hop) return "nowhere";
  const where = hop.port === 0 ? `the SRV records of ${hop.host}` : `${hop.host} port ${hop.port}`;
  const whose = hop.serverName === undefined ? "" : `, whose certificate has to be for ${hop.serverName}`;
  return `${where} over ${hop.transport}${whose}`;
}

function textOf({ pattern }: Route): string {
  return isUserKey(pattern.keys[0]) ? userPatternOf(pattern.keys[0]) : pattern.text;
}

function surplus(route: Route): Finding {
  return {
    status: "False",
    reason: "TooManyRoutes",
    message: `${MAX_ROUTES_PER_PATTERN} older routes have the pattern ${textOf(route)}, and no more are used: delete one of them, or this one.`,
  };
}
