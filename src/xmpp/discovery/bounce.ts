import type { Element } from "@xmpp/xml";

const STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/** Prosody's words before the reason for which a server cannot be reached. */
const PREFIX = "Server-to-server connection failed: ";

/** What Prosody says when it has nowhere to send to at all: while it stops. */
const STOPPING = "Communication with remote domains is not enabled";

/**
 * The reason for which our own gateway returned a stanza; undefined for an answer of the domain itself. Empty where the
 * gateway gives none. Prosody 0.12 names the local domain in `by` (RFC 6120 §8.3.2); 13 names nobody.
 */
export function bounceReason(answer: Element): string | undefined {
  const error = answer.attrs.type === "error" ? answer.getChild("error") : undefined;
  if (error === undefined || !isOurs(error, answer.attrs.to)) return undefined;
  const text = error.getChildText("text", STANZA_ERRORS) ?? "";
  if (text.startsWith(PREFIX)) return text.slice(PREFIX.length);
  if (text === STOPPING) return text;
  return text === "" && error.getChild("remote-server-not-found", STANZA_ERRORS) ? "" : undefined;
}

/** Whether the error is the gateway's own as far as it says by whom it is. */
function isOurs(error: Element, to: unknown): boolean {
  const { by } = error.attrs as Record<string, unknown>;
  const [bare = ""] = String(to).split("/", 1);
  return by === undefined || by === bare.slice(bare.indexOf("@") + 1);
}
