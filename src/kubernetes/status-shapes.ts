import { Conditions } from "../api/names.ts";
import { FEDERATED_DOMAINS, type Kind, STATIC_ROUTES } from "./resources.ts";
import type { StatusShape } from "./status-digest.ts";
import type { StatusKind } from "./status-writer.ts";

/** What this operator writes into the status of each kind. */
export const ROUTE_STATUS: StatusShape = {
  fields: ["effectivePort"],
  conditions: [
    Conditions.Accepted,
    Conditions.Programmed,
    Conditions.NextHopReachable,
    Conditions.Throttled,
    Conditions.XmppDiscovery,
    Conditions.Ready,
    Conditions.Stalled,
  ],
};

export const DOMAIN_STATUS: StatusShape = {
  fields: [],
  conditions: [
    Conditions.Accepted,
    Conditions.Programmed,
    Conditions.Routed,
    Conditions.Throttled,
    Conditions.Ready,
    Conditions.Stalled,
  ],
};

/** What the status writer writes: where, what of it, and how it comes about. */
export function statusKinds(
  caches: { readonly routes: StatusKind["cache"]; readonly domains: StatusKind["cache"] },
  desired: Readonly<Record<Kind, StatusKind["desired"]>>,
): Readonly<Record<Kind, StatusKind>> {
  return {
    StaticRoute: {
      resource: STATIC_ROUTES,
      shape: ROUTE_STATUS,
      cache: caches.routes,
      desired: desired.StaticRoute,
    },
    FederatedDomain: {
      resource: FEDERATED_DOMAINS,
      shape: DOMAIN_STATUS,
      cache: caches.domains,
      desired: desired.FederatedDomain,
    },
  };
}
