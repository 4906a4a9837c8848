/** The federation that is measured: known domains and routes, as the API server would hand them out. */
import type { DomainObject, FederationConfig, HostPort, RouteObject } from "../src/federation/types.ts";
import { Model } from "../src/federation/model.ts";

export const LOCAL_DOMAIN = "inside.example";
export const ROUTES = 1000;
const CREATED = "2026-01-01T00:00:00Z";

/** Half of the routes are for one domain each, the other half for what is below one. */
const EXACT_ROUTES = ROUTES / 2;
const CUSTOMERS = ROUTES / 2 - 1;

/** Known domain number n: every second one below the pattern of some route. */
export function knownDomain(n: number): string {
  return n % 2 === 0 ? `partner-${n}.example` : `site-${n}.customer-${n % CUSTOMERS}.example`;
}

/** Number 0 is the default route. */
function destinationPattern(n: number): string {
  if (n === 0) return ".*";
  return n <= EXACT_ROUTES ? `partner-${(n - 1) * 2}.example` : `*.customer-${n - EXACT_ROUTES}.example`;
}

/** A model of so many known domains and of `ROUTES` routes, which all lead to one next hop by UDP. */
export function measuredModel(config: FederationConfig, domains: number, nextHop: HostPort): Model {
  const model = new Model(config);
  for (let n = 0; n < ROUTES; n += 1) model.setRoute(routeObject(n, nextHop));
  for (let n = 0; n < domains; n += 1) model.setDomain(domainObject(knownDomain(n)));
  return model;
}

/** Spec of route number n, as a person writes it. */
export function routeSpec(n: number, nextHop: HostPort) {
  return {
    destinationPattern: destinationPattern(n),
    blockRoute: false,
    nextHop: nextHop.host,
    nextHopPort: nextHop.port,
    protocolType: "UDP",
  } as const;
}

export function routeName(n: number): string {
  return n === 0 ? "default" : `route-${n}`;
}

function routeObject(n: number, nextHop: HostPort): RouteObject {
  const name = routeName(n);
  const defaults = { routeType: "Domain", priority: 1, weight: 1, service: "Enabled" } as const;
  const flags = { allowLessSpecificRoute: true, trustIdentity: false };
  const spec = { ...defaults, ...flags, ...routeSpec(n, nextHop) };
  return { name, uid: name, generation: 1, creationTimestamp: CREATED, spec };
}

function domainObject(name: string): DomainObject {
  return { name, uid: name, generation: 1, spec: { policy: "Allow", protocol: "SIP", trust: "Limited" } };
}
