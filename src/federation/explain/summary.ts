import { hopText, placeOf, type Found } from "./candidates.ts";
import type { Caching } from "./types.ts";
import type { Decision } from "../types.ts";

type Relay = Extract<Decision, { action: "relay" }>;

/**
 * What happens to a request, in one line.
 * @param xmpp whether discovery may find a domain over XMPP
 */
export function summaryOf(decision: Decision, found: Found, caching: Caching, xmpp: boolean): string {
  switch (decision.action) {
    case "reply":
      return `answered with ${decision.status} ${decision.reason}`;
    case "drop":
      return "dropped";
    case "gateway":
      return "relayed to the XMPP gateway; answered with 480 XMPP Gateway Away while that cannot be reached";
    case "relay":
      return summaryOfRelay(decision, found, caching, xmpp);
  }
}

function summaryOfRelay(
  { candidates, discover, direction }: Relay,
  found: Found,
  { creates }: Caching,
  xmpp: boolean,
): string {
  const [first, ...others] = candidates;
  const more = others.length === 0 ? "" : `, or to one of ${others.length} more`;
  const discovery = discover && direction === "outbound" ? `, ${afterDiscovery(xmpp)}` : "";
  const memory = creates === undefined ? "" : "; a 2xx makes the domain known";
  const to = first ? `${hopText(first)} (StaticRoute ${first.route})` : "nobody";
  return `relayed to ${to}${more}${discovery}${memory}${ofNow(found)}`;
}

function afterDiscovery(xmpp: boolean): string {
  return xmpp ? "unless discovery finds the domain over XMPP" : "after discovery";
}

function ofNow({ nextHop, isDetour, asLastResort }: Found): string {
  if (!nextHop) return "; now answered with 500: no next hop has an address";
  if (asLastResort) return `; now none of them answers, and all are tried: first ${placeOf(nextHop)}`;
  return isDetour ? `; now to ${placeOf(nextHop)}` : "";
}
