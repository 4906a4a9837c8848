import { API_VERSION } from "../api/names.ts";
import type { DomainVerdict, Finding, RouteVerdict, VerdictChanges } from "../federation/types.ts";
import type { Kind } from "./statuses.ts";

/** What a person should notice about an object: becomes a Kubernetes Event. */
export interface Notice {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: Kind;
    readonly name: string;
    readonly uid: string | undefined;
  };
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

type UidOf = (kind: Kind, name: string) => string | undefined;

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
    regarding: { apiVersion: API_VERSION, kind: "FederatedDomain", name, uid },
    type: "Normal",
    reason: "Discovered",
    action: "Discover",
    note: "The domain answered and is known from now on, with trust Limited.",
    sampled: true,
  };
}

function refusal(kind: Kind, name: string, uid: string | undefined, { reason, message }: Finding): Notice {
  return {
    regarding: { apiVersion: API_VERSION, kind, name, uid },
    type: "Warning",
    reason,
    action: "Translate",
    note: message,
  };
}
