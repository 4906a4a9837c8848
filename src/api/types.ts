export type { StaticRouteSpec } from "./generated/staticroute.ts";
export type { FederatedDomainSpec } from "./generated/federateddomain.ts";
