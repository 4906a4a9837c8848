import type { Caching, View } from "./types.ts";
import { federationOf } from "../decision/by-domain.ts";
import { whyNotCached } from "../decision/caching.ts";
import type { Situation } from "../decision/situation.ts";
import type { Decision } from "../types.ts";

/** What a 2xx to the request would make known, or why nothing. */
export function cachingOf(view: View, situation: Situation, { action }: Decision): Caching {
  const { direction, domain, request } = situation;
  if (action === "reply" || action === "drop") return { because: "Nothing is relayed." };
  if (direction !== "outbound" && direction !== "inbound")
    return { because: "No external domain has a part in it." };
  const why = whyNotCached(federationOf(situation)) ?? whyNotNow(view, situation);
  if (why !== undefined || domain === undefined) return { because: why ?? "" };
  const protocol = request.overXmpp ? "protocol XMPP and " : "";
  const because = `The first 2xx creates FederatedDomain ${domain}, with ${protocol}trust Limited.`;
  return { creates: domain, because };
}

function whyNotNow({ memory, limit }: View, { domain = "", direction }: Situation): string | undefined {
  if (memory(domain) === "refused")
    return `The API server refused FederatedDomain ${domain} a moment ago: the operator's log has its reason.`;
  return direction && limit(direction);
}
