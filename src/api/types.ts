/** The objects of the API, generated from crds/. */
export type { Condition } from "./generated/condition.ts";
export type { StaticRoute, StaticRouteSpec, StaticRouteStatus } from "./generated/staticroute.ts";
export type {
  FederatedDomain,
  FederatedDomainSpec,
  FederatedDomainStatus,
} from "./generated/federateddomain.ts";
export type { ObjectMeta } from "./metadata.ts";
