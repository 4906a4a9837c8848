/** The objects that the tests apply, as a person would write them. */
import { DEFAULT_ROUTE_NAME, DEFAULT_ROUTE_PATTERN } from "../../../src/api/names.ts";
import type { FederatedDomainSpec, StaticRouteSpec } from "../../../src/api/types.ts";
import { manifest } from "../../support/crd-objects.ts";
import type { Party } from "./party.ts";

type Transport = StaticRouteSpec["protocolType"];
type RouteFields = Partial<Omit<StaticRouteSpec, "destinationPattern">>;

export interface Manifest {
  readonly kind: "StaticRoute" | "FederatedDomain";
  readonly metadata: { readonly name: string };
}

/** A StaticRoute. */
export function route(name: string, destinationPattern: string, fields: RouteFields = {}): Manifest {
  return manifest("StaticRoute", name, { spec: { destinationPattern, ...fields } }) as Manifest;
}

/** A FederatedDomain. */
export function domain(name: string, spec: Partial<FederatedDomainSpec> = {}): Manifest {
  return manifest("FederatedDomain", name, { spec }) as Manifest;
}

/** The fields of a route that leads to a party. */
export function to(
  { host, port }: Pick<Party, "host" | "port">,
  protocolType: Transport = "TCP",
): RouteFields {
  return { nextHop: host, nextHopPort: port, protocolType };
}

/** The default route, by which every domain can be reached. */
export function open(nextHop: RouteFields): Manifest {
  return route(DEFAULT_ROUTE_NAME, DEFAULT_ROUTE_PATTERN, { ...nextHop, blockRoute: false });
}

/** The default route, by which known domains alone can be reached. */
export function closed(nextHop: RouteFields): Manifest {
  return route(DEFAULT_ROUTE_NAME, DEFAULT_ROUTE_PATTERN, { ...nextHop, blockRoute: true });
}
