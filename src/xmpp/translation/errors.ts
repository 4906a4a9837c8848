import xml, { type Element } from "@xmpp/xml";
import { xmlText } from "./xml-text.ts";

/** How the sender of a stanza may deal with an error (RFC 6120 §8.3.2). */
type ErrorType = "auth" | "cancel" | "modify" | "wait";

/** Conditions of stanza errors (RFC 6120 §8.3.3): their type, and the SIP status that says the same (RFC 7247 §6.1). */
const CONDITIONS = {
  "bad-request": { type: "modify", status: 400 },
  conflict: { type: "cancel", status: 400 },
  "feature-not-implemented": { type: "cancel", status: 501 },
  forbidden: { type: "auth", status: 403 },
  gone: { type: "cancel", status: 410 },
  "internal-server-error": { type: "cancel", status: 500 },
  "item-not-found": { type: "cancel", status: 404 },
  "jid-malformed": { type: "modify", status: 400 },
  "not-acceptable": { type: "modify", status: 406 },
  "not-allowed": { type: "cancel", status: 403 },
  "not-authorized": { type: "auth", status: 401 },
  "policy-violation": { type: "modify", status: 403 },
  "recipient-unavailable": { type: "wait", status: 480 },
  redirect: { type: "modify", status: 302 },
  "registration-required": { type: "auth", status: 407 },
  "remote-server-not-found": { type: "cancel", status: 404 },
  // 408 is forbidden to a non-INVITE (RFC 4320 §4.2)
  "remote-server-timeout": { type: "wait", status: 504 },
  "resource-constraint": { type: "wait", status: 500 },
  "service-unavailable": { type: "cancel", status: 403 },
  "subscription-required": { type: "auth", status: 400 },
  "undefined-condition": { type: "cancel", status: 400 },
  "unexpected-request": { type: "wait", status: 400 },
} as const satisfies Record<string, { readonly type: ErrorType; readonly status: number }>;

export type Condition = keyof typeof CONDITIONS;

/** Conditions for SIP statuses (RFC 7247 §6.2); those that are not listed go by their class. */
const STATUSES: Readonly<Record<number, Condition>> = {
  403: "forbidden",
  404: "item-not-found",
  408: "remote-server-timeout",
  413: "policy-violation",
  414: "policy-violation",
  480: "recipient-unavailable",
  481: "item-not-found",
  484: "item-not-found",
  485: "item-not-found",
  486: "recipient-unavailable",
  487: "recipient-unavailable",
  489: "policy-violation",
  502: "remote-server-not-found",
  503: "internal-server-error",
  504: "remote-server-timeout",
  513: "policy-violation",
  600: "recipient-unavailable",
  603: "recipient-unavailable",
  604: "item-not-found",
};
const CLASSES: Readonly<Record<number, Condition>> = {
  3: "redirect",
  4: "bad-request",
  5: "internal-server-error",
  6: "recipient-unavailable",
};

/** Namespace of conditions (RFC 6120 §8.3.2). */
const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/** The SIP status for a stanza of type `error`; a condition that nobody knows is undefined-condition (RFC 6120 §8.3.2). */
export function statusOfError(stanza: Element): number {
  return CONDITIONS[conditionOf(stanza)].status;
}

/** The condition of a stanza of type `error`. */
export function conditionOf(stanza: Element): Condition {
  const children = stanza.getChild("error")?.getChildElements() ?? [];
  const named = children.filter((child) => child.getNS() === STANZAS).map((child) => child.getName());
  return named.find(isCondition) ?? "undefined-condition";
}

/** The condition for the status of a final answer that is no success. @param status 300–699 */
export function conditionOfStatus(status: number): Condition {
  return STATUSES[status] ?? CLASSES[Math.floor(status / 100)] ?? "undefined-condition";
}

/**
 * The error that answers a stanza (RFC 6120 §8.3.1). Undefined for what is never answered: errors, answers to IQs, and
 * what does not say whom it is from.
 * @param text Says more, to people, in English.
 */
export function errorFor(stanza: Element, condition: Condition, text?: string): Element | undefined {
  const { type, from, to, id } = stanza.attrs as Record<string, string | undefined>;
  if (type === "error" || from === undefined || (stanza.name === "iq" && type === "result")) return undefined;
  const attributes = { type: "error", from: to, to: from, ...(id === undefined ? {} : { id }) };
  return xml(
    stanza.name,
    attributes,
    xml(
      "error",
      { type: CONDITIONS[condition].type },
      xml(condition, { xmlns: STANZAS }),
      ...(text === undefined ? [] : [xml("text", { xmlns: STANZAS, "xml:lang": "en" }, xmlText(text))]),
    ),
  );
}

function isCondition(name: string): name is Condition {
  return Object.hasOwn(CONDITIONS, name);
}
