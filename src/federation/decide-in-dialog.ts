import { blockOf } from "./decision/block.ts";
import { hostOf } from "./decision/situation.ts";
import { originOf } from "./side.ts";
import type { InDialogDecision, InDialogRequest, RoutingTable } from "./types.ts";

/**
 * Row 1 inside a dialog: a blocked domain may end what it has, a call or a subscription, and nothing else. All other
 * requests follow their route set (RFC 3261 §16.4).
 */
export function decideInDialog(table: RoutingTable, request: InDialogRequest): InDialogDecision {
  const { side, because } = originOf(request, table.config);
  const domain = hostOf((side === "outside" ? request.from : request.to)?.host);
  const isExternal = domain !== undefined && table.names.get(domain)?.kind !== "local";
  const block = isExternal ? blockOf(table, domain) : undefined;
  if (block === undefined) return { action: "follow", because: [because, "No block applies."] };
  if (!brings(request)) {
    return { action: "follow", because: [because, block, `This ${request.method} brings nothing new.`] };
  }
  const why = `A blocked domain may not go on with ${request.method} inside a dialog.`;
  return { action: "reply", status: 403, reason: "Domain Blocked", because: [because, block, why] };
}

/** A message, a subscription that renews, a notification that does not end. */
function brings({ method, expires, subscriptionState }: InDialogRequest): boolean {
  if (method === "MESSAGE") return true;
  if (method === "SUBSCRIBE") return expires !== 0;
  return method === "NOTIFY" && subscriptionState?.toLowerCase() !== "terminated";
}
