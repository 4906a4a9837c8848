import type { MatchingRoute } from "./matching.ts";
import { isUserKey, patternsOfKey, userPatternOf } from "../patterns.ts";
import { isDefault, type Route } from "../route.ts";
import type { Decision, RouteSetKey, RouteVerdict, RoutingTable, SipRequest } from "../types.ts";

export interface Circumstances {
  readonly table: RoutingTable;
  readonly request: SipRequest;
  readonly decision: Decision;
  readonly routeVerdict: (name: string) => RouteVerdict | undefined;
}

/** Why a request does not go by a route whose pattern matches, wherever its next hop is: a sentence. */
export function whyNot({ name, key, route }: MatchingRoute, circumstances: Circumstances): string {
  const verdict = circumstances.routeVerdict(name);
  if (!route || verdict?.withoutEffect) return `It is not accepted: ${verdict?.accepted.message ?? ""}`;
  if (!route.enabled) return "Its service is Disabled.";
  return (
    (isDefault(route.pattern) ? closed(route, circumstances) : blocked(route, key, circumstances)) ??
    withoutTls(route, key, circumstances) ??
    unreached(circumstances)
  );
}

/** Of a default route. */
function closed({ hop, blocked: isBlocked }: Route, { table, decision }: Circumstances): string | undefined {
  if (!hop) return "It has no next hop.";
  if (!isBlocked) return undefined;
  if (table.open) return "It is blocked, and another default route is open.";
  const isLeftOut = decision.row === 6 || (decision.row === 4 && endOf(decision, table) === undefined);
  return isLeftOut ? "It is blocked: while federation is closed it serves known domains only." : undefined;
}

/** Of an explicit route. */
function blocked(route: Route, key: RouteSetKey, { table, decision }: Circumstances): string | undefined {
  const set = table.routeSets.get(key);
  if (!set?.blocked) return undefined;
  if (!route.blocked) return `StaticRoute ${set.blockedBy ?? ""} blocks its pattern.`;
  return decision.action === "relay"
    ? "It is blocked: the search for a next hop ends here."
    : "It is blocked: the request is refused.";
}

function withoutTls(
  { hop }: Route,
  key: RouteSetKey,
  { request, decision }: Circumstances,
): string | undefined {
  if (request.requestUri.scheme !== "sips" || hop?.transport === "TLS") return undefined;
  if (decision.action === "relay" && !decision.routeSets.includes(key)) return undefined;
  return "A sips: URI asks for TLS on every hop, and its next hop is not reached over TLS.";
}

function unreached({ table, decision }: Circumstances): string {
  const end = endOf(decision, table);
  return end === undefined
    ? "The search for a next hop ends before it."
    : `The search for a next hop ends before it, at ${end}.`;
}

/** The pattern after which nothing less specific is tried, and why; undefined where that is not said so easily. */
function endOf(decision: Decision, { routeSets }: RoutingTable): string | undefined {
  const last = decision.action === "relay" ? routeSets.get(decision.routeSets.at(-1) ?? "") : undefined;
  if (!last) return undefined;
  if (last.next === undefined) return `${patternOf(last.key)}: allowLessSpecificRoute is false`;
  const next = routeSets.get(last.next);
  return next?.blocked ? `${patternOf(next.key)}: it is blocked` : undefined;
}

function patternOf(key: RouteSetKey): string {
  return isUserKey(key) ? userPatternOf(key) : patternsOfKey(key)[0];
}
