import { compileNextHop } from "./next-hop.ts";
import { parsePattern, parseUserPattern, type Pattern } from "./patterns.ts";
import {
  DEFAULT_ROUTE_SET,
  type FederationConfig,
  type Finding,
  type NextHop,
  type RouteObject,
} from "./types.ts";
import { DEFAULT_ROUTE_NAME } from "../api/names.ts";
import type { StaticRouteSpec } from "../api/types.ts";

/** A StaticRoute that makes sense by itself. */
export interface Route {
  readonly name: string;
  /** RFC 3339 in UTC, as the API server writes it: sorts as text. */
  readonly created: string;
  readonly pattern: Pattern;
  readonly enabled: boolean;
  readonly blocked: boolean;
  /** May be absent only where blocked or disabled. */
  readonly hop: NextHop | undefined;
  readonly allowsLessSpecific: boolean;
}

export type RouteResult =
  | { readonly ok: true; readonly route: Route }
  /** `pattern`: undefined where that is what makes no sense. */
  | { readonly ok: false; readonly finding: Finding; readonly pattern: Pattern | undefined };

/** Reads a StaticRoute. What makes no sense yields a finding for its `Accepted` condition, never an exception. */
export function compileRoute(object: RouteObject, config: FederationConfig): RouteResult {
  const { name, spec } = object;
  const { destinationPattern: text } = spec;
  const pattern = spec.routeType === "User" ? parseUserPattern(text) : parsePattern(text);
  if (!pattern) return refused("InvalidPattern", invalidPattern(spec));
  if (name === DEFAULT_ROUTE_NAME && !isDefault(pattern))
    return refused("ReservedName", RESERVED_NAME, pattern);
  const nextHop = compileNextHop(object, pattern, config);
  if (!nextHop.ok) return refused(nextHop.reason, nextHop.message, pattern);
  const route: Route = {
    name,
    created: object.creationTimestamp,
    pattern,
    enabled: spec.service === "Enabled",
    blocked: spec.blockRoute ?? isDefault(pattern),
    hop: nextHop.hop,
    allowsLessSpecific: spec.allowLessSpecificRoute,
  };
  return checkInService(route, config) ?? { ok: true, route };
}

/** What a route needs only while requests go by it: a block stands also where no request could be sent. */
function checkInService(route: Route, { transports }: FederationConfig): RouteResult | undefined {
  const { enabled, blocked, hop, pattern } = route;
  if (!enabled || (blocked && !isDefault(pattern))) return undefined;
  if (!hop) return blocked ? undefined : refused("NextHopMissing", NEXT_HOP_MISSING, pattern);
  if (transports === undefined || transports.includes(hop.transport)) return undefined;
  return refused("TransportNotServed", transportNotServed(hop.transport, transports), pattern);
}

export function isDefault(pattern: Pattern): boolean {
  return pattern.keys[0] === DEFAULT_ROUTE_SET;
}

const RESERVED_NAME =
  'The name "default" is kept for the default route: set destinationPattern to ".*", or give this route another name.';
const NEXT_HOP_MISSING =
  "A route in service needs a next hop: set nextHop, or blockRoute: true, or service: Disabled.";

function invalidPattern({ routeType, destinationPattern: text }: StaticRouteSpec): string {
  if (routeType === "User") {
    return `${JSON.stringify(text)} is not a user pattern: write characters, "." for any one of them and "*" at the end, as in "+4930....".`;
  }
  return `${JSON.stringify(text)} is not a domain pattern: write ".*", "example.com", "*.example.com" or ".com.example.*".`;
}

function transportNotServed(transport: string, served: readonly string[]): string {
  return `This installation does not send over ${transport}: set protocolType to ${served.join(" or ")}.`;
}

function refused(reason: string, message: string, pattern?: Pattern): RouteResult {
  return { ok: false, finding: { status: "False", reason, message }, pattern };
}
