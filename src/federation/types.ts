/** The vocabulary of the federation core: what the rooms hand to it and what it answers. */
import type { FederatedDomainSpec, StaticRouteSpec } from "../api/types.ts";

/** Where a request came from: our own SIP platform, or anybody else. */
export type Side = "inside" | "outside";

/** `outbound`: inside → external domain. `inbound`: outside → local domain. `internal`: inside → local domain. */
export type Direction = "outbound" | "inbound" | "internal";

/** Who we are. Settings, not resources: they do not say whom we talk to. */
export interface FederationConfig {
  /** Domains that the inside serves, canonical (lower case, no trailing dot, A-labels). */
  readonly localDomains: readonly string[];
  /** CIDRs whose traffic is inside. Never 0.0.0.0/0 or ::/0. */
  readonly insideNetworks: readonly string[];
  /** Names whose certificates are inside, canonical: connections over TLS that prove one of them (RFC 5922). */
  readonly insideCertificateNames: readonly string[];
  /** Every address at which this system itself listens or is advertised: never accepted as a next hop. */
  readonly ownAddresses: readonly HostPort[];
  /** Outside peers that may assert domains without TLS of their own. */
  readonly trustedPeers: readonly TrustedPeer[];
  /** What happens to inbound requests whose domain is not proven: served uncached, or refused with 403. */
  readonly unprovenInbound: "serve" | "refuse";
  /** Transports that this installation sends by; a route by another one is not accepted. Absent: all. */
  readonly transports?: readonly Transport[];
  /** There is an XMPP gateway. Absent: there is none. */
  readonly xmpp?: boolean;
}

export interface HostPort {
  /** Host name or IP address, canonical; IPv6 without brackets. */
  readonly host: string;
  /** 1–65535. */
  readonly port: number;
}

/** Told by where it sends from, or by what its certificate proves: one is enough. */
export interface TrustedPeer {
  /** CIDRs it sends from. */
  readonly sources: readonly string[];
  /** Names of its certificate, canonical. */
  readonly certificateNames: readonly string[];
  /** Domains it may assert, canonical; `*` alone means every domain. */
  readonly domains: readonly string[];
}

export type Transport = "UDP" | "TCP" | "TLS";

/** One usable target of a route. */
export interface NextHop {
  /** `metadata.name` of the StaticRoute it comes from. */
  readonly route: string;
  /** FQDN, SRV name or IP address, canonical; IPv6 without brackets. */
  readonly host: string;
  /** 0 means: resolve by SRV (RFC 3263 §4.2). */
  readonly port: number;
  readonly transport: Transport;
  /** 1–65535, lower first. */
  readonly priority: number;
  /** 1–65535, share among equal priority. */
  readonly weight: number;
  /**
   * What the certificate of a TLS next hop has to prove (RFC 5922 §7.3), canonical: a name, or its address. Absent over
   * other transports.
   */
  readonly serverName?: string;
  /** Whether P-Asserted-Identity may leave to it (RFC 3325). */
  readonly trustIdentity: boolean;
}

/** Where requests to a next hop can be sent. */
export interface Target {
  /** IP address; IPv6 by RFC 5952, without brackets. */
  readonly address: string;
  /** 1–65535. */
  readonly port: number;
  /** 0–65535, lower first (RFC 2782); 0 where no SRV record says it. */
  readonly priority: number;
  /** 0–65535, share among equal priority (RFC 2782), 0 being nearly none; 1 where no SRV record says it. */
  readonly weight: number;
}

/**
 * Limits for strangers: domains that nobody has adopted or knows, and what nothing proves. Of one replica; 0 is no limit.
 */
export interface StrangerLimits {
  /** Requests of one stranger a second. */
  readonly requestsPerSecond: number;
  /** Different recipients of one stranger in a day. */
  readonly recipientsPerDay: number;
  /** A stranger is slowed down when so many of its requests fail, in percent. */
  readonly failingPercent: number;
  /** Final answers that it takes to tell, ≥1. */
  readonly failingAnswers: number;
  /** Requests a second of a stranger that is slowed down, ≥1. */
  readonly failingRequestsPerSecond: number;
  /** Unproven requests a second in the name of unknown domains, of all sources together. */
  readonly unprovenPerSecond: number;
  /** Messages of one source a second that are parsed at all. */
  readonly floodPerSecond: number;
}

