import { canonicalAddress, isLoopback, isOneMachine } from "./address.ts";
import { canonicalHost } from "./domain-name.ts";
import { exactDomain, type Pattern } from "./patterns.ts";
import type { FederationConfig, HostPort, NextHop, RouteObject, Transport } from "./types.ts";
import type { StaticRouteSpec } from "../api/types.ts";

/** The next hop of a route, nothing where the spec names none, or what a person has to change. */
export type NextHopResult =
  | { readonly ok: true; readonly hop: NextHop | undefined }
  | { readonly ok: false; readonly reason: string; readonly message: string };

/** Default ports, RFC 3261 §19.1.2. */
const DEFAULT_PORT: Readonly<Record<Transport, number>> = { UDP: 5060, TCP: 5060, TLS: 5061 };

/** What precedes the domain in the name of an SRV record (RFC 3263 §4.1). */
const SRV_PREFIX = /^(_sip\._(tcp|udp)|_sips\._tcp)\./;

/** Reads the next hop from the spec of a route. */
export function compileNextHop(
  route: RouteObject,
  pattern: Pattern,
  config: FederationConfig,
): NextHopResult {
  const { spec } = route;
  if (spec.nextHop === undefined) return { ok: true, hop: undefined };
  const named = canonicalHost(spec.nextHop);
  if (named === undefined) return invalid(spec.nextHop);
  const isAddress = canonicalAddress(named) !== undefined;
  if (isAddress && !isOneMachine(named)) return notOneMachine(named);
  const host = named.replace(SRV_PREFIX, "");
  const port = host === named ? (spec.nextHopPort ?? DEFAULT_PORT[spec.protocolType]) : 0;
  if (isAddress && port === 0) return srvOfAddress(named);
  if (isOurselves(host, port, config.ownAddresses)) return ourselves(named, port);
  const serverName = serverNameOf(spec, host, pattern);
  return { ok: true, hop: nextHopOf(route.name, spec, { host, port, serverName }) };
}

type Place = Pick<NextHop, "host" | "port"> & { readonly serverName: string };

function nextHopOf(route: string, spec: StaticRouteSpec, { host, port, serverName }: Place): NextHop {
  return {
    route,
    host,
    port,
    transport: spec.protocolType,
    priority: spec.priority,
    weight: spec.weight,
    ...(spec.protocolType === "TLS" && { serverName }),
    trustIdentity: spec.trustIdentity,
  };
}

/**
 * Whom a TLS next hop has to be (RFC 5922 §7.3): the name by which it was configured, never one that DNS gave. An
 * address has none: then it is the domain that the route is for, and where that is not one domain, the address itself.
 */
function serverNameOf({ tls }: StaticRouteSpec, host: string, pattern: Pattern): string {
  if (tls?.serverName !== undefined) return canonicalHost(tls.serverName) ?? tls.serverName;
  const address = canonicalAddress(host);
  return address === undefined ? host : (exactDomain(pattern) ?? address);
}

/** By SRV (port 0) one of our own names leads to us whatever the port is. */
function isOurselves(host: string, port: number, own: readonly HostPort[]): boolean {
  return own.some(
    (it) => (it.port === port || port === 0) && (it.host === host || isSameLoopback(it.host, host)),
  );
}

function isSameLoopback(own: string, host: string): boolean {
  return host === "localhost" && isLoopback(own);
}

function invalid(nextHop: string): NextHopResult {
  return {
    ok: false,
    reason: "InvalidNextHop",
    message: `nextHop ${JSON.stringify(nextHop)} is neither a host name nor an IP address: write it without scheme and port, and the port into nextHopPort.`,
  };
}

function notOneMachine(address: string): NextHopResult {
  return {
    ok: false,
    reason: "InvalidNextHop",
    message: `nextHop ${address} is an unspecified, broadcast or multicast address: write the address of one server.`,
  };
}

function srvOfAddress(address: string): NextHopResult {
  return {
    ok: false,
    reason: "InvalidNextHop",
    message: `nextHopPort 0 asks for SRV records, which the address ${address} has not: set nextHopPort to a port, or nextHop to a name.`,
  };
}

function ourselves(host: string, port: number): NextHopResult {
  const where = port === 0 ? host : `${host} port ${port}`;
  return {
    ok: false,
    reason: "NextHopIsSelf",
    message: `The next hop ${where} is this system itself, requests would go in circles: set nextHop to the partner's server.`,
  };
}
