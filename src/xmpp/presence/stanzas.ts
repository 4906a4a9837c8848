import { randomBytes } from "node:crypto";
import xml, { type Element } from "@xmpp/xml";

/** What our stanzas are about; begins their ids, so that an error says what it answers (RFC 6120 §8.1.3). */
export type Purpose = "subscribe" | "probe" | "tell";

/** A presence stanza that manages subscriptions (RFC 6121 §3). */
export function managing(type: string, from: string, to: string, purpose: Purpose): Element {
  return xml("presence", { from, to, id: stanzaId(purpose), type });
}

export function stanzaId(purpose: Purpose): string {
  return `${purpose}-${randomBytes(6).toString("hex")}`;
}

/** What the stanza was for that an error answers; undefined for errors that answer nothing of ours. */
export function purposeOf(error: Element): Purpose | undefined {
  const purposes: readonly Purpose[] = ["subscribe", "probe", "tell"];
  return purposes.find((purpose) => String(error.attrs.id ?? "").startsWith(`${purpose}-`));
}
