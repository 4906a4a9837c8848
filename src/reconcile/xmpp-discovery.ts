import type { Finding } from "../federation/types.ts";
import { type Notice, regarding, type UidOf } from "./notices.ts";

export interface XmppDiscoveryPorts {
  /** Knows the StaticRoutes that open federation at this moment. */
  readonly model: { readonly openRoutes: readonly string[] };
  readonly uidOf: UidOf;
  readonly events: { recordAll(notices: readonly Notice[]): void };
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
  /** The condition may have changed. */
  changed(): void;
  readonly downgradeToSip: boolean;
}

/** A domain with a wrong certificate is told for as long as its verdict is good; milliseconds. */
const HOLD_MS = 600_000;
/** A person who looks needs some names, not all that strangers can think of. */
const NAMES = 5;
const MOST = 1000;

/** What people should know about asking over XMPP: whether somebody can be asked, and whose certificate is wrong. */
export class XmppDiscovery {
  readonly #ports: XmppDiscoveryPorts;
  #isUp = false;
  /** Told since the gateway was there for the first time, or was missed. */
  #isTold = false;
  readonly #untrusted = new Map<string, number>();

  constructor(ports: XmppDiscoveryPorts) {
    this.#ports = ports;
  }

  /** The XMPP gateway is there, or not any more. */
  gateway(isUp: boolean): void {
    if (this.#isTold && isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#isTold = true;
    if (isUp)
      this.#ports.log.info({}, "the XMPP gateway is there: unknown domains are asked over XMPP first");
    else this.#ports.log.warn({}, AWAY);
    this.#record(
      isUp ? "Normal" : "Warning",
      isUp ? "XmppGatewayReady" : "XmppGatewayAway",
      isUp ? WORKING : AWAY,
    );
    this.#ports.changed();
  }

  /**
   * A domain speaks XMPP, and its certificate is not valid for it.
   * @param now milliseconds on a clock that never goes back
   */
  untrusted(domain: string, now: number): void {
    const isNews = !this.#untrusted.has(domain) && this.#untrusted.size < MOST;
    if (isNews || this.#untrusted.has(domain)) this.#untrusted.set(domain, now);
    if (!isNews) return;
    const note = `${domain} speaks XMPP with a certificate that is not valid for it: ${this.#consequence}`;
    this.#ports.log.warn({ domain }, note);
    this.#record("Warning", "XmppCertificateInvalid", note, true);
    this.#ports.changed();
  }

  /** Called every now and then: what was found long ago is found anew, or is over. */
  expire(now: number): void {
    const before = this.#untrusted.size;
    for (const [domain, at] of this.#untrusted) if (now - at >= HOLD_MS) this.#untrusted.delete(domain);
    if (this.#untrusted.size !== before) this.#ports.changed();
  }

  /** The condition XmppDiscovery; undefined on other routes than open default ones. */
  condition(route: string): Finding | undefined {
    if (!this.#ports.model.openRoutes.includes(route)) return undefined;
    if (!this.#isUp) return { status: "False", reason: "GatewayAway", message: AWAY };
    if (this.#untrusted.size === 0) return { status: "True", reason: "Working", message: WORKING };
    return {
      status: "False",
      reason: "CertificateInvalid",
      message: `${this.#names()} ${this.#consequence}`,
    };
  }

  #names(): string {
    const names = [...this.#untrusted.keys()].sort();
    const more = names.length > NAMES ? ` and ${names.length - NAMES} more` : "";
    return `Of the domains that speak XMPP these have a certificate that is not valid for them: ${names.slice(0, NAMES).join(", ")}${more}.`;
  }

  get #consequence(): string {
    return this.#ports.downgradeToSip
      ? "Their requests go out over SIP, as xmpp.downgradeToSip allows."
      : "Their requests are answered with 403; xmpp.downgradeToSip: true would let them go out over SIP.";
  }

  #record(type: Notice["type"], reason: string, note: string, sampled = false): void {
    const { model, uidOf, events } = this.#ports;
    events.recordAll(
      model.openRoutes.map((name) => ({
        regarding: regarding("StaticRoute", name, uidOf("StaticRoute", name)),
        type,
        reason,
        action: "AskOverXmpp",
        note,
        sampled,
      })),
    );
  }
}

const WORKING = "Unknown domains are asked over XMPP before they take this route.";
const AWAY = "The XMPP gateway is away: unknown domains take this route without being asked over XMPP.";
