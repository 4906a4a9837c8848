import xml, { type Element } from "@xmpp/xml";
import { errorFor, type Condition } from "../translation/errors.ts";
import type { XmppSide } from "../types.ts";

const DISCO_INFO = "http://jabber.org/protocol/disco#info";
const DISCO_ITEMS = "http://jabber.org/protocol/disco#items";
const PING = "urn:xmpp:ping";
const VCARD = "vcard-temp";

/** What a local domain is, and a user of it (https://xmpp.org/registrar/disco-categories.html). */
const GATEWAY = { category: "gateway", type: "simple", name: "SIP federation" };
const ACCOUNT = { category: "account", type: "registered" };

type Reply = { readonly result?: Element } | { readonly condition: Condition };

/** Whom a question is for: the domain, a user of it, or a user's device, of which there are none that answer. */
type Target = "domain" | "user" | "device";

/** Answers IQs to the local domains and to their users, as an XMPP server does for both (RFC 6121 §8.5). */
export class Service {
  readonly #xmpp: Pick<XmppSide, "send">;

  constructor(xmpp: Pick<XmppSide, "send">) {
    this.#xmpp = xmpp;
  }

  /** Answers a question, once; answers to others are passed over (RFC 6120 §8.2.3). */
  async fromXmpp(iq: Element): Promise<void> {
    const { type, id, from, to } = iq.attrs as Record<string, string | undefined>;
    if (type === "result" || type === "error" || id === undefined) return;
    const reply = replyTo(iq);
    const answer =
      "condition" in reply
        ? errorFor(iq, reply.condition)
        : xml(
            "iq",
            { type: "result", from: to, to: from, id },
            ...(reply.result === undefined ? [] : [reply.result]),
          );
    if (answer !== undefined) await this.#xmpp.send(answer);
  }
}

function replyTo(iq: Element): Reply {
  const { type, to = "" } = iq.attrs as Record<string, string | undefined>;
  const [payload, ...others] = iq.getChildElements();
  const isQuestion = type === "get" || type === "set";
  if (!isQuestion || payload === undefined || others.length > 0) return { condition: "bad-request" };
  const target = targetOf(to);
  if (type === "set" || target === "device") return { condition: "service-unavailable" };
  return answerGet(payload, target);
}

function answerGet(payload: Element, target: Target): Reply {
  const kind = `${payload.getName()} ${payload.getNS() ?? ""}`;
  switch (kind) {
    case `query ${DISCO_INFO}`:
      return payload.attrs.node === undefined ? { result: info(target) } : { condition: "item-not-found" };
    case `query ${DISCO_ITEMS}`:
      return payload.attrs.node === undefined
        ? { result: xml("query", { xmlns: DISCO_ITEMS }) }
        : { condition: "item-not-found" };
    case `ping ${PING}`:
      return {};
    // there is a place for one, and none in it (XEP-0054 §3.1)
    case `vCard ${VCARD}`:
      return { condition: "item-not-found" };
    default:
      return { condition: "service-unavailable" };
  }
}

/** The same for every user, so that nobody learns by it who there is. */
function info(target: Target): Element {
  return xml(
    "query",
    { xmlns: DISCO_INFO },
    xml("identity", target === "domain" ? GATEWAY : ACCOUNT),
    ...[DISCO_INFO, DISCO_ITEMS, PING].map((feature) => xml("feature", { var: feature })),
  );
}

function targetOf(jid: string): Target {
  if (!jid.includes("@")) return "domain";
  return jid.includes("/") ? "device" : "user";
}
