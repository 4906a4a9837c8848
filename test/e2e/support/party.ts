/** Those who take part: the organisation's own platform, strangers, next hops. Each has a name and a SIP user agent. */
import { header, type Header } from "../../support/sip/message.ts";
import type { ReceivedRequest, SipResponseMessage, UserAgent } from "../../support/sip/user-agent.ts";
import type { Handler, SentRequest, SipTarget } from "../../support/sip/user-agent.ts";

export interface Call {
  /** MESSAGE unless told. */
  readonly method?: string;
  /** `user@domain`, or a whole URI. */
  readonly to: string;
  /** `user@domain`, or a whole URI. */
  readonly from?: string;
  readonly headers?: readonly Header[];
  readonly body?: string;
}

export class Party {
  readonly name: string;
  readonly agent: UserAgent;
  /** Of the first so many requests that came. */
  readonly #byCallId = new Map<string, ReceivedRequest[]>();
  #indexed = 0;

  constructor(name: string, agent: UserAgent) {
    this.name = name;
    this.agent = agent;
  }

  get host(): string {
    return this.agent.host;
  }

  get port(): number {
    return this.agent.port;
  }

  /** From now on it answers every request with this status, or as told. */
  answers(how: number | Handler): void {
    this.agent.handler = typeof how === "number" ? () => ({ status: how }) : how;
  }

  /** Sends a request to the router. */
  send(call: Call, target: SipTarget): SentRequest {
    const { method = "MESSAGE", to, from = `somebody@${this.host}`, ...rest } = call;
    return this.agent.send({ ...rest, method, uri: uri(to), from: uri(from), target });
  }

  /** The last request of this Call-ID, and of this method where told, as it came here. */
  received(callId: string, method?: string): ReceivedRequest | undefined {
    const { received } = this.agent;
    for (; this.#indexed < received.length; this.#indexed += 1) {
      const request = received[this.#indexed];
      if (request !== undefined) this.#index(request);
    }
    return this.#byCallId
      .get(callId)
      ?.findLast((request) => method === undefined || request.method === method);
  }

  #index(request: ReceivedRequest): void {
    const callId = header(request, "Call-ID");
    const known = this.#byCallId.get(callId);
    if (known === undefined) this.#byCallId.set(callId, [request]);
    else known.push(request);
  }
}

/** What became of a request: `200 at partner`, `500 at first, second`, `403`. */
export function outcome(sender: Party, response: SipResponseMessage, parties: readonly Party[]): string {
  const callId = header(response, "Call-ID");
  const at = parties.filter((party) => party !== sender && party.received(callId) !== undefined);
  const where = at.length === 0 ? "" : ` at ${at.map(({ name }) => name).join(", ")}`;
  return `${response.status}${where}`;
}

function uri(address: string): string {
  return /^[a-z]+:/i.test(address) ? address : `sip:${address}`;
}
