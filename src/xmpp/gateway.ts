import type { Element } from "@xmpp/xml";
import { headerList } from "./sip/headers.ts";
import type { SipAnswer, SipRequest } from "./sip/types.ts";

/** What handles one kind of traffic in both directions. */
export interface Part {
  fromSip(request: SipRequest): Promise<SipAnswer>;
  fromXmpp(stanza: Element): Promise<void>;
}

export interface GatewayParts {
  readonly messages: Part;
  readonly presence: Part;
  readonly service: Pick<Part, "fromXmpp">;
}

const METHODS = ["MESSAGE", "SUBSCRIBE", "NOTIFY"] as const;

/** Hands requests of the router and stanzas of the XMPP gateway to whom they are for. */
export class Gateway {
  readonly #parts: GatewayParts;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  /** Answers any request; extensions that one demands are not known here (RFC 3261 §8.2.1, §8.2.2.3). */
  async fromSip(request: SipRequest): Promise<SipAnswer> {
    const method = METHODS.find((known) => known === request.method);
    if (method === undefined) return { status: 405, headers: [["Allow", METHODS.join(", ")]] };
    const demanded = headerList(request.headers, "Require").filter((tag) => tag !== "");
    if (demanded.length > 0) return { status: 420, headers: [["Unsupported", demanded.join(", ")]] };
    return this.#parts[method === "MESSAGE" ? "messages" : "presence"].fromSip(request);
  }

  /** Takes any stanza that answers nothing that was asked. Resolves when it is dealt with. */
  async fromXmpp(stanza: Element): Promise<void> {
    const { from, to } = stanza.attrs as Record<string, string | undefined>;
    if (from === undefined || to === undefined) return;
    await this.#partFor(stanza.getName())?.fromXmpp(stanza);
  }

  #partFor(name: string): Pick<Part, "fromXmpp"> | undefined {
    switch (name) {
      case "message":
        return this.#parts.messages;
      case "presence":
        return this.#parts.presence;
      case "iq":
        return this.#parts.service;
      default:
        return undefined;
    }
  }
}
