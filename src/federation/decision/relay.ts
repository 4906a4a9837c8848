import { answer, basis, explained, type Situation } from "./situation.ts";
import { followingSet, usableSets } from "../lookup.ts";
import { exactKey, isUserKey, patternsOfKey, userPatternOf } from "../patterns.ts";
import {
  DEFAULT_ROUTE_SET,
  type Decision,
  type DecisionRow,
  type NextHop,
  type RouteSet,
  type RoutingTable,
} from "../types.ts";

export interface Learning {
  readonly discover: boolean;
  readonly cache: boolean;
}

/**
 * To the inside: by the exact route of the local domain, and by nothing less specific. A request of the inside itself
 * may start with a route for users.
 */
export function relayInside(situation: Situation, row: DecisionRow, learning: Learning): Decision {
  const { table, host = "" } = situation;
  const own = table.routeSets.get(exactKey(host));
  return relayFrom(situation, row, own, learning, `No route in service has the pattern ${host}.`);
}

/** A telephone number: by a route for users, and by nothing else. */
export function relayNumber(situation: Situation, row: DecisionRow): Decision {
  const learning = { discover: false, cache: false };
  return relayFrom(situation, row, undefined, learning, "No route for users matches the number.");
}

/** @param own where nothing but a route for users goes before it, and nothing follows */
function relayFrom(
  situation: Situation,
  row: DecisionRow,
  own: RouteSet | undefined,
  learning: Learning,
  without: string,
): Decision {
  const starts = startsOf(situation, own);
  const [set] = starts;
  if (!set) return answer(situation, row, [404, "No Route"], without);
  if (set.blocked) {
    const why = `StaticRoute ${set.blockedBy ?? ""} blocks ${shownKey(set)}.`;
    return answer(situation, row, [403, "Route Blocked"], why);
  }
  return relay(situation, row, usableSets(situation.table.routeSets, starts, false), learning);
}

function startsOf({ forUser }: Situation, own: RouteSet | undefined): readonly RouteSet[] {
  return own ? [...forUser, own] : forUser;
}

/**
 * To the outside: by a route for users, by the most specific explicit route of the domain, then by what these permit.
 * @param mayUseDefault whether the default route may serve, first or as the last resort
 */
export function relayOutside(
  situation: Situation,
  row: DecisionRow,
  explicit: RouteSet | undefined,
  mayUseDefault: boolean,
  learning: Learning,
): Decision {
  const { table } = situation;
  const starts = startsOf(situation, explicit ?? table.routeSets.get(DEFAULT_ROUTE_SET));
  const sets = usableSets(table.routeSets, starts, mayUseDefault);
  const end = endOf(sets, starts, table);
  return relay(end === undefined ? situation : explained(situation, end), row, sets, learning);
}

function relay(
  situation: Situation,
  row: DecisionRow,
  sets: readonly RouteSet[],
  learning: Learning,
): Decision {
  const needsTls = situation.request.requestUri.scheme === "sips";
  const candidates = sets.flatMap(byPreference).filter((hop) => !needsTls || hop.transport === "TLS");
  if (needsTls && candidates.length === 0) {
    const why = "A sips: URI asks for TLS on every hop, and no next hop is reached over TLS.";
    return answer(situation, row, [480, "No TLS Next Hop"], why);
  }
  if (sets.length === 0)
    return answer(situation, 7, [500, "No Usable Next Hop"], "No route in service leads there.");
  return {
    ...basis(situation, row, `It goes by ${sets.map(name).join(", then ")}.`),
    action: "relay",
    routeSets: sets.map(({ key }) => key),
    candidates,
    ...learning,
  };
}

/** Why a less specific route that exists may not follow; undefined when there is none. */
function endOf(
  sets: readonly RouteSet[],
  starts: readonly RouteSet[],
  { routeSets }: RoutingTable,
): string | undefined {
  const last = sets.at(-1);
  const next = last && followingSet(routeSets, last, starts);
  if (next === undefined) return undefined;
  return next.blocked
    ? `The less specific route ${patternsOfKey(next.key)[0]} is blocked: neither it nor what follows it may serve.`
    : "The default route may not follow: federation is closed, and the domain is unknown.";
}

function byPreference(set: RouteSet): NextHop[] {
  return set.hops.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight);
}

function name(set: RouteSet): string {
  if (set.key === DEFAULT_ROUTE_SET) return "the default route";
  return isUserKey(set.key) ? `the route for ${shownKey(set)}` : `the route ${shownKey(set)}`;
}

function shownKey({ key }: RouteSet): string {
  return isUserKey(key) ? `the users ${userPatternOf(key)}` : patternsOfKey(key)[0];
}
