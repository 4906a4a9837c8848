import type { Element } from "@xmpp/xml";

/** What the gateway needs of XMPP. */
export interface XmppSide {
  /** False when the stanza was not handed over: there is no stream for the local domain in its `from`. */
  send(stanza: Element): Promise<boolean>;
  /**
   * Sends an IQ, to which it gives an id, and resolves with the answer, be it a result or an error (RFC 6120 §8.2.3).
   * Undefined when none came in time, or the stream was lost. Times in milliseconds.
   */
  ask(iq: Element, timeoutMs: number): Promise<Element | undefined>;
}

/**
 * What asking a domain over XMPP came to:
 * `xmpp`: a server of the domain answered, with a result or an error of its own.
 * `notXmpp`: there is none.
 * `temporary`: nobody knows yet: silence, or DNS that fails.
 * `untrusted`: there is one, and its certificate is not valid for the domain.
 * `away`: there is no XMPP gateway to ask.
 */
export type XmppVerdict = "xmpp" | "notXmpp" | "temporary" | "untrusted" | "away";
