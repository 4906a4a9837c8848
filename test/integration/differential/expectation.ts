import type { decide } from "../../../src/federation/decide.ts";
import type { Decision, NameEntry, RoutingTable } from "../../../src/federation/types.ts";
import type { Verdict } from "../../../src/router/types.ts";
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
    /** `learns`: `<direction> <domain>` to be remembered on a 2xx. */
    | { readonly kind: "walk"; readonly tiers: Tiers; readonly learns: string | undefined };
}

type Relay = Extract<Decision, { action: "relay" }>;

const LEARNED: NameEntry = { kind: "known", policy: "Allow", protocol: "SIP", trust: "Limited", sources: [] };
/**
 * What nothing is routed for: RFC 3261 §16.3 looks at the Request-URI before Max-Forwards, and lets a proxy answer an
 * OPTIONS.
 */
const NEVER_ROUTED = new Set([200, 400, 416, 481]);

/** The table as it is once the router has remembered domains by itself. */
export function withLearned(table: RoutingTable, learned: Iterable<string>): RoutingTable {
  const { open, routeSets, config } = table;
  const remembered = Array.from(learned, (domain): [string, NameEntry] => [domain, LEARNED]);
  return { open, routeSets, config, names: new Map([...remembered, ...table.names]) };
}

/** @param verdict undefined where no operator is there to ask. */
export function expectationOf(
  decide: Decide,
  table: RoutingTable,
  request: NewRequest,
  verdict: Verdict | undefined,
): Expectation {
  const decision = decide(table, meaningOf(request));
  const { because } = decision;
  const plain = (outcome: Expectation["outcome"]): Expectation => ({ because, question: undefined, outcome });
  if (decision.action === "drop") return plain({ kind: "silence" });
  if (request.maxForwards === "0" && !isNeverRouted(decision)) return plain({ kind: "reply", status: 483 });
  if (decision.action === "relay") return relayed(table, decision, verdict);
  // without an XMPP gateway
  return plain({ kind: "reply", status: decision.action === "gateway" ? 480 : decision.status });
}

function relayed(table: RoutingTable, decision: Relay, verdict: Verdict | undefined): Expectation {
  const { because, direction, domain } = decision;
  const subject = `${direction ?? ""} ${domain ?? ""}`;
  const question = decision.discover && verdict !== undefined ? subject : undefined;
  // inbound, the answer never holds or changes the request
  const answer = question !== undefined && direction === "outbound" ? verdict : "default";
  if (answer === "refused") return { because, question, outcome: { kind: "reply", status: 403 } };
  const learns = decision.cache && answer === "default" ? subject : undefined;
  return { because, question, outcome: { kind: "walk", tiers: tiersOf(table, decision), learns } };
}

function isNeverRouted(decision: Decision): boolean {
  return decision.action === "reply" && NEVER_ROUTED.has(decision.status);
}
