import type {
  DomainObject,
  FederationConfig,
  RouteObject,
  RoutingTable,
} from "../../src/federation/types.ts";

/** Objects as the API server hands them out: with the defaults of the schema (crds/) filled in. */

const CREATED = "2026-01-01T00:00:00Z";

export type RouteFields = Partial<RouteObject["spec"]> & { readonly destinationPattern: string };

export function route(name: string, spec: RouteFields, creationTimestamp = CREATED): RouteObject {
  return {
    name,
    uid: `uid-of-${name}`,
    generation: 1,
    creationTimestamp,
    spec: {
      protocolType: "TCP",
      routeType: "Domain",
      priority: 1,
      weight: 1,
      allowLessSpecificRoute: true,
      service: "Enabled",
      trustIdentity: false,
      ...spec,
    },
  };
}

export function domain(name: string, spec: Partial<DomainObject["spec"]> = {}): DomainObject {
  return {
    name,
    uid: `uid-of-${name}`,
    generation: 1,
    spec: { policy: "Allow", protocol: "SIP", trust: "Full", ...spec },
  };
}

export function config(fields: Partial<FederationConfig> = {}): FederationConfig {
  return {
    localDomains: ["local.test"],
    insideNetworks: ["10.0.0.0/8"],
    insideCertificateNames: [],
    ownAddresses: [{ host: "198.51.100.1", port: 5060 }],
    trustedPeers: [],
    unprovenInbound: "serve",
    ...fields,
  };
}

/** A table in a form that `deepEqual` compares and YAML shows: no getters, order of no importance. */
export function plainTable({ open, names, routeSets }: RoutingTable) {
  return { open, names: sortedObject(names), routeSets: sortedObject(routeSets) };
}

export function sortedObject<V>(map: ReadonlyMap<string, V>): Record<string, V> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