/** Limits that a domain can meet, the most urgent to know first. */
export const DOMAIN_LIMITS = ["rate", "failures", "recipients"] as const;
export type DomainLimit = (typeof DOMAIN_LIMITS)[number];

/** Limits that a source can meet. */
export type SourceLimit = DomainLimit | "unproven" | "flood";

/**
 * Identifies a route set, all routes of one canonical pattern:
 * - `example.com`   exactly that domain
 * - `=example.com`  that domain itself, as matched by Cisco's reversed form (`.com.example.*`): less specific than exact
 * - `.example.com`  every domain below it (`*.example.com` and the reversed form together)
 * - `*`             the default route (`.*`)
 * - `@+4930....`    users by the user part of the Request-URI (`routeType: User`), whatever the domain
 */
export type RouteSetKey = string;

export const DEFAULT_ROUTE_SET: RouteSetKey = "*";

/** In place of a key, after a set for users: the next one that matches the user, and then the sets of the domain. */
export const REST_FOR_USER: RouteSetKey = "@";

export interface RouteSet {
  readonly key: RouteSetKey;
  /** Explicit pattern: refuses its domains. Always false on the default set: see `RoutingTable.open`. */
  readonly blocked: boolean;
  /** One route that blocks; only where `blocked`. */
  readonly blockedBy?: string;
  /** Usable next hops, ordered by priority, then route name. Empty where `blocked`, and nowhere else. */
  readonly hops: readonly NextHop[];
  /**
   * The less specific set to try when every hop failed, maybe a blocked one: there the search ends. After a set for users
   * `REST_FOR_USER`. Undefined where `allowLessSpecificRoute` stops, and on the route of a local domain.
   */
  readonly next: RouteSetKey | undefined;
}

/** What is known of one domain name. A name may be local, known, or both absent. */
export type NameEntry =
  | { readonly kind: "local" }
  | {
      readonly kind: "known";
      readonly policy: "Allow" | "Block";
      readonly protocol: "SIP" | "XMPP";
      readonly trust: "Full" | "Limited";
      /** CIDRs whose traffic proves the domain without TLS. */
      readonly sources: readonly string[];
    };

/** The result of translation, and all that a decision depends on. Keys are canonical domain names. */
export interface RoutingTable {
  /** True when some `.*` route is unblocked, enabled, and has a next hop. */
  readonly open: boolean;
  readonly names: ReadonlyMap<string, NameEntry>;
  readonly routeSets: ReadonlyMap<RouteSetKey, RouteSet>;
  readonly config: FederationConfig;
}

/** A parsed out-of-dialog request, as far as routing cares. */
export interface SipRequest {
  /** Upper case; methods are case-sensitive (RFC 3261 §7.1). */
  readonly method: string;
  /** Source IP address, as text; IPv4-mapped IPv6 counts as IPv4. */
  readonly source: string;
  /** True when it arrived on the listener that only the inside can reach. */
  readonly insideListener?: boolean;
  /** What the certificate of its connection proves, canonical; absent or empty: it has proven nothing. */
  readonly certificateNames?: readonly string[];
  /** It came from the XMPP gateway, on a listener of its own: a server of the domain in From has sent it. */
  readonly overXmpp?: boolean;
  readonly requestUri: SipUri;
  /** From URI; undefined where it has none or it is unparsable. */
  readonly from: SipUri | undefined;
}

export interface SipUri {
  /** Lower case: sip, sips, tel, or anything else. */
  readonly scheme: string;
  readonly user?: string;
  /** As received: any case, maybe a trailing dot; IPv6 without brackets. Undefined for tel:. */
  readonly host?: string;
  readonly port?: number;
}

