import type { Element } from "@xmpp/xml";

/** Prosody's words before the reason for which a server cannot be reached. */
const PREFIX = "Server-to-server connection failed: ";

/** What Prosody says when it has nowhere to send to at all: while it stops. Without `by`, as if the domain had said so. */
const STOPPING = "Communication with remote domains is not enabled";

/**
 * The reason for which our own gateway returned a stanza; undefined for an answer of the domain itself. Empty where the
 * gateway gives none. Prosody 0.12 names itself, and so the local domain, in `by` (RFC 6120 §8.3.2); 13.0 is told by its
 * words alone, which nobody gains by imitating.
 */
export function bounceReason(answer: Element): string | undefined {
  const error = answer.attrs.type === "error" ? answer.getChild("error") : undefined;
  if (error === undefined) return undefined;
  const text = error.getChildText("text") ?? "";
  if (text === STOPPING) return text;
  const [ours] = String(answer.attrs.to).split("/", 1);
  if (text.startsWith(PREFIX)) return text.slice(PREFIX.length);
  return error.attrs.by === ours?.slice(ours.indexOf("@") + 1) ? text : undefined;
}
