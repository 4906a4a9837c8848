import type { Condition } from "../translation/errors.ts";

/** What an error of one side means to a subscription of the other. */

/** Parameters of a terminated Subscription-State (RFC 6665 §4.1.3). */
export const TERMINATED = {
  timeout: "reason=timeout",
  rejected: "reason=rejected",
  noResource: "reason=noresource",
  /** Later, perhaps: seconds. */
  probation: "reason=probation;retry-after=300",
} as const;

const NO_RESOURCE = new Set<Condition>(["item-not-found", "gone", "jid-malformed"]);
const TRANSIENT = new Set<Condition>([
  "remote-server-not-found",
  "remote-server-timeout",
  "recipient-unavailable",
  "resource-constraint",
  "internal-server-error",
]);

/** Why a subscription ends that the contact's server answers with such an error (RFC 6120 §8.3.3). */
export function terminationOf(condition: Condition): string {
  if (NO_RESOURCE.has(condition)) return TERMINATED.noResource;
  return TRANSIENT.has(condition) ? TERMINATED.probation : TERMINATED.rejected;
}

/** An error about an approved subscription that takes the approval back; all others only say that nobody is there. */
export function isRefusal(condition: Condition): boolean {
  return NO_RESOURCE.has(condition) || condition === "forbidden" || condition === "not-authorized";
}

/**
 * What an answer to a SUBSCRIBE of ours means to the XMPP user (RFC 8048 §5.2.2): `forgotten` cancels the authorization for
 * good; `unknown` tells that there is no such contact, or none that could be watched; all others pass.
 */
export function meaningOf(status: number): "accepted" | "forgotten" | "unknown" | "transient" {
  if (status < 300) return "accepted";
  if ([403, 489, 603].includes(status)) return "forgotten";
  return [404, 405, 410, 414, 416, 484, 485, 501, 604].includes(status) ? "unknown" : "transient";
}

/** Answers after which a subscription is none any more, to a SUBSCRIBE that renews it (RFC 6665 §4.1.2.2) or a NOTIFY (§4.2.2). */
export const ENDS_SUBSCRIPTION: ReadonlySet<number> = new Set([
  404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
]);
