import { randomUUID } from "node:crypto";
import type { Element } from "@xmpp/xml";

interface Question {
  /** Local domain of who asks. */
  readonly domain: string;
  readonly to: string;
  readonly settle: (answer: Element | undefined) => void;
}

/** IQs that wait for their answers. */
export class Questions {
  readonly #open = new Map<string, Question>();

  get size(): number {
    return this.#open.size;
  }

  /**
   * Gives the IQ an id that nobody can guess, and waits. Undefined when the time is over.
   * @param domain local domain by whose stream it leaves
   */
  open(iq: Element, domain: string, timeoutMs: number): Promise<Element | undefined> {
    const id = randomUUID();
    iq.attrs.id = id;
    const { promise, resolve } = Promise.withResolvers<Element | undefined>();
    const timer = setTimeout(() => {
      this.#settle(id, undefined);
    }, timeoutMs);
    const settle = (answer: Element | undefined): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    this.#open.set(id, { domain, to: foldedJid(iq.attrs.to), settle });
    return promise;
  }

  /** Ends one without an answer. */
  abandon(iq: Element): void {
    this.#settle(String(iq.attrs.id), undefined);
  }

  /** Ends all that left by a stream. */
  abandonAll(domain: string): void {
    for (const [id, question] of this.#open) if (question.domain === domain) this.#settle(id, undefined);
  }

  /** Whether the stanza answers one of them: it has its id, and comes from who was asked (RFC 6120 §8.1.2.1, §8.1.3). */
  answer(stanza: Element): boolean {
    const { type, id, from } = stanza.attrs as Record<string, unknown>;
    if (stanza.name !== "iq" || (type !== "result" && type !== "error") || typeof id !== "string")
      return false;
    const question = this.#open.get(id);
    if (question?.to !== foldedJid(from)) return false;
    this.#settle(id, stanza);
    return true;
  }

  #settle(id: string, answer: Element | undefined): void {
    const question = this.#open.get(id);
    this.#open.delete(id);
    question?.settle(answer);
  }
}

/** Servers write addresses back in the form that they prefer: case, width and ß are theirs to choose (RFC 7622). */
function foldedJid(jid: unknown): string {
  return typeof jid === "string" ? jid.normalize("NFKC").toUpperCase().toLowerCase() : "";
}
