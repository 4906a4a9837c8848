import { header, parameter } from "../sip/headers.ts";
import type { SipAnswer, SipRequest } from "../sip/types.ts";
import { PIDF_TYPE, readPidf } from "../translation/pidf.ts";
import type { PresenceState } from "../translation/presence-state.ts";
import { isPresence } from "./subscribe-request.ts";

/** What a NOTIFY says to a subscriber (RFC 6665 §4.1.3). */
export interface Notice {
  readonly ok: true;
  /** Lower case: `active`, `pending`, `terminated`, or one that nobody knows here. */
  readonly state: string;
  readonly reason: string;
  /** Seconds that the subscription still lasts; undefined when it does not say. */
  readonly expires: number | undefined;
  /** Seconds until the next try; undefined when it does not say. */
  readonly retryAfter: number | undefined;
  /** Undefined without a document. */
  readonly states: readonly PresenceState[] | undefined;
}

export type NoticeResult = Notice | { readonly ok: false; readonly answer: SipAnswer };

/** Reads a NOTIFY, or how it is to be refused. */
export function readNotice({ headers, body }: SipRequest): NoticeResult {
  const event = header(headers, "Event");
  if (event === undefined || !isPresence(event)) {
    return { ok: false, answer: { status: 489, headers: [["Allow-Events", "presence"]] } };
  }
  const value = header(headers, "Subscription-State");
  if (value === undefined) return { ok: false, answer: { status: 400, reason: "No Subscription-State" } };
  const type = header(headers, "Content-Type") ?? "";
  if (body.length > 0 && type.replace(/;.*$/s, "").trim().toLowerCase() !== PIDF_TYPE) {
    return { ok: false, answer: { status: 415, headers: [["Accept", PIDF_TYPE]] } };
  }
  const states = body.length === 0 ? undefined : readPidf(body, header(headers, "Content-Language"));
  if (body.length > 0 && states === undefined)
    return { ok: false, answer: { status: 400, reason: "Bad PIDF" } };
  return {
    ok: true,
    state: value.replace(/;.*$/s, "").trim().toLowerCase(),
    reason: (parameter(value, "reason") ?? "").toLowerCase(),
    expires: seconds(parameter(value, "expires")),
    retryAfter: seconds(parameter(value, "retry-after")),
    states,
  };
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
