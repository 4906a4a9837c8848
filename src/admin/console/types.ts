/** What the console's server and its pages say to each other, as JSON. Types alone: browsers read this file too. */
import type { Condition } from "../../api/types.ts";
import type { Candidate, Explanation } from "../../federation/explain.ts";

export type { Candidate, Condition, Explanation };

/** `discovered` by the operator, or `written` by a person or GitOps. */
export type Origin = "discovered" | "written";
export type Protocol = "SIP" | "XMPP";
export type Trust = "Full" | "Limited";
/** The first that applies, in this order: `NotAccepted`, `Blocked`, `NoRoute`, `Throttled`, `Pending`, `Ready`. */
export type DomainState = "NotAccepted" | "Blocked" | "NoRoute" | "Throttled" | "Pending" | "Ready";

/** What serves a domain. Many domains share one of these. */
export interface ServedBy {
  readonly kind: "Explicit" | "Default" | "XMPP" | "Nothing";
  /** Pattern of the StaticRoutes, in the one spelling; absent for `XMPP` and `Nothing`. */
  readonly pattern?: string;
  /** A StaticRoute of that pattern, and how many more there are. */
  readonly route?: string;
  readonly more?: number;
}

/** A FederatedDomain in a list. Times are in milliseconds since 1970. */
export interface DomainRow {
  readonly name: string;
  readonly uid: string;
  readonly origin: Origin;
  readonly created: number;
  readonly policy: "Allow" | "Block";
  readonly protocol: Protocol;
  readonly trust: Trust;
  readonly description?: string;
  readonly state: DomainState;
  readonly servedBy: ServedBy;
  /** When the domain last had requests, to within ten minutes; absent where this replica's operator knows of none. */
  readonly activity?: number;
}

/** When a domain last had requests, to it and from it, in milliseconds since 1970, to within ten minutes. */
export interface DomainActivity {
  readonly outbound?: number;
  readonly inbound?: number;
}

export type DomainSort = "name" | "created" | "activity";

/** Which domains are wanted. What is absent does not matter. */
export interface DomainQuery {
  /** Part of the name or of the description. */
  readonly text?: string;
  readonly origin?: Origin;
  readonly protocol?: Protocol;
  readonly trust?: Trust;
  readonly state?: DomainState;
  /** Whether any activity is known. */
  readonly activity?: "seen" | "none";
  /** Pattern of the StaticRoutes that serve the domain, or `XMPP`. */
  readonly route?: string;
  readonly sort: DomainSort;
  readonly descending: boolean;
}

export interface DomainPage {
  /** All known domains. */
  readonly all: number;
  /** Those that were asked for. */
  readonly total: number;
  /** Place of the first row among them, from 0. */
  readonly offset: number;
  readonly rows: readonly DomainRow[];
}

/** How many known domains there are of each kind. */
export interface DomainCounts {
  readonly all: number;
  readonly discovered: number;
  /** Discovered, and adopted by nobody. */
  readonly limited: number;
  readonly xmpp: number;
  readonly states: Readonly<Record<DomainState, number>>;
}

/** One domain in full. */
export interface DomainDetails {
  readonly row: DomainRow;
  readonly sources: readonly string[];
  readonly activity: DomainActivity;
  /** As they are in the API at this moment; absent while the API server is away. */
  readonly conditions?: readonly Condition[];
}

export type HopState = "answers" | "partly" | "silent" | "unknown" | "unresolved";

/** A next hop as this replica sees it. */
export interface HopView {
  readonly state: HopState;
  /** Why nobody can be reached, a sentence without its full stop. */
  readonly problem?: string;
  readonly addresses: readonly {
    readonly address: string;
    readonly port: number;
    readonly alive?: boolean;
    readonly latencyMs?: number;
    readonly problem?: string;
  }[];
}

/** A StaticRoute. */
export interface RouteRow {
  readonly name: string;
  readonly uid: string;
  readonly created: number;
  /** As it was written. */
  readonly destinationPattern: string;
  readonly description?: string;
  readonly nextHop?: string;
  /** In force; 0 means SRV. Absent without a next hop. */
  readonly port?: number;
  readonly protocolType: "TCP" | "UDP" | "TLS";
  readonly priority: number;
  readonly weight: number;
  /** Requests in a hundred among the routes of its pattern and priority; absent where it serves none. */
  readonly share?: number;
  readonly allowLessSpecificRoute: boolean;
  readonly service: "Enabled" | "Disabled";
  readonly blocked: boolean;
  readonly trustIdentity: boolean;
  readonly tlsServerName?: string;
  readonly state: "Open" | "Serving" | "Idle" | "Blocked" | "Disabled" | "NotAccepted";
  /** What it does, or why nothing: sentences. */
  readonly message: string;
  readonly programmed: boolean;
  /** Absent where no request goes by it. */
  readonly hop?: HopView;
}