export type DecisionRow = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** What happens to a request. `row` is the row of the decision table (docs/concepts) that decided. */
export type Decision = DecisionBase &
  (
    | { readonly action: "reply"; readonly status: number; readonly reason: string }
    /** An ACK without its transaction or dialog: nobody answers an ACK. */
    | { readonly action: "drop" }
    | {
        readonly action: "relay";
        /** The route sets to walk, most specific first: the next one after every hop of this one failed. At least one. */
        readonly routeSets: readonly RouteSetKey[];
        /** Every hop that may be tried, most preferred tier first; within a tier by weight, heaviest first. */
        readonly candidates: readonly NextHop[];
        /** Row 5 asks discovery: outbound before the request goes on, inbound without holding it. */
        readonly discover: boolean;
        /** Remember the domain on the first 2xx. */
        readonly cache: boolean;
      }
    | { readonly action: "gateway" }
  );

interface DecisionBase {
  readonly row: DecisionRow;
  readonly direction: Direction | undefined;
  /** The external domain the decision was about, canonical. */
  readonly domain: string | undefined;
  /** Why, one sentence a step, in order; shown by explain. */
  readonly because: readonly string[];
}

/** A request inside a dialog that this system opened, as far as row 1 cares. */
export interface InDialogRequest {
  readonly method: string;
  readonly source: string;
  readonly insideListener?: boolean;
  readonly certificateNames?: readonly string[];
  readonly overXmpp?: boolean;
  /** From and To URI; undefined where unparsable. */
  readonly from: SipUri | undefined;
  readonly to: SipUri | undefined;
  /** Value of Expires in seconds; undefined without the header. */
  readonly expires?: number;
  /** Value of Subscription-State without its parameters (RFC 6665 §4.1.3); undefined without the header. */
  readonly subscriptionState?: string;
}

/** What happens to a request inside a dialog. */
export type InDialogDecision = { readonly because: readonly string[] } & (
  | { readonly action: "follow" }
  | { readonly action: "reply"; readonly status: number; readonly reason: string }
);

/** A StaticRoute as the cache keeps it: trimmed to what is used. */
export interface RouteObject {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** RFC 3339; orders the routes of one pattern. */
  readonly creationTimestamp: string;
  readonly spec: StaticRouteSpec;
}

/** A FederatedDomain as the cache keeps it: trimmed to what is used. */
export interface DomainObject {
  /** The domain: `metadata.name`. */
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly spec: FederatedDomainSpec;
}

/** What changed in a routing table since the last look. */
export interface TableChanges {
  readonly names: ReadonlySet<string>;
  readonly routeSets: ReadonlySet<RouteSetKey>;
  /** `open` or the configuration changed. */
  readonly settings: boolean;
}

/** Objects whose verdicts may have changed since the last look, whatever changed them. */
export interface VerdictChanges {
  /** Names of StaticRoutes. */
  readonly routes: ReadonlySet<string>;
  /** Names of FederatedDomains. */
  readonly domains: ReadonlySet<string>;
}

/** One verdict that becomes a status condition; reasons are CamelCase (Kubernetes API conventions). */
export interface Finding {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** What translation says of any object. */
interface Verdict {
  readonly accepted: Finding;
  /** Present where the object is not accepted and has no effect: requests go as if it did not exist. */
  readonly withoutEffect?: true;
}

/** What translation says of one StaticRoute. */
export interface RouteVerdict extends Verdict {
  /** The port in force, also where `nextHopPort` is absent; 0 means SRV. Undefined without a usable next hop. */
  readonly effectivePort: number | undefined;
  /** What the route does beside the others, for its `Ready` condition; undefined when it is not accepted. */
  readonly state: RouteState | undefined;
}

/**
 * `Open`: a default route that new domains use. `Serving`: requests go by it. `Idle`: others of its pattern stand in
 * its way. `Blocked` and `Disabled`: on purpose.
 */
export type RouteState = "Open" | "Serving" | "Idle" | "Blocked" | "Disabled";

/** What translation says of one FederatedDomain. */
export interface DomainVerdict extends Verdict {
  readonly routed: Finding;
}
