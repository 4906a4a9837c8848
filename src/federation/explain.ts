import { canonicalAddress } from "./address.ts";
import { decide } from "./decide.ts";
import type { Decision, NextHop, RoutingTable, SipRequest } from "./types.ts";

/** A decision with what a person wants to read first. */
export type Explanation = Decision & {
  /** What happens, in one line. */
  readonly summary: string;
};

type Relay = Extract<Decision, { action: "relay" }>;

/** Why would this request go there? The same decision that the router takes, with its reasons. */
export function explain(table: RoutingTable, request: SipRequest): Explanation {
  const decision = decide(table, request);
  return { summary: summaryOf(decision), ...decision };
}

function summaryOf(decision: Decision): string {
  switch (decision.action) {
    case "reply":
      return `answered with ${decision.status} ${decision.reason}`;
    case "drop":
      return "dropped";
    case "gateway":
      return "answered with 480 No XMPP Gateway: the domain is reached over XMPP, and this release has no gateway";
    case "relay":
      return summaryOfRelay(decision);
  }
}

function summaryOfRelay({ candidates, discover, cache, direction }: Relay): string {
  const [first, ...others] = candidates;
  const more = others.length === 0 ? "" : `, or to one of ${others.length} more`;
  const discovery = discover && direction === "outbound" ? ", after discovery" : "";
  const memory = cache ? "; a 2xx makes the domain known" : "";
  return `relayed to ${first ? addressOf(first) : "nobody"}${more}${discovery}${memory}`;
}

function addressOf({ host, port, transport, route }: NextHop): string {
  const bracketed = canonicalAddress(host)?.includes(":") ? `[${host}]` : host;
  const where = port === 0 ? `the SRV records of ${host}` : `${bracketed}:${port}`;
  return `${where} over ${transport} (StaticRoute ${route})`;
}
