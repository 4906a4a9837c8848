import { buildRequest, randomToken } from "../../support/sip/build.ts";
import { GATEWAY_PORTS } from "../../support/gateway-double.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import {
  header,
  type Header,
  type SipRequestMessage,
  type SipResponseMessage,
} from "../../support/sip/message.ts";
import type { SentRequest, SipTarget } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { idOf, type Cast, type Visit } from "./cast.ts";
import { IPV6 } from "./identities.ts";
import type { FollowUp, NewRequest } from "./scenario.ts";

/** What came of a request. */
export interface Observation {
  readonly sent: SipRequestMessage;
  /** Final status that its sender got; undefined: none. */
  readonly status: number | undefined;
  readonly provisional: readonly number[];
  readonly visits: readonly Visit[];
  /** It took so long that the request was sent again. */
  readonly repeated: boolean;
  /** False: the 2xx of an INVITE was acknowledged, but the ACK did not arrive. */
  readonly acknowledged: boolean;
}

/** Both ends of a dialog that a new request opened. */
export interface Call {
  readonly request: NewRequest;
  readonly caller: DialogEnd;
  readonly callee: DialogEnd;
}

export interface DialogEnd {
  readonly dialog: Dialog;
  /** Address of its user agent. */
  readonly host: string;
  /** What the connection proves by which its requests come. */
  readonly shows: readonly string[];
  /** What its certificate is for, where it has to prove who it is before requests come to it; undefined where not. */
  readonly proves: readonly string[] | undefined;
}

const TIMEOUT = 5_000;
const OPENS_DIALOG = new Set(["INVITE", "SUBSCRIBE"]);

/** Sends what the scenario says and gathers what comes of it. */
export class Performance {
  /** Dialogs so far. */
  readonly calls: Call[] = [];
  readonly #cast: Cast;

  constructor(cast: Cast) {
    this.#cast = cast;
  }

  /** Sends an out-of-dialog request; where it opens a dialog, that is complete (acknowledged) in the end. */
  async send(request: NewRequest): Promise<Observation> {
    if (request.method === "ACK") return this.#sendAck(request);
    const sent = this.#agentOf(request).send({ ...this.#partsOf(request), timeout: TIMEOUT });
    const observation = await this.#observe(sent);
    const { final } = observation;
    if (final === undefined || !isSuccess(final.status) || !OPENS_DIALOG.has(request.method))
      return observation;
    return { ...observation, acknowledged: await this.#open(request, observation, final) };
  }

  /** Sends a request inside a dialog. */
  async followUp({ by, method, expires, subscriptionState }: FollowUp, call: Call): Promise<Observation> {
    const headers: Header[] = [];
    if (expires !== undefined) headers.push(["Expires", String(expires)]);
    if (subscriptionState !== undefined) headers.push(["Subscription-State", subscriptionState]);
    return this.#observe(call[by].dialog.send(method, { headers, timeout: TIMEOUT }));
  }

  /** The router has taken everything that came to this listener before from this source. */
  async settle(request: NewRequest): Promise<void> {
    const uri = `sip:${this.#cast.place.router.ipv4}`;
    await this.#agentOf(request).request({ method: "OPTIONS", uri, target: this.#target(request) });
  }

  #agentOf({ source }: NewRequest) {
    return this.#cast.agent(source);
  }

  #target({ source, insideListener, overXmpp, transport }: NewRequest): SipTarget {
    const { ipv4, ipv6, ...ports } = this.#cast.place.router;
    if (overXmpp) return { host: ipv4, port: GATEWAY_PORTS.router, transport };
    const host = source === IPV6 ? ipv6 : ipv4;
    if (transport === "tls")
      return { host, port: insideListener ? ports.tlsInsidePort : ports.tlsPort, transport };
    return { host, port: insideListener ? ports.insidePort : ports.port, transport };
  }

  #endOf(dialog: Dialog, host: string): Omit<DialogEnd, "proves"> {
    const shows = dialog.target.transport === "tls" ? this.#cast.place.namesShownBy(host) : [];
    return { dialog, host, shows };
  }

  #partsOf(request: NewRequest) {
    const { method, requestUri, from, to, maxForwards, routes, forgedTag } = request;
    const headers: Header[] = [
      ["Max-Forwards", maxForwards],
      ["From", `${from.text};tag=${randomToken()}`],
      ...routes.map((route): Header => ["Route", route]),
      ...(method === "SUBSCRIBE" || method === "NOTIFY" ? [["Event", "presence"] as const] : []),
    ];
    return {
      method,
      uri: requestUri.text,
      target: this.#target(request),
      to: forgedTag ? `${to.text};tag=${randomToken()}` : to.text,
      headers,
    };
  }

  async #sendAck(request: NewRequest): Promise<Observation> {
    const agent = this.#agentOf(request);
    const { target, ...parts } = this.#partsOf(request);
    const local = { host: agent.host, port: agent.port, transport: target.transport };
    const ack = buildRequest({ ...parts, from: "", body: "" }, local);
    await agent.sendOnce(ack, target);
    await this.settle(request);
    const visits = this.#cast.visitsOf(idOf(ack));
    return { sent: ack, status: undefined, provisional: [], visits, repeated: false, acknowledged: true };
  }

  async #observe(
    sent: SentRequest,
  ): Promise<Observation & { readonly final: SipResponseMessage | undefined }> {
    const final = await sent.final.catch(() => undefined);
    return {
      sent: sent.request,
      final,
      status: final?.status,
      provisional: sent.provisional.map(({ status }) => status),
      visits: this.#cast.visitsOf(idOf(sent.request)),
      repeated: sent.timesSent() > 1,
      acknowledged: true,
    };
  }

  /** Resolves to false when the ACK of the caller does not arrive. */
  async #open(
    request: NewRequest,
    { sent, visits }: Observation,
    final: SipResponseMessage,
  ): Promise<boolean> {
    const visit = visits.at(-1);
    // What is at an address of the router itself is no target inside a dialog
    if (visit === undefined || visit.agent.host === IPV6 || request.source === IPV6) return true;
    // the gateway does not speak TLS, so that no dialog of its own is one of sips:
    if (request.overXmpp && request.requestUri.uri.scheme === "sips") return true;
    const { agent, request: received } = visit;
    this.#cast.dialogs.add(header(sent, "Call-ID"));
    const caller = Dialog.ofCaller(this.#agentOf(request), sent, final);
    const callee = Dialog.ofCallee(agent, received, header(final, "To"));
    const proves = request.transport === "tls" ? this.#cast.place.namesOf(request.source) : undefined;
    this.calls.push({
      request,
      caller: { ...this.#endOf(caller, request.source), proves },
      // as a next hop it has done so
      callee: { ...this.#endOf(callee, agent.host), proves: undefined },
    });
    if (request.method !== "INVITE") return true;
    await caller.ack();
    const arrived = (): unknown => this.#cast.received(agent, ackIdOf(sent));
    return waitFor("the ACK of a 2xx", arrived, { interval: 1, timeout: TIMEOUT }).then(
      () => true,
      () => false,
    );
  }
}

/** Id of the ACK to the 2xx of an INVITE. */
export function ackIdOf(invite: SipRequestMessage): string {
  return idOf(invite, "1 ACK");
}

export function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status <= 299;
}
