import type { MatchingRoute } from "./matching.ts";
import type { Candidate, CandidateAddress, Located, Place, View, Whereabouts } from "./types.ts";
import { whyNot } from "./why-not.ts";
import { canonicalAddress } from "../address.ts";
import type { Decision, NextHop, SipRequest } from "../types.ts";

export interface Found {
  readonly candidates: readonly Candidate[];
  readonly nextHop: Place | undefined;
  /** What is preferred to it and passed over, a sentence each. */
  readonly passedOver: readonly string[];
  /** Something that requests go by otherwise is passed over at the moment. */
  readonly isDetour: boolean;
  /** Every address is passed over: then all are tried all the same. */
  readonly asLastResort: boolean;
}

/** A route that requests go by, whoever answers there. */
interface InService {
  readonly match: MatchingRoute;
  readonly hop: NextHop;
  readonly candidate: Candidate;
}

type State = CandidateAddress["state"];

const PROBLEMS: Readonly<Partial<Record<State, string>>> = {
  dead: "does not answer probes",
  failed: "failed a moment ago",
};

/** Where the request goes, of all routes that match, most preferred first. */
export function findNextHop(
  view: View,
  request: SipRequest,
  decision: Decision,
  matching: readonly MatchingRoute[],
): Found {
  const { table, routeVerdict, whereabouts } = view;
  const hops = new Map(decision.action === "relay" ? decision.candidates.map((hop) => [hop.route, hop]) : []);
  const inService = matching.flatMap((match) => {
    const hop = hops.get(match.name);
    return hop ? { match, hop, candidate: candidateOf(match, hop, whereabouts(hop)) } : [];
  });
  const served = new Map(inService.map(({ match, candidate }) => [match.name, candidate]));
  const circumstances = { table, request, decision, routeVerdict };
  const candidates = matching.map(
    (match) => served.get(match.name) ?? outOfService(match, whyNot(match, circumstances)),
  );
  const good = firstOf(inService, isGood);
  const nextHop = good ?? firstOf(inService, () => true);
  const last = candidates.findIndex(({ route }) => route === good?.route);
  const preferred = last < 0 ? candidates : candidates.slice(0, last + 1);
  return {
    candidates,
    nextHop,
    passedOver: preferred.flatMap(passedOverOf),
    isDetour: preferred.some((it) => served.has(it.route) && passedOverOf(it).length > 0),
    asLastResort: nextHop !== undefined && good === undefined,
  };
}

/** An address, with port and transport. */
export function placeOf({ address, port, transport }: Omit<Place, "route" | "percent">): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port} over ${transport}`;
}

/** A next hop as its StaticRoute names it. */
export function hopText({ host, port, transport }: Pick<NextHop, "host" | "port" | "transport">): string {
  const bracketed = canonicalAddress(host)?.includes(":") ? `[${host}]` : host;
  return `${port === 0 ? `the SRV records of ${host}` : `${bracketed}:${port}`} over ${transport}`;
}

function candidateOf(match: MatchingRoute, hop: NextHop, { addresses, problem }: Whereabouts): Candidate {
  const states = addresses.map(stateOf);
  const common = { ...headOf(match, hop), addresses: states };
  if (states.length === 0)
    return { ...common, passedOver: `${problem ?? `${hop.host} is not resolved yet`}.` };
  if (states.some(isGood)) return common;
  const problems = new Set(states.map(({ state }) => PROBLEMS[state]));
  return { ...common, passedOver: `Its next hop ${[...problems].join(", or ")}.` };
}

function outOfService(match: MatchingRoute, passedOver: string): Candidate {
  return { ...headOf(match, match.route?.hop), addresses: [], passedOver };
}

function headOf({ name, pattern }: MatchingRoute, hop: NextHop | undefined) {
  if (!hop) return { route: name, pattern, nextHop: undefined };
  const { host, port, transport, priority, weight, serverName } = hop;
  const nextHop = {
    host,
    port,
    transport,
    priority,
    weight,
    ...(serverName !== undefined && { serverName }),
  };
  return { route: name, pattern, nextHop };
}

function stateOf({ address, port, alive, failed, problem }: Located): CandidateAddress {
  if (alive === false) return { address, port, state: "dead", ...(problem !== undefined && { problem }) };
  if (failed) return { address, port, state: "failed" };
  return { address, port, state: alive ? "answers" : "unknown" };
}

function isGood({ state }: CandidateAddress): boolean {
  return PROBLEMS[state] === undefined;
}

type Serves = (where: CandidateAddress) => boolean;

function firstOf(inService: readonly InService[], serves: Serves): Place | undefined {
  for (const served of inService) {
    const found = served.candidate.addresses.find(serves);
    if (!found) continue;
    const { address, port } = found;
    const { route, transport } = served.hop;
    return { route, address, port, transport, percent: percentOf(served, inService, serves) };
  }
  return undefined;
}

/** By weight, beside those of the same priority that serve as well. */
function percentOf({ match, hop }: InService, inService: readonly InService[], serves: Serves): number {
  const rivals = inService.filter(
    (it) =>
      it.match.key === match.key && it.hop.priority === hop.priority && it.candidate.addresses.some(serves),
  );
  return Math.round((100 * hop.weight) / rivals.reduce((sum, rival) => sum + rival.hop.weight, 0));
}

/** The route as a whole, or what is before its first good address. */
function passedOverOf({ route, nextHop, addresses, passedOver }: Candidate): string[] {
  if (addresses.length === 0 || !nextHop)
    return passedOver === undefined ? [] : [`StaticRoute ${route}: ${passedOver}`];
  const good = addresses.findIndex(isGood);
  const bad = good < 0 ? addresses : addresses.slice(0, good);
  return bad.map((it) => {
    const place = placeOf({ ...it, transport: nextHop.transport });
    const why = it.problem === undefined ? (PROBLEMS[it.state] ?? "") : `is passed over, ${it.problem}`;
    return `StaticRoute ${route}: ${place} ${why}.`;
  });
}
