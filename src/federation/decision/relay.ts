import { answer, basis, explained, type Situation } from "./situation.ts";
import { usableSets } from "../lookup.ts";
import { exactKey, patternsOfKey } from "../patterns.ts";
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

/** To the inside: by the exact route of the local domain, and by nothing less specific. */
export function relayInside(situation: Situation, row: DecisionRow, learning: Learning): Decision {
  const host = situation.host ?? "";
  const set = situation.table.routeSets.get(exactKey(host));
  if (!set) return answer(situation, row, [404, "No Route"], `No route in service has the pattern ${host}.`);
  if (set.blocked) {
    const why = `StaticRoute ${set.blockedBy ?? ""} blocks ${host}.`;
    return answer(situation, row, [403, "Route Blocked"], why);
  }
  return relay(situation, row, [set], learning);
}

/**
 * To the outside: by the most specific explicit route, then by what it permits.
 * @param mayUseDefault whether the default route may serve, first or as the last resort
 */
export function relayOutside(
  situation: Situation,
  row: DecisionRow,
  explicit: RouteSet | undefined,
  mayUseDefault: boolean,
  learning: Learning,
): Decision {
  const sets = usableSets(situation.table.routeSets, explicit, mayUseDefault);
  const end = endOf(sets, situation.table);
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
  const [first] = sets;
  if (!first) return answer(situation, 7, [500, "No Usable Next Hop"], "No route in service leads there.");
  return {
    ...basis(situation, row, `It goes by ${sets.map(name).join(", then ")}.`),
    action: "relay",
    routeSet: first.key,
    candidates,
    ...learning,
  };
}

/** Why a less specific route that exists may not follow; undefined when there is none. */
function endOf(sets: readonly RouteSet[], { routeSets }: RoutingTable): string | undefined {
  const next = sets.at(-1)?.next;
  if (next === undefined) return undefined;
  return routeSets.get(next)?.blocked
    ? `The less specific route ${patternsOfKey(next)[0]} is blocked: neither it nor what follows it may serve.`
    : "The default route may not follow: federation is closed, and the domain is unknown.";
}

function byPreference(set: RouteSet): NextHop[] {
  return set.hops.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight);
}

function name({ key }: RouteSet): string {
  return key === DEFAULT_ROUTE_SET ? "the default route" : `the route ${patternsOfKey(key)[0]}`;
}
