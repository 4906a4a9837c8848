import { cachingOf } from "./explain/caching.ts";
import { findNextHop } from "./explain/candidates.ts";
import { matchingRoutes } from "./explain/matching.ts";
import { summaryOf } from "./explain/summary.ts";
import type { Explanation, View } from "./explain/types.ts";
import { decide } from "./decide.ts";
import { situationOf } from "./decision/situation.ts";
import type { Decision, NameEntry, NextHop, RoutingTable, SipRequest } from "./types.ts";

export type { Candidate, Explanation, Place, View, Whereabouts } from "./explain/types.ts";

/** What a domain is that was reached, before there is a FederatedDomain for it. */
const LEARNED: NameEntry = { kind: "known", policy: "Allow", protocol: "SIP", trust: "Limited", sources: [] };
const LEARNED_OVER_XMPP: NameEntry = { ...LEARNED, protocol: "XMPP" };

/** Why would this request go there? The same decision that the router takes, with its reasons. */
export function explain(seen: View, request: SipRequest): Explanation {
  const { table, learned } = asRouted(seen, request);
  const view = { ...seen, table };
  const decision = decide(table, request);
  const situation = situationOf(table, request);
  const found = findNextHop(view, request, decision, matchingRoutes(view.routes, situation, decision));
  const caching = cachingOf(view, situation, decision);
  const { action, row, direction, domain, because } = decision;
  return {
    summary: summaryOf(decision, found, caching, table.config.xmpp === true),
    action,
    row,
    direction,
    domain,
    ...(decision.action === "reply" && { status: decision.status, reason: decision.reason }),
    because: learned === undefined ? because : [...because, onItsWay(learned)],
    candidates: found.candidates,
    ...(decision.action === "relay" && { nextHop: found.nextHop }),
    passedOver: found.passedOver,
    caching: learned === undefined ? caching : { because: onItsWay(learned) },
  };
}

/** The next hops that `explain` will ask about: where they are, and how they are, is found out before. */
export function nextHopsOf(seen: View, request: SipRequest): readonly NextHop[] {
  const decision: Decision = decide(asRouted(seen, request).table, request);
  return decision.action === "relay" ? decision.candidates : [];
}

/** The router treats a domain as known from its first 2xx on, the FederatedDomain follows. */
function asRouted({ table, memory }: View, request: SipRequest): { table: RoutingTable; learned?: string } {
  const { domain } = situationOf(table, request);
  if (domain === undefined || table.names.has(domain)) return { table };
  const way = memory(domain);
  if (way === undefined || way === "refused") return { table };
  const { open, routeSets, config } = table;
  return {
    table: {
      open,
      routeSets,
      config,
      names: new Map(table.names).set(domain, way === "learned" ? LEARNED : LEARNED_OVER_XMPP),
    },
    learned: domain,
  };
}

function onItsWay(domain: string): string {
  return `${domain} has answered, and is routed as a known domain: its FederatedDomain is not in the API yet.`;
}
