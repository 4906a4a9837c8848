import type { decide } from "../../../src/federation/decide.ts";
import type { Decision, NameEntry, RoutingTable } from "../../../src/federation/types.ts";
import type { Verdict } from "../../../src/router/types.ts";
import { domainOf, OVER_XMPP } from "./memory.ts";
import { meaningOf, type NewRequest } from "./scenario.ts";
import { tiersOf, type Tiers } from "./walk.ts";

export type Decide = typeof decide;

/** What the router must do with a request, by `decide`. */
export interface Expectation {
  readonly because: readonly string[];
  /** `<direction> <domain>` that the operator is asked about. */
  readonly question: string | undefined;
  readonly outcome:
    | { readonly kind: "reply"; readonly status: number }
    | { readonly kind: "silence" }
    /** `learns`: `<direction> <domain>` to be remembered on a 2xx; `xmpp` in place of the direction. */
    | { readonly kind: "walk"; readonly tiers: Tiers; readonly learns: string | undefined };
}

type Relay = Extract<Decision, { action: "relay" }>;

const LEARNED: NameEntry = { kind: "known", policy: "Allow", protocol: "SIP", trust: "Limited", sources: [] };
const FOUND_OVER_XMPP: NameEntry = { ...LEARNED, protocol: "XMPP" };
/**
 * What nothing is routed for: RFC 3261 §16.3 looks at the Request-URI before Max-Forwards, and lets a proxy answer an
 * OPTIONS.
 */
const NEVER_ROUTED = new Set([200, 400, 416, 481]);

function withXmpp({ open, routeSets, config, names }: RoutingTable, domain: string): RoutingTable {
  return { open, routeSets, config, names: new Map(names).set(domain, FOUND_OVER_XMPP) };
}

/** The table as it is once the router has remembered domains by itself. */
export function withLearned(table: RoutingTable, learned: Iterable<string>): RoutingTable {
  const { open, routeSets, config } = table;
  const remembered = Array.from(learned, (domain): [string, NameEntry] => [domain, LEARNED]);
  return { open, routeSets, config, names: new Map([...remembered, ...table.names]) };
}

/**
 * @param verdict undefined where no operator is there to ask.
 * @param gateway `placeUri` of the XMPP gateway
 */
export function expectationOf(
  decide: Decide,
  table: RoutingTable,
  request: NewRequest,
  verdict: Verdict | undefined,
  gateway: string,
): Expectation {
  const decision = decide(table, meaningOf(request));
  const { because } = decision;
  const plain = (outcome: Expectation["outcome"]): Expectation => ({ because, question: undefined, outcome });
  if (decision.action !== "drop" && request.maxForwards === "0" && !isNeverRouted(decision))
    return plain({ kind: "reply", status: 483 });
  if (decision.action !== "relay") return plain(unrelayed(decision, gateway));
  const question = questionOf(decision, verdict);
  if (question === undefined || decision.direction !== "outbound")
    return relayed(table, decision, { question, isOverXmpp: request.overXmpp, verdict: "default" });
  // as a request to a domain that is known for that
  if (verdict === "gateway") {
    const found = withXmpp(table, domainOf(question));
    return { ...expectationOf(decide, found, request, verdict, gateway), question };
  }
  return relayed(table, decision, { question, isOverXmpp: false, verdict });
}

function unrelayed(decision: Exclude<Decision, Relay>, gateway: string): Expectation["outcome"] {
  switch (decision.action) {
    case "drop":
      return { kind: "silence" };
    case "reply":
      return { kind: "reply", status: decision.status };
    case "gateway":
      return { kind: "walk", tiers: [[gateway]], learns: undefined };
  }
}

function questionOf({ discover, direction, domain }: Relay, verdict: Verdict | undefined) {
  return discover && verdict !== undefined ? `${direction ?? ""} ${domain ?? ""}` : undefined;
}

interface Circumstances {
  readonly question: string | undefined;
  readonly isOverXmpp: boolean;
  /** Inbound, whatever the operator says neither holds nor changes the request. */
  readonly verdict: Verdict | undefined;
}

function relayed(table: RoutingTable, decision: Relay, circumstances: Circumstances): Expectation {
  const { because, direction = "", domain = "", cache } = decision;
  const { question, isOverXmpp, verdict } = circumstances;
  if (verdict === "refused") return { because, question, outcome: { kind: "reply", status: 403 } };
  const learns =
    cache && verdict === "default" ? `${isOverXmpp ? OVER_XMPP : direction} ${domain}` : undefined;
  return { because, question, outcome: { kind: "walk", tiers: tiersOf(table, decision), learns } };
}

function isNeverRouted(decision: Decision): boolean {
  return decision.action === "reply" && NEVER_ROUTED.has(decision.status);
}
