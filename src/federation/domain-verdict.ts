import type { KnownEntry } from "./domain.ts";
import { explicitSet } from "./lookup.ts";
import { patternsOfKey } from "./patterns.ts";
import type { DomainVerdict, Finding, RouteSet, RoutingTable } from "./types.ts";

/** What many domains share, so that no verdict depends on the state of the default route. */
export interface SharedFacts {
  /** Some default route that makes sense has a next hop, in service or not. */
  readonly hasDefaultRoute: boolean;
}

/** The verdict on a FederatedDomain that is no local domain. */
export function domainVerdict(
  table: RoutingTable,
  name: string,
  entry: KnownEntry,
  problem: Finding | undefined,
  shared: SharedFacts,
): DomainVerdict {
  return { accepted: problem ?? ACCEPTED, routed: routed(table, name, entry, shared) };
}

/** The verdict on a FederatedDomain whose name is a local domain: it has no effect. */
export function localDomainVerdict(name: string): DomainVerdict {
  const message = `${name} is a local domain, served by the inside: delete this object, or take the domain out of localDomains.`;
  const finding: Finding = { status: "False", reason: "LocalDomain", message };
  return { accepted: finding, withoutEffect: true, routed: finding };
}

/**
 * By specs alone. Where no explicit route matches, the state of the default route is not repeated here: one change of
 * it would rewrite the status of every such domain. It is read on the StaticRoutes with the pattern `.*`.
 */
function routed(table: RoutingTable, name: string, entry: KnownEntry, shared: SharedFacts): Finding {
  if (entry.policy === "Block") return BLOCKED_BY_POLICY;
  const explicit = explicitSet(table.routeSets, name);
  if (explicit?.blocked) return blockedByRoute(explicit);
  if (entry.protocol === "XMPP") return table.config.xmpp === true ? XMPP : XMPP_WITHOUT_GATEWAY;
  if (explicit) return explicitRoute(explicit);
  return shared.hasDefaultRoute ? DEFAULT_ROUTE : NO_ROUTE;
}

const ACCEPTED: Finding = {
  status: "True",
  reason: "Accepted",
  message: "The spec makes sense beside the other objects.",
};
const BLOCKED_BY_POLICY: Finding = {
  status: "False",
  reason: "Blocked",
  message: "Requests to and from the domain are refused: policy is Block.",
};
const XMPP: Finding = {
  status: "True",
  reason: "XMPP",
  message:
    "Reached over XMPP, never over SIP: MESSAGE, SUBSCRIBE and NOTIFY go to the XMPP gateway, and are answered with 480 while it is away; other methods are answered with 405. From it over SIP, what is not proven is answered with 403.",
};
const XMPP_WITHOUT_GATEWAY: Finding = {
  status: "True",
  reason: "XMPP",
  message:
    "Never reached over SIP, protocol is XMPP, and there is no XMPP gateway, `xmpp.enabled` is off: to the domain MESSAGE, SUBSCRIBE and NOTIFY are answered with 480, other methods with 405; from it what is not proven with 403.",
};
const DEFAULT_ROUTE: Finding = {
  status: "True",
  reason: "DefaultRoute",
  message: "No explicit route matches: left to the default route, see the StaticRoutes with the pattern .*",
};
const NO_ROUTE: Finding = {
  status: "False",
  reason: "NoRoute",
  message:
    "No explicit route matches, and no route with the pattern .* has a next hop: create a StaticRoute for the domain, or set the next hop of the default route.",
};

function blockedByRoute(set: RouteSet): Finding {
  return {
    status: "False",
    reason: "Blocked",
    message: `Requests to and from the domain are refused: StaticRoute ${set.blockedBy ?? ""} blocks ${patternsOfKey(set.key)[0]}`,
  };
}

function explicitRoute(set: RouteSet): Finding {
  const [first, ...others] = set.hops;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return {
    status: "True",
    reason: "ExplicitRoute",
    message: `Explicit route ${patternsOfKey(set.key)[0]}: StaticRoute ${first?.route ?? ""}${more}`,
  };
}
