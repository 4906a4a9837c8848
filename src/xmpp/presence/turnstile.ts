import type { Element } from "@xmpp/xml";
import type { SipAnswer, SipRequest } from "../sip/types.ts";

/** What stands behind it. */
export interface Presence {
  fromSip(request: SipRequest): Promise<SipAnswer>;
  fromXmpp(stanza: Element): Promise<void>;
}

/** Stanzas that wait; more than that come when nobody has read the state for long. */
const MAX_WAITING = 1_000;
/** Seconds. */
const RETRY_AFTER = "5";

/**
 * Keeps presence waiting until the state of former times is read: who would answer before knew nothing of those who
 * subscribed then. SIP is told to come again, since it does; stanzas, which nobody repeats, are kept in order.
 */
export class Turnstile implements Presence {
  readonly #presence: Presence;
  #waiting: Element[] | undefined = [];

  constructor(presence: Presence) {
    this.#presence = presence;
  }

  /** The state is read. Resolves when those who waited are through. */
  async open(): Promise<void> {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const stanza of waiting) await this.#presence.fromXmpp(stanza);
  }

  async fromSip(request: SipRequest): Promise<SipAnswer> {
    if (this.#waiting === undefined) return this.#presence.fromSip(request);
    return { status: 480, headers: [["Retry-After", RETRY_AFTER]] };
  }

  async fromXmpp(stanza: Element): Promise<void> {
    if (this.#waiting === undefined) return this.#presence.fromXmpp(stanza);
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(stanza);
  }
}
