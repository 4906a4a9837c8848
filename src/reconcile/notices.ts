import { API_VERSION, DEFAULT_ROUTE_NAME } from "../api/names.ts";
import type { DomainVerdict, Finding, RouteVerdict, VerdictChanges } from "../federation/types.ts";
import type { Kind } from "./statuses.ts";

/** The object that a notice is about; it may be gone by then. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly name: string;
  readonly uid: string | undefined;
}

/** What a person should notice about an object: becomes a Kubernetes Event. */
export interface Notice {
  readonly regarding: Regarding;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** A stranger can cause it at will. */
  readonly sampled?: boolean;
}

export interface Verdicts {
  routeVerdict(name: string): RouteVerdict | undefined;
  domainVerdict(name: string): DomainVerdict | undefined;
}

export type UidOf = (kind: Kind, name: string) => string | undefined;

export function regarding(kind: Kind, name: string, uid: string | undefined): Regarding {
  return { apiVersion: API_VERSION, kind, name, uid };
}

/** Objects that are not accepted, among those that changed. */
export function refusals({ routes, domains }: VerdictChanges, verdicts: Verdicts, uidOf: UidOf): Notice[] {
  const refused = (kind: Kind, name: string, accepted: Finding | undefined): Notice[] =>
    accepted?.status === "False" ? [refusal(kind, name, uidOf(kind, name), accepted)] : [];
  return [
    ...[...routes].flatMap((name) => refused("StaticRoute", name, verdicts.routeVerdict(name)?.accepted)),
    ...[...domains].flatMap((name) =>
      refused("FederatedDomain", name, verdicts.domainVerdict(name)?.accepted),
    ),
  ];
}

/** A FederatedDomain that this replica has discovered. */
export function discovery(name: string, uid: string): Notice {
  return {
    regarding: regarding("FederatedDomain", name, uid),
    type: "Normal",
    reason: "Discovered",
    action: "Discover",
    note: "The domain answered and is known from now on, with trust Limited.",
    sampled: true,
  };
}

/** The predefined route that this replica has created. */
export function predefinedRoute(uid: string): Notice {
  return {
    regarding: regarding("StaticRoute", DEFAULT_ROUTE_NAME, uid),
    type: "Normal",
    reason: "PredefinedRouteCreated",
    action: "Create",
    note: "The operator created this route, blocked, because no StaticRoute had the pattern .*",
  };
}

/** A next hop does not answer any more, or again; or there never was one. */
export function reachabilityNotice(route: string, uid: string | undefined, finding: Finding): Notice {
  const isUp = finding.status === "True";
  return {
    regarding: regarding("StaticRoute", route, uid),
    type: isUp ? "Normal" : "Warning",
    reason: isUp ? "NextHopReachable" : "NextHopUnreachable",
    action: "Probe",
    note: finding.message,
  };
}

/** A limit for strangers begins to bite for a domain. */
export function throttled(name: string, uid: string | undefined, note: string): Notice {
  return {
    regarding: regarding("FederatedDomain", name, uid),
    type: "Warning",
    reason: "Throttled",
    action: "Limit",
    note,
    sampled: true,
  };
}

function refusal(kind: Kind, name: string, uid: string | undefined, { reason, message }: Finding): Notice {
  return {
    regarding: regarding(kind, name, uid),
    type: "Warning",
    reason,
    action: "Translate",
    note: message,
  };
}
