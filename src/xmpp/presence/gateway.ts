import type { Element } from "@xmpp/xml";
import type { SipAnswer, SipRequest } from "../sip/types.ts";
import { bare, toJid, toSipUri } from "../translation/addresses.ts";
import { systemClock } from "./clock.ts";
import { SipWatchers } from "./sip-watchers.ts";
import { readState, writeState } from "./state.ts";
import type { Clock, Parties, PresenceOptions, Surroundings } from "./types.ts";
import { StateWriter } from "./writer.ts";
import { XmppWatchers } from "./xmpp-watchers.ts";

const MAX_SUBSCRIPTIONS = 8_000;
const TICK_MS = 1_000;

/**
 * Presence between SIP and XMPP, both ways (RFC 8048): users of the inside who watch contacts over XMPP, and XMPP users who
 * watch users of the inside. What each side says goes to the one whom it was addressed to, and to nobody else (§8.2).
 */
export class PresenceGateway {
  readonly #options: PresenceOptions;
  readonly #clock: Clock;
  readonly #sipWatchers: SipWatchers;
  readonly #xmppWatchers: XmppWatchers;
  readonly #writer: StateWriter;
  #callOff: (() => void) | undefined;

  constructor(options: PresenceOptions) {
    const { sip, xmpp, contact, log, maxSubscriptions = MAX_SUBSCRIPTIONS, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    const around: Surroundings = {
      sip,
      xmpp,
      contact,
      clock,
      log,
      hasRoom: () => this.size < maxSubscriptions,
      changed: (lazily) => {
        this.#writer.changed(lazily);
      },
    };
    this.#sipWatchers = new SipWatchers(around);
    this.#xmppWatchers = new XmppWatchers(around);
    this.#writer = new StateWriter({ store: options.store, compose: () => this.#compose(), clock, log });
  }

  /** Subscriptions of both directions. */
  get size(): number {
    return this.#sipWatchers.size + this.#xmppWatchers.size;
  }

  /** Of users of the inside (outbound), and of users of XMPP domains (inbound). */
  get sizes(): { readonly outbound: number; readonly inbound: number } {
    return { outbound: this.#sipWatchers.size, inbound: this.#xmppWatchers.size };
  }

  /**
   * Loads the state, and goes on from there. A state that cannot be read is dropped: then user agents are told that their
   * subscriptions are gone, and servers ask anew when their users come online.
   */
  async start(): Promise<void> {
    await this.#load();
    this.#tickLater();
  }

  /** Writes the state down. Subscriptions outlive it. */
  async stop(): Promise<void> {
    this.#callOff?.();
    await this.#writer.flush();
  }

  /** Answers a SUBSCRIBE or NOTIFY of the inside; others with 405. A NOTIFY of ours follows only when the answer is out. */
  async fromSip(request: SipRequest): Promise<SipAnswer> {
    if (request.method === "SUBSCRIBE") return this.#sipWatchers.fromSip(request);
    if (request.method === "NOTIFY") return this.#xmppWatchers.fromSip(request);
    return { status: 405, headers: [["Allow", "SUBSCRIBE, NOTIFY"]] };
  }

  /** Takes a presence stanza from the outside; never waits for SIP. */
  async fromXmpp(stanza: Element): Promise<void> {
    const parties = partiesOf(stanza);
    if (parties === undefined) return;
    this.#sipWatchers.fromXmpp(stanza, parties);
    await this.#xmppWatchers.fromXmpp(stanza, parties);
  }

  #tickLater(): void {
    this.#callOff = this.#clock.after(TICK_MS, () => {
      this.#tickLater();
      this.#sipWatchers.tick();
      this.#xmppWatchers.tick();
    });
  }

  #compose(): string {
    return writeState({ sipWatchers: this.#sipWatchers.save(), xmppWatchers: this.#xmppWatchers.save() });
  }

  async #load(): Promise<void> {
    const { log } = this.#options;
    const text = await this.#read();
    if (text === undefined || text === "") return;
    const state = readState(text);
    if (state === undefined) {
      log.warn(
        { bytes: text.length },
        "what was written down of who watches whom cannot be read, and is dropped",
      );
      return;
    }
    const { sipWatchers, xmppWatchers, damaged } = state;
    for (const saved of sipWatchers) this.#sipWatchers.restore(saved);
    for (const saved of xmppWatchers) this.#xmppWatchers.restore(saved);
    if (damaged > 0) log.warn({ damaged }, "some of who watches whom cannot be read, and is dropped");
    log.info({ subscriptions: this.size }, "goes on with presence subscriptions");
  }

  async #read(): Promise<string | undefined> {
    try {
      return await this.#options.store.load();
    } catch (error) {
      this.#options.log.warn({ err: error }, "could not read who watches whom");
      return undefined;
    }
  }
}

/** Undefined unless both are users whom SIP can name. */
function partiesOf({ attrs }: Element): Parties | undefined {
  const from = canonicalUser(String(attrs.from ?? ""));
  const to = canonicalUser(String(attrs.to ?? ""));
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** The one spelling of a user's bare JID, whichever side named it. */
function canonicalUser(jid: string): string | undefined {
  const uri = toSipUri(bare(jid));
  const canonical = uri === undefined ? undefined : toJid(uri);
  return canonical?.includes("@") === true ? canonical : undefined;
}
