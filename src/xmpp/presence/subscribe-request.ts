import { header, headerList, uriOf } from "../sip/headers.ts";
import type { SipAnswer, SipRequest } from "../sip/types.ts";
import { PIDF_TYPE } from "../translation/pidf.ts";
import { bare, toJid } from "../translation/addresses.ts";

/** Seconds; RFC 3856 §6.4 has the default. */
export const EXPIRES = { min: 60, default: 3600 } as const;

/** What a SUBSCRIBE asks for. */
export interface Wish {
  readonly ok: true;
  /** Seconds; 0: to end, or a look for once. */
  readonly expires: number;
  /** Event, with the id that notifications have to repeat (RFC 6665 §8.2.1). */
  readonly event: string;
}

export type WishResult = Wish | { readonly ok: false; readonly answer: SipAnswer };

/** Reads what a SUBSCRIBE asks for, or how it is to be refused (RFC 6665 §4.2.1.1). */
export function readWish({ headers }: SipRequest): WishResult {
  const event = header(headers, "Event");
  if (event === undefined || !isPresence(event)) {
    return { ok: false, answer: { status: 489, headers: [["Allow-Events", "presence"]] } };
  }
  if (!accepts(headerList(headers, "Accept"))) return { ok: false, answer: { status: 406 } };
  const text = header(headers, "Expires") ?? String(EXPIRES.default);
  if (!/^\d{1,10}$/.test(text)) return { ok: false, answer: { status: 400, reason: "Bad Expires" } };
  const expires = Number(text);
  if (expires > 0 && expires < EXPIRES.min) {
    return { ok: false, answer: { status: 423, headers: [["Min-Expires", String(EXPIRES.min)]] } };
  }
  return { ok: true, expires: Math.min(expires, EXPIRES.default), event };
}

/** True for the event package `presence` itself, none of its templates. */
export function isPresence(event: string): boolean {
  return /^presence\s*(?:;|$)/i.test(event.trim());
}

/** The user, as a bare JID, of a URI or of a header's value; undefined for what is none, or names no user. */
export function userOf(value: string | undefined): string | undefined {
  const jid = value === undefined ? undefined : toJid(uriOf(value));
  return jid?.includes("@") === true ? bare(jid) : undefined;
}

function accepts(types: readonly string[]): boolean {
  const names = types.map((type) => type.replace(/;.*$/s, "").trim().toLowerCase()).filter(Boolean);
  return names.length === 0 || names.some((name) => [PIDF_TYPE, "application/*", "*/*"].includes(name));
}
