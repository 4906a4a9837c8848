import { Conditions } from "../api/names.ts";
import { FEDERATED_DOMAINS, STATIC_ROUTES } from "./resources.ts";
import type { StatusShape } from "./status-digest.ts";

/** What this operator writes into the status of each kind. */
export const ROUTE_STATUS: StatusShape = {
  fields: ["effectivePort"],
  conditions: [Conditions.Accepted, Conditions.Programmed, Conditions.Ready, Conditions.Stalled],
};

export const DOMAIN_STATUS: StatusShape = {
  fields: [],
  conditions: [
    Conditions.Accepted,
    Conditions.Programmed,
    Conditions.Routed,
    Conditions.Ready,
    Conditions.Stalled,
  ],
};

/** Where the status of each kind is written, and what of it. */
export const STATUSES = {
  StaticRoute: { resource: STATIC_ROUTES, shape: ROUTE_STATUS },
  FederatedDomain: { resource: FEDERATED_DOMAINS, shape: DOMAIN_STATUS },
} as const;
