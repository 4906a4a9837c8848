import type { RouteResult } from "../route.ts";
import type { Decision, Direction, NextHop, RouteVerdict, RoutingTable } from "../types.ts";

/** What an explanation is made from: the routing table, and what a replica knows beside it. */
export interface View {
  readonly table: RoutingTable;
  /** What was read from each StaticRoute, by its name; with or without effect. */
  readonly routes: ReadonlyMap<string, RouteResult>;
  /** Undefined when there is no such StaticRoute. */
  readonly routeVerdict: (name: string) => RouteVerdict | undefined;
  readonly whereabouts: (hop: NextHop) => Whereabouts;
  /**
   * `learned`, `learnedOverXmpp`: it was reached, and its FederatedDomain is on its way. `refused`: the API server took none
   * lately.
   */
  readonly memory: (domain: string) => "learned" | "learnedOverXmpp" | "refused" | undefined;
  /** Why no more domains are discovered at the moment, a sentence; undefined while they are. */
  readonly limit: (direction: Direction) => string | undefined;
}

/** Where a next hop is as of now. */
export interface Whereabouts {
  /** Most preferred first. */
  readonly addresses: readonly Located[];
  /** Why there are none, a sentence without its full stop. */
  readonly problem: string | undefined;
}

export interface Located {
  /** IP address, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** As probes found it; undefined while they have not. */
  readonly alive: boolean | undefined;
  /** A request to it failed a moment ago: others are tried before it. */
  readonly failed?: boolean;
  /** Why it is dead, where that is known, a sentence without its full stop. */
  readonly problem?: string;
}

/** A decision for people, in the order in which they ask. */
export interface Explanation {
  /** What happens, in one line. */
  readonly summary: string;
  readonly action: Decision["action"];
  /** Row of the decision table (docs/concepts.md). */
  readonly row: Decision["row"];
  readonly direction: Decision["direction"];
  /** The external domain, canonical. */
  readonly domain: string | undefined;
  /** What this system answers by itself, where `action` is `reply`. */
  readonly status?: number;
  readonly reason?: string;
  /** Why, one sentence a step, in order. */
  readonly because: readonly string[];
  /** Every StaticRoute whose pattern matches, in the order in which they are tried; those too that are passed over. */
  readonly candidates: readonly Candidate[];
  /** Where a relayed request goes first as of now; undefined where it can go nowhere. */
  readonly nextHop?: Place | undefined;
  /** What is preferred to that and passed over, and why: a sentence each. */
  readonly passedOver: readonly string[];
  readonly caching: Caching;
}

/** An address of a next hop. */
export interface Place {
  /** `metadata.name` of the StaticRoute. */
  readonly route: string;
  /** IP address, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  readonly transport: NextHop["transport"];
  /** Requests in a hundred that go by this route first, beside others of its priority; rounded. */
  readonly percent: number;
}

/** A StaticRoute whose pattern matches. */
export interface Candidate {
  /** `metadata.name` of the StaticRoute. */
  readonly route: string;
  /** Its pattern in the one spelling. */
  readonly pattern: string;
  /** Undefined where it has none, or one that makes no sense. */
  readonly nextHop:
    Pick<NextHop, "host" | "port" | "transport" | "priority" | "weight" | "serverName"> | undefined;
  /** Most preferred first; empty where nobody looked, because requests do not go by this route. */
  readonly addresses: readonly CandidateAddress[];
  /** Why requests do not go by this route as of now, a sentence; absent where they may. */
  readonly passedOver?: string;
}

export interface CandidateAddress {
  readonly address: string;
  readonly port: number;
  /** `answers` probes, or not: `dead`. `failed`: a request failed a moment ago. `unknown`: not probed yet. */
  readonly state: "answers" | "dead" | "failed" | "unknown";
  /** Why, where that is known, a sentence without its full stop. */
  readonly problem?: string;
}

/** What a success of the request leaves behind. */
export interface Caching {
  /** Name of the FederatedDomain that the first 2xx creates; absent where it creates none. */
  readonly creates?: string;
  /** A sentence. */
  readonly because: string;
}
