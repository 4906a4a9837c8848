import { blockOf } from "./block.ts";
import { whyNotCached } from "./caching.ts";
import { relayInside, relayOutside, type Learning } from "./relay.ts";
import { answer, basis, explained, type Situation } from "./situation.ts";
import type { KnownEntry } from "../domain.ts";
import { isCacheable } from "../domain-name.ts";
import { explicitSet } from "../lookup.ts";
import { patternsOfKey, userPatternOf } from "../patterns.ts";
import { proofOf } from "../trust.ts";
import type { Decision, DecisionRow, RouteSet } from "../types.ts";

/** A request between an external and a local domain, with what is known of the external one. */
export interface Federation extends Situation {
  readonly entry: KnownEntry | undefined;
  readonly explicit: RouteSet | undefined;
  /** Outbound requests are proven by their side. */
  readonly proven: boolean;
}

/** Rows 1 to 5; what none of them decides is row 6. */
export const byDomain = [blockedDomain, xmppDomain, knownDomain, explicitRoute, openFederation] as const;

type Result = Decision | undefined;

const GATEWAY_METHODS = new Set(["MESSAGE", "SUBSCRIBE", "NOTIFY"]);
const NOTHING: Learning = { discover: false, cache: false };

/** Adds what is known of the external domain. */
export function federationOf(situation: Situation): Federation {
  const { table, request, domain, direction } = situation;
  const name = domain === undefined ? undefined : table.names.get(domain);
  const entry = name?.kind === "known" ? name : undefined;
  const proof =
    direction === "inbound" && domain !== undefined
      ? proofOf(domain, request, entry, table.config)
      : undefined;
  return {
    ...situation,
    entry,
    explicit: domain === undefined ? undefined : explicitSet(table.routeSets, domain),
    proven: direction === "outbound" || proof !== undefined,
    because: [...situation.because, ...aboutSender(situation, proof), ...aboutEntry(domain, entry)],
  };
}

function blockedDomain(federation: Federation): Result {
  const { domain, table, forUser } = federation;
  const block = domain === undefined ? undefined : blockOf(table, domain, forUser[0]);
  return block === undefined ? undefined : answer(federation, 1, [403, "Domain Blocked"], block);
}

function xmppDomain(federation: Federation): Result {
  if (federation.entry?.protocol !== "XMPP") return undefined;
  if (federation.direction === "inbound") {
    return federation.proven
      ? relayInside(federation, 2, NOTHING)
      : answer(federation, 2, [403, "Unproven Domain"], "The domain is reached over XMPP, not over SIP.");
  }
  const { method } = federation.request;
  if (!GATEWAY_METHODS.has(method)) {
    return answer(federation, 2, [405, "Method Not Allowed"], `The XMPP gateway does not carry ${method}.`);
  }
  return toGateway(federation);
}

function toGateway(federation: Federation): Decision {
  const { table, request } = federation;
  if (table.config.xmpp !== true) {
    const why = "It is for the XMPP gateway, never for SIP, and there is none: xmpp.enabled is off.";
    return answer(federation, 2, [480, "No XMPP Gateway"], why);
  }
  if (request.requestUri.scheme === "sips") {
    const why = "A sips: URI asks for TLS on every hop, and SIP over TLS ends at the XMPP gateway.";
    return answer(federation, 2, [480, "No TLS Beyond Gateway"], why);
  }
  const why = "It goes to the XMPP gateway, never over SIP; while that is away, the answer is 480.";
  return { ...basis(federation, 2, why), action: "gateway" };
}

function knownDomain(federation: Federation): Result {
  return federation.entry && serve(federation, 3, true, NOTHING);
}

function explicitRoute(federation: Federation): Result {
  const { forUser, explicit } = federation;
  const [user] = forUser;
  const set = user ?? explicit;
  if (!set) return undefined;
  const why = user
    ? `A route for users matches, ${userPatternOf(user.key)}: what it reaches is not remembered.`
    : `The explicit route ${patternsOfKey(set.key)[0]} matches.`;
  const learning = { discover: false, cache: mayCache(federation) };
  return serve(explained(federation, why), 4, federation.table.open, learning);
}

function openFederation(federation: Federation): Result {
  if (!federation.table.open) return undefined;
  const why = "No explicit route matches, and federation is open.";
  const discover = mayDiscover(federation);
  const open = explained(federation, why);
  const learning = { discover, cache: mayCache(federation) };
  return serve(discover ? withDiscovery(open) : open, 5, true, learning);
}

/** What comes over XMPP has told by that how its domain is reached. */
function mayDiscover({ domain, proven, request }: Federation): boolean {
  return proven && !request.overXmpp && domain !== undefined && isCacheable(domain);
}

function withDiscovery(federation: Federation): Federation {
  const { table, direction, domain = "" } = federation;
  if (table.config.xmpp !== true || direction !== "outbound") return federation;
  const why = `Discovery asks ${domain} over XMPP first: if it answers there, row 2 applies.`;
  return explained(federation, why);
}

export function closedFederation(federation: Federation): Decision {
  const why =
    "No explicit route matches, and federation is closed: the default route serves known domains only.";
  return answer(federation, 6, [403, "Federation Closed"], why);
}

function serve(
  federation: Federation,
  row: DecisionRow,
  mayUseDefault: boolean,
  learning: Learning,
): Decision {
  if (federation.direction === "outbound") {
    return relayOutside(federation, row, federation.explicit, mayUseDefault, learning);
  }
  if (!federation.proven && federation.table.config.unprovenInbound === "refuse") {
    return answer(federation, row, [403, "Unproven Domain"], "Unproven requests are refused by a setting.");
  }
  return relayInside(federation, row, learning);
}

function mayCache(federation: Federation): boolean {
  return whyNotCached(federation) === undefined;
}

function aboutSender({ direction, domain }: Situation, proof: string | undefined): string[] {
  if (direction !== "inbound") return [];
  if (domain === undefined) return ["Its From names no domain."];
  return [proof ?? `Nothing proves that it comes from ${domain}.`];
}

function aboutEntry(domain: string | undefined, entry: KnownEntry | undefined): string[] {
  if (domain === undefined) return [];
  if (!entry) return [`${domain} is unknown: there is no FederatedDomain for it.`];
  return [`${domain} is known: policy ${entry.policy}, protocol ${entry.protocol}, trust ${entry.trust}.`];
}
