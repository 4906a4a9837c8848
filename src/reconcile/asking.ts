import type { Direction } from "../federation/types.ts";
import type { Learning, Verdict } from "./learning.ts";

/**
 * What asking a domain over XMPP came to: a server of it answered; there is none; nobody knows yet; there is one without
 * a certificate for the domain; there is no gateway to ask.
 */
export type XmppAnswer = "xmpp" | "notXmpp" | "temporary" | "untrusted" | "away";

/** How a domain is reached (`FederatedDomain.spec.protocol`). */
export type Protocol = "SIP" | "XMPP";

export interface AskingPorts {
  readonly learning: Pick<Learning, "verdict" | "learned" | "direction">;
  /** Asks over XMPP; undefined where there is no gateway. It never rejects, and bounds its own time. */
  readonly ask: ((domain: string) => Promise<XmppAnswer>) | undefined;
  /** Whether only the default route would serve the domain, and new domains at that: nothing else is asked about. */
  isUnknown(domain: string, direction: Direction): boolean;
  /** May a domain that speaks XMPP with a wrong certificate be reached over SIP? */
  readonly downgradeToSip: boolean;
  untrusted(domain: string): void;
}

/** Asks over XMPP first (row 5 of the decision), and turns the answer into what the router does. */
export class Asking {
  readonly #ports: AskingPorts;

  constructor(ports: AskingPorts) {
    this.#ports = ports;
  }

  /** How the router may serve an unknown domain. Inbound nobody is asked: that request is on its way already. */
  async verdict(domain: string, direction: Direction): Promise<Verdict> {
    const { learning, ask, downgradeToSip } = this.#ports;
    if (direction !== "outbound" || ask === undefined || !this.#ports.isUnknown(domain, direction)) {
      return learning.verdict(domain, direction);
    }
    const answer = await ask(domain);
    if (answer === "xmpp") {
      learning.learned(domain, direction, "XMPP");
      return "gateway";
    }
    if (answer === "untrusted") {
      this.#ports.untrusted(domain);
      if (!downgradeToSip) return "refused";
    }
    return learning.verdict(domain, direction);
  }

  /** How a domain that was reached is to be written down. A proven one that came by itself is asked now. */
  async protocol(domain: string, reachedOver: Protocol): Promise<Protocol> {
    const { learning, ask } = this.#ports;
    const isAsked = learning.direction(domain) === "inbound" && this.#ports.isUnknown(domain, "inbound");
    if (reachedOver === "XMPP" || ask === undefined || !isAsked) return reachedOver;
    return (await ask(domain)) === "xmpp" ? "XMPP" : "SIP";
  }
}
