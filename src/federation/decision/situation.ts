import { canonicalHost } from "../domain-name.ts";
import { userSets } from "../lookup.ts";
import { originOf } from "../side.ts";
import type { Decision, Direction, DecisionRow, RouteSet, RoutingTable, Side, SipRequest } from "../types.ts";
import { userOf } from "../user-pattern.ts";

/** Whom the Request-URI addresses: a local domain, this system itself, anybody else, or no host at all. */
export type Target = "local" | "own" | "external" | "none";

/** A request with what follows at once from its source and its Request-URI. */
export interface Situation {
  readonly table: RoutingTable;
  readonly request: SipRequest;
  readonly side: Side;
  /** Host of the Request-URI, canonical; undefined where it has none or a bad one. */
  readonly host: string | undefined;
  readonly target: Target;
  readonly direction: Direction | undefined;
  /** The external domain, canonical; undefined where there is none. */
  readonly domain: string | undefined;
  /** The sets for users that match a request of the inside, blocked or not, most specific first. */
  readonly forUser: readonly RouteSet[];
  /** Why so far, one sentence a step. */
  readonly because: readonly string[];
}

export function situationOf(table: RoutingTable, request: SipRequest): Situation {
  const { side, because } = originOf(request, table.config);
  const host = isSip(request.requestUri.scheme) ? hostOf(request.requestUri.host) : undefined;
  const target = targetOf(table, host);
  const direction = directionOf(side, target);
  return {
    table,
    request,
    side,
    host,
    target,
    direction,
    domain: externalDomain(table, direction, host, hostOf(request.from?.host)),
    forUser: side === "inside" ? forUser(table, request.requestUri) : [],
    because: [because, ...aboutTarget(target, host, direction)],
  };
}

export function hostOf(host: string | undefined): string | undefined {
  return host === undefined ? undefined : canonicalHost(host);
}

export function isSip(scheme: string): boolean {
  return scheme === "sip" || scheme === "sips";
}

/** The same situation, with one more sentence of why. */
export function explained<S extends Situation>(situation: S, why: string): S {
  return { ...situation, because: [...situation.because, why] };
}

/** A final answer of this system's own. */
export function answer(
  situation: Situation,
  row: DecisionRow,
  [status, reason]: readonly [number, string],
  why: string,
): Decision {
  return { ...basis(situation, row, why), action: "reply", status, reason };
}

/** What every decision carries. */
export function basis({ direction, domain, because }: Situation, row: DecisionRow, ...why: string[]) {
  return { row, direction, domain, because: [...because, ...why] };
}

function forUser({ routeSets }: RoutingTable, uri: SipRequest["requestUri"]): RouteSet[] {
  const user = userOf(uri);
  return user === undefined ? [] : userSets(routeSets, user);
}

function targetOf({ names, config }: RoutingTable, host: string | undefined): Target {
  if (host === undefined) return "none";
  if (names.get(host)?.kind === "local") return "local";
  return config.ownAddresses.some((own) => own.host === host) ? "own" : "external";
}

function directionOf(side: Side, target: Target): Direction | undefined {
  if (target === "external") return side === "inside" ? "outbound" : undefined;
  if (target === "local") return side === "inside" ? "internal" : "inbound";
  return undefined;
}

function externalDomain(
  { names }: RoutingTable,
  direction: Direction | undefined,
  to: string | undefined,
  from: string | undefined,
): string | undefined {
  if (direction === "outbound") return to;
  const isLocal = from !== undefined && names.get(from)?.kind === "local";
  return direction === "inbound" && !isLocal ? from : undefined;
}

function aboutTarget(target: Target, host: string | undefined, direction: Direction | undefined): string[] {
  if (host === undefined) return [];
  if (target === "local") return [`${host} is a local domain: the request is ${direction ?? ""}.`];
  if (target === "own") return [`${host} is an address of this system.`];
  return [`${host} is an external domain${direction ? `: the request is ${direction}` : ""}.`];
}