/** All StaticRoutes of one pattern, which act together, and what they are to those of other patterns. */
export interface PatternGroup {
  /** In the one spelling; empty for routes whose pattern makes no sense. */
  readonly pattern: string;
  readonly kind: "User" | "Domain" | "Below" | "Family" | "Default" | "Invalid";
  /** Most preferred first. */
  readonly routes: readonly RouteRow[];
  /** The next less specific pattern, whose domains these are taken from. */
  readonly shadows?: string;
  /** More specific patterns that take domains away from this one: some, and how many there are. */
  readonly shadowedBy: readonly string[];
  readonly shadowedByCount: number;
  /** Another pattern for the same domains: the routes of both act together. */
  readonly actsWith?: string;
  /** The pattern that is tried when every next hop of this one failed; absent where the search ends here. */
  readonly fallback?: string;
  /** Known domains that it serves. */
  readonly domains: number;
}

export interface RoutesView {
  /** Most specific first; the default route last. */
  readonly groups: readonly PatternGroup[];
  readonly isOpen: boolean;
}

/** What happened on this replica within `seconds` before `at`. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly seconds: number;
  /** Requests that were relayed, by method. */
  readonly relayed: Readonly<Record<string, number>>;
  /** Requests that this system refused, by status; `invalid`; by the limits for strangers `limited`, and `flood`. */
  readonly refused: Readonly<Record<string, number>>;
  /** Domains whose object was created here. */
  readonly discovered: number;
  /** Questions about unknown domains, by verdict. */
  readonly asked: Readonly<Record<string, number>>;
}

export type Range = "hour" | "day";

export interface History {
  readonly range: Range;
  /** Of one sample. */
  readonly seconds: number;
  /** Oldest first. */
  readonly samples: readonly Sample[];
}

/** Something that a person should look at. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly text: string;
  /** Path of the page about it, below the console. */
  readonly page?: string;
}

export interface Overview {
  readonly isOpen: boolean;
  /** StaticRoutes that open federation. */
  readonly openRoutes: readonly string[];
  readonly domains: DomainCounts;
  readonly routes: { readonly all: number; readonly notAccepted: number; readonly silent: number };
  readonly router: {
    readonly reachable: boolean;
    readonly inForce: boolean;
    readonly pending: number;
    readonly questions: number;
  };
  /** Absent where there is no XMPP gateway. */
  readonly xmppUp?: boolean;
  /** When the TLS certificate ends, in milliseconds since 1970. */
  readonly certificateEnds?: number;
  readonly problems: readonly Problem[];
  /** The newest discovered domains, newest first. */
  readonly latest: readonly DomainRow[];
}

/** What a viewer may do here beside reading. */
export interface May {
  /** Change `spec` of FederatedDomains: block, allow, adopt. */
  readonly changeDomains: boolean;
  readonly addDomains: boolean;
  readonly removeDomains: boolean;
  /** Change `spec` of StaticRoutes: open and close federation. */
  readonly changeRoutes: boolean;
}

/** Who looks, as Kubernetes knows them. */
export interface Viewer {
  readonly user: string;
  readonly may: May;
}

export interface SessionView {
  readonly user: string;
  readonly may: May;
  readonly namespace: string;
  readonly pod: string;
  readonly version: string;
  readonly localDomains: readonly string[];
}

/** `uid`: of the object that the viewer saw; another one of that name is left alone. */
export type Edit =
  | { readonly action: "block" | "allow" | "adopt" | "remove"; readonly domain: string; readonly uid: string }
  | { readonly action: "add"; readonly domain: string; readonly policy: "Allow" | "Block" }
  | { readonly action: "open" | "close"; readonly route: string; readonly uid: string };

/** An answer other than 2xx. */
export interface Failure {
  /** For people. */
  readonly error: string;
  /** Of the request that is wrong. */
  readonly parameter?: string;
}

/** Data of the event `domains`: what changed since the last one. */
export interface DomainsEvent {
  readonly all: number;
  readonly changed: readonly DomainRow[];
  readonly removed: readonly string[];
  /** There is more than is said here: what is shown has to be read anew. */
  readonly more: boolean;
}

/** Data of the events `hello`, at first, and `pulse`: every few seconds. */
export interface PulseEvent {
  readonly isOpen: boolean;
  readonly all: number;
  readonly routerUp: boolean;
  /** The newest sample, where there is one. */
  readonly sample?: Sample;
}
