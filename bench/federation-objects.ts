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

/** A next hop as the routes name it. */
export interface MeasuredHop extends HostPort {
  /** UDP unless told. */
  readonly protocolType?: "UDP" | "TCP" | "TLS";
  /** What its certificate proves. */
  readonly serverName?: string;
  /** 1 unless told, like the next. */
  readonly priority?: number;
  readonly weight?: number;
}

/** A model of so many known domains and of `ROUTES` patterns, which all lead to these next hops, as the local domain does. */
export function measuredModel(
  config: FederationConfig,
  domains: number,
  hops: readonly MeasuredHop[],
): Model {
  const model = new Model(config);
  for (const [place, hop] of hops.entries()) {
    // the first ones as in the API, which statuses name
    const suffix = place === 0 ? "" : `-${place}`;
    for (let n = 0; n < ROUTES; n += 1)
      model.setRoute(routeObject(`${routeName(n)}${suffix}`, routeSpec(n, hop)));
    model.setRoute(routeObject(`local-${place}`, specOf(LOCAL_DOMAIN, hop)));
  }
  for (let n = 0; n < domains; n += 1) model.setDomain(domainObject(knownDomain(n)));
  return model;
}

/** Spec of route number n, as a person writes it. */
export function routeSpec(n: number, hop: MeasuredHop) {
  return specOf(destinationPattern(n), hop);
}

export function routeName(n: number): string {
  return n === 0 ? "default" : `route-${n}`;
}

/** A route, with what is left out by a person as the API server fills it in. */
export function routeObject(name: string, given: ReturnType<typeof specOf>): RouteObject {
  const defaults = { routeType: "Domain", priority: 1, weight: 1, service: "Enabled" } as const;
  const flags = { allowLessSpecificRoute: true, trustIdentity: false };
  const spec = { ...defaults, ...flags, ...given };
  return { name, uid: name, generation: 1, creationTimestamp: CREATED, spec };
}

export function specOf(pattern: string, { protocolType = "UDP", ...hop }: MeasuredHop) {
  const { host, port, serverName, priority, weight } = hop;
  return {
    destinationPattern: pattern,
    blockRoute: false,
    nextHop: host,
    nextHopPort: port,
    protocolType,
    ...(serverName !== undefined && { tls: { serverName } }),
    ...(priority !== undefined && { priority }),
    ...(weight !== undefined && { weight }),
  };
}

export function domainObject(name: string): DomainObject {
  return { name, uid: name, generation: 1, spec: { policy: "Allow", protocol: "SIP", trust: "Limited" } };
}
