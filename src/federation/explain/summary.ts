import { hopText, placeOf, type Found } from "./candidates.ts";
import type { Caching } from "./types.ts";
import type { Decision } from "../types.ts";

type Relay = Extract<Decision, { action: "relay" }>;

/** What happens to a request, in one line. */
export function summaryOf(decision: Decision, found: Found, caching: Caching): string {
  switch (decision.action) {
    case "reply":
      return `answered with ${decision.status} ${decision.reason}`;
    case "drop":
      return "dropped";
    case "gateway":
      return "answered with 480 No XMPP Gateway: the domain is reached over XMPP, and this release has no gateway";
    case "relay":
      return summaryOfRelay(decision, found, caching);
  }
}

function summaryOfRelay(
  { candidates, discover, direction }: Relay,
  found: Found,
  { creates }: Caching,
): string {
  const [first, ...others] = candidates;
  const more = others.length === 0 ? "" : `, or to one of ${others.length} more`;
  const discovery = discover && direction === "outbound" ? ", after discovery" : "";
  const memory = creates === undefined ? "" : "; a 2xx makes the domain known";
  const to = first ? `${hopText(first)} (StaticRoute ${first.route})` : "nobody";
  return `relayed to ${to}${more}${discovery}${memory}${ofNow(found)}`;
}

function ofNow({ nextHop, isDetour, asLastResort }: Found): string {
  if (!nextHop) return "; now answered with 500: no next hop has an address";
  if (asLastResort) return `; now none of them answers, and all are tried: first ${placeOf(nextHop)}`;
  return isDetour ? `; now to ${placeOf(nextHop)}` : "";
}
