import { header, headerList, parameter, uriOf } from "./headers.ts";
import type { Headers, SipRequest } from "./types.ts";

/** One side's view of a dialog (RFC 3261 §12), as SUBSCRIBE and NOTIFY use it. All of it is text, to be written down. */
export interface Dialog {
  readonly callId: string;
  /** Ours, with tag in `localTag`: From of our requests. */
  readonly localUri: string;
  readonly localTag: string;
  readonly remoteUri: string;
  /** Empty where the peer does without, as before RFC 3261. */
  readonly remoteTag: string;
  /** Remote target: Request-URI of our requests. */
  readonly target: string;
  /** Routes of our requests, the next one first, as they stand in the header. */
  readonly routes: readonly string[];
  /** Highest CSeq of the peer so far. */
  readonly remoteSeq: number;
}

/** The numbers of a CSeq end here (RFC 3261 §8.1.1.5). */
const MAX_SEQ = 2 ** 31;
/** 2025-01-01 in milliseconds: quarters of a second since then last until 2042. */
const EPOCH_MS = 1_735_689_600_000;
const TICK_MS = 250;
/** Requests at once, before their numbers run so far ahead of the clock that a restart might fall behind them. */
const BURST = 4;

/**
 * The dialog that the peer opens by a request of its own: by SUBSCRIBE, or, to a subscriber, by the first NOTIFY, whose
 * Record-Route counts, not that of the answer to SUBSCRIBE (RFC 6665 §4.4.1). Undefined when something is missing that it
 * takes: From, To, Call-ID, CSeq, and a SIP URI in Contact.
 * @param localTag Of To, where the request has none yet.
 */
export function dialogOfPeer(request: SipRequest, localTag: string): Dialog | undefined {
  const { headers } = request;
  const from = header(headers, "From");
  const to = header(headers, "To");
  const callId = header(headers, "Call-ID");
  const target = contactOf(headers);
  const remoteSeq = sequenceOf(headers);
  if (from === undefined || to === undefined || callId === undefined || target === undefined)
    return undefined;
  if (remoteSeq === undefined) return undefined;
  return {
    callId,
    localUri: uriOf(to),
    localTag: parameter(to, "tag") ?? localTag,
    remoteUri: uriOf(from),
    remoteTag: parameter(from, "tag") ?? "",
    target,
    routes: headerList(headers, "Record-Route"),
    remoteSeq,
  };
}

/** True when the request is part of the dialog (RFC 3261 §12.2.2). */
export function isOfDialog({ callId, localTag, remoteTag }: Dialog, { headers }: SipRequest): boolean {
  return (
    header(headers, "Call-ID") === callId &&
    parameter(header(headers, "To") ?? "", "tag") === localTag &&
    (parameter(header(headers, "From") ?? "", "tag") ?? "") === remoteTag
  );
}

/**
 * The dialog after a request of the peer inside it: its CSeq, and its Contact as new remote target (RFC 3261 §12.2.2, RFC 6665
 * §4.4.1). Undefined when the request is older than one before it: that is answered with 500.
 */
export function afterRequest(dialog: Dialog, { headers }: SipRequest): Dialog | undefined {
  const remoteSeq = sequenceOf(headers);
  if (remoteSeq === undefined || remoteSeq < dialog.remoteSeq) return undefined;
  return { ...dialog, remoteSeq, target: contactOf(headers) ?? dialog.target };
}

/** A request inside the dialog (RFC 3261 §12.2.1.1), also over a first route that is a strict router. */
export function requestInDialog(
  dialog: Dialog,
  { method, seq, headers, body = Buffer.alloc(0) }: OwnRequest,
): SipRequest {
  const { routes, target } = dialog;
  const [first, ...others] = routes;
  const isStrict = first !== undefined && !/;lr\s*(?:[;=]|$)/i.test(uriOf(first));
  return {
    method,
    uri: isStrict ? uriOf(first) : target,
    headers: [
      ...(isStrict ? [...others, `<${target}>`] : routes).map((route) => ["Route", route] as const),
      ["From", `<${dialog.localUri}>;tag=${dialog.localTag}`],
      [
        "To",
        dialog.remoteTag === "" ? `<${dialog.remoteUri}>` : `<${dialog.remoteUri}>;tag=${dialog.remoteTag}`,
      ],
      ["Call-ID", dialog.callId],
      ["CSeq", `${seq} ${method}`],
      ...headers,
    ],
    body,
  };
}

export interface OwnRequest {
  readonly method: string;
  /** From `nextSeq`. */
  readonly seq: number;
  /** All but those of the dialog itself. */
  readonly headers: Headers;
  readonly body?: Buffer;
}

/**
 * CSeq for our next request in a dialog: quarters of a second by the clock, so that nobody has to remember it over a restart,
 * and more than the last one.
 * @param last Of the one before; 0 where there was none, or nobody knows.
 * @param now Milliseconds since 1970.
 */
export function nextSeq(last: number, now: number): number {
  return Math.max(tick(now), last + 1);
}

/**
 * Milliseconds until there is a number that does not run ahead of the clock by more than a restart takes, at most a second;
 * 0: now.
 */
export function seqDelay(last: number, now: number): number {
  return Math.min(BURST, Math.max(0, last + 1 - BURST - tick(now))) * TICK_MS;
}

/** The number of CSeq; undefined when there is none. */
export function sequenceOf(headers: Headers): number | undefined {
  const [, digits] = /^(\d{1,10})\s+\S+$/.exec(header(headers, "CSeq") ?? "") ?? [];
  return digits === undefined || Number(digits) >= MAX_SEQ ? undefined : Number(digits);
}

function tick(now: number): number {
  return Math.max(1, Math.floor((now - EPOCH_MS) / TICK_MS));
}

/** Undefined without exactly one SIP or SIPS URI. */
function contactOf(headers: Headers): string | undefined {
  const [contact, ...others] = headerList(headers, "Contact");
  const uri = contact === undefined || others.length > 0 ? "" : uriOf(contact);
  return /^sips?:[^\s<>"]+$/i.test(uri) ? uri : undefined;
}
