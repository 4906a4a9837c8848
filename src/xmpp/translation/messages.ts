import { randomBytes } from "node:crypto";
import xml, { type Element } from "@xmpp/xml";
import { write } from "../sip/codec.ts";
import { header, headerList, uriOf } from "../sip/headers.ts";
import type { Headers, SipAnswer, SipRequest } from "../sip/types.ts";
import { bare, toJid, toSipUri } from "./addresses.ts";
import type { Condition } from "./errors.ts";
import { readText } from "./text-body.ts";
import { callIdOfThread } from "./thread.ts";
import { xmlText } from "./xml-text.ts";

/** Either what goes on, or how it is answered at once. */
export type ToXmpp =
  | { readonly ok: true; readonly stanza: Element; readonly from: string; readonly to: string }
  | { readonly ok: false; readonly answer: SipAnswer };

/** Either what goes on, or the error that answers it; without a condition it is dropped in silence. */
export type ToSip =
  | { readonly ok: true; readonly request: SipRequest }
  | { readonly ok: false; readonly condition?: Condition };

const DELAY = "urn:xmpp:delay";
/** Via and Max-Forwards, which the endpoint adds. */
const ADDED_BYTES = 130;
/** A language tag (RFC 5646 §2.1), near enough. */
const LANGUAGE = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;

/**
 * The XMPP message for a MESSAGE (RFC 7572 §5): without a type, since a single message belongs to no chat. Control
 * characters that XML cannot hold become U+FFFD.
 * @param id of the stanza
 */
export function messageToXmpp(request: SipRequest, id: string): ToXmpp {
  const from = toJid(uriOf(header(request.headers, "From") ?? ""));
  const to = toJid(request.uri);
  if (from === undefined || to === undefined) {
    return { ok: false, answer: { status: to === undefined ? 404 : 400 } };
  }
  const text = readText(request);
  if (!text.ok) return { ok: false, answer: text.answer };
  const subject = header(request.headers, "Subject");
  const callId = header(request.headers, "Call-ID");
  const language = headerList(request.headers, "Content-Language").find((tag) => LANGUAGE.test(tag));
  const stanza = xml(
    "message",
    { from, to, id, ...(language === undefined ? {} : { "xml:lang": language }) },
    ...(subject === undefined || subject === "" ? [] : [xml("subject", {}, xmlText(subject))]),
    xml("body", {}, xmlText(text.text)),
    ...(callId === undefined ? [] : [xml("thread", {}, xmlText(callId))]),
  );
  return { ok: true, stanza, from, to };
}

/**
 * The MESSAGE for an XMPP message (RFC 7572 §4), of type chat, normal or headline. What has no body says nothing that a
 * MESSAGE could: states of a chat, receipts.
 * @param maxBytes of the whole request (RFC 3428 §8)
 */
export function messageToSip(stanza: Element, maxBytes: number): ToSip {
  const { type, from, to } = stanza.attrs as Record<string, string | undefined>;
  if (type === "error") return { ok: false };
  if (type === "groupchat") return { ok: false, condition: "service-unavailable" };
  const language = stanza.attrs["xml:lang"] as string | undefined;
  const body = choose(stanza.getChildren("body"), language);
  if (body === undefined) return { ok: false };
  const uri = to?.includes("@") === true ? toSipUri(to) : undefined;
  if (uri === undefined) return { ok: false, condition: "item-not-found" };
  const sender = toSipUri(bare(from ?? ""));
  if (sender === undefined) return { ok: false, condition: "jid-malformed" };
  const request: SipRequest = {
    method: "MESSAGE",
    uri,
    headers: [
      ["From", `<${sender}>;tag=${randomBytes(8).toString("hex")}`],
      ["To", `<${uri}>`],
      ["Call-ID", callIdOfThread(stanza.getChildText("thread")?.trim())],
      ["CSeq", "1 MESSAGE"],
      ...dateHeader(stanza),
      ...subjectHeader(stanza, body.language),
      ["Content-Type", "text/plain;charset=utf-8"],
      ...languageHeader(body.language),
    ],
    body: Buffer.from(body.text),
  };
  const isTooLarge = write(request).length + ADDED_BYTES > maxBytes;
  return isTooLarge ? { ok: false, condition: "policy-violation" } : { ok: true, request };
}

interface Chosen {
  readonly text: string;
  readonly language: string | undefined;
}

/** Of the texts in several languages the one in the language of the stanza (RFC 6121 §5.2.3), or else the first. */
function choose(elements: readonly Element[], wanted: string | undefined): Chosen | undefined {
  const texts = elements
    .map((element) => ({
      text: element.getText(),
      language: (element.attrs["xml:lang"] as string | undefined) ?? wanted,
    }))
    .filter(({ text }) => text !== "");
  const isWanted = ({ language }: Chosen): boolean => language?.toLowerCase() === wanted?.toLowerCase();
  return texts.find(isWanted) ?? texts[0];
}

function subjectHeader(stanza: Element, language: string | undefined): Headers {
  const inherited = stanza.attrs["xml:lang"] as string | undefined;
  const subjects = stanza.getChildren("subject");
  const same = subjects.filter(({ attrs }) => (attrs["xml:lang"] ?? inherited) === language);
  const text =
    choose(same.length > 0 ? same : subjects, inherited)
      ?.text.replace(/\s+/g, " ")
      .trim() ?? "";
  return text === "" ? [] : [["Subject", text]];
}

function languageHeader(language: string | undefined): Headers {
  return language !== undefined && LANGUAGE.test(language) ? [["Content-Language", language]] : [];
}

/** When it was sent, where it waited on its way (XEP-0203). */
function dateHeader(stanza: Element): Headers {
  const stamp = (stanza.getChild("delay", DELAY)?.attrs.stamp as string | undefined) ?? "";
  const date = new Date(/^\d{4}-\d\d-\d\dT/.test(stamp) ? stamp : "");
  return Number.isNaN(date.getTime()) ? [] : [["Date", date.toUTCString()]];
}
