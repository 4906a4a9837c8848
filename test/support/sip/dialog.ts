/** A dialog between two user agents (RFC 3261 §12): requests that follow its route set. */
import { hostPort, randomToken } from "./build.ts";
import {
  header,
  headers,
  uriOf,
  type Header,
  type SipRequestMessage,
  type SipResponseMessage,
} from "./message.ts";
import type { ReceivedRequest } from "./server-transactions.ts";
import type { SipTarget } from "./transport.ts";
import type { SentRequest, UserAgent } from "./user-agent.ts";

interface DialogState {
  readonly callId: string;
  /** From value of our requests, tag included. */
  readonly local: string;
  /** To value of our requests, tag included. */
  readonly remote: string;
  /** Request-URI of our requests. */
  readonly remoteTarget: string;
  /** Route values, the next one first. */
  readonly routes: readonly string[];
}

const DEFAULT_PORT = 5060;
const DEFAULT_TLS_PORT = 5061;

export class Dialog {
  readonly state: DialogState;
  readonly #agent: UserAgent;
  #sequence: number;

  constructor(agent: UserAgent, state: DialogState, sequence = 1) {
    this.#agent = agent;
    this.state = state;
    this.#sequence = sequence;
  }

  /** The caller's side: from its request and the response that opened the dialog. */
  static ofCaller(agent: UserAgent, request: SipRequestMessage, response: SipResponseMessage): Dialog {
    return new Dialog(agent, {
      callId: header(request, "Call-ID"),
      local: header(request, "From"),
      remote: header(response, "To"),
      remoteTarget: uriOf(header(response, "Contact")),
      routes: headers(response, "Record-Route").reverse(),
    });
  }

  /** The called side: from the request, and the To value (with tag) of its answer. */
  static ofCallee(agent: UserAgent, request: ReceivedRequest, to: string): Dialog {
    return new Dialog(agent, {
      callId: header(request, "Call-ID"),
      local: to,
      remote: header(request, "From"),
      remoteTarget: uriOf(header(request, "Contact")),
      routes: headers(request, "Record-Route"),
    });
  }

  /** Where requests of this dialog go first. */
  get target(): SipTarget {
    const [route] = this.state.routes;
    return targetOf(route === undefined ? this.state.remoteTarget : uriOf(route));
  }

  /** Sends a request inside the dialog. */
  send(
    method: string,
    options: { headers?: readonly Header[]; body?: string; timeout?: number } = {},
  ): SentRequest {
    this.#sequence += 1;
    return this.#agent.send({
      ...options,
      method,
      uri: this.state.remoteTarget,
      target: this.target,
      headers: [...this.#headers(`${this.#sequence} ${method}`), ...(options.headers ?? [])],
    });
  }

  /** Sends a request inside the dialog and waits for its final response. */
  async request(...args: Parameters<Dialog["send"]>): Promise<SipResponseMessage> {
    return this.send(...args).final;
  }

  /** Acknowledges the 2xx that opened the dialog. */
  async ack(): Promise<void> {
    const via = `SIP/2.0/${this.target.transport.toUpperCase()} ${hostPort(this.#agent)};branch=z9hG4bK${randomToken()}`;
    await this.#agent.sendOnce(
      {
        kind: "request",
        method: "ACK",
        uri: this.state.remoteTarget,
        headers: [["Via", via], ["Max-Forwards", "70"], ...this.#headers("1 ACK")],
        body: "",
      },
      this.target,
    );
  }

  #headers(sequence: string): Header[] {
    const { callId, local, remote, routes } = this.state;
    return [
      ["From", local],
      ["To", remote],
      ["Call-ID", callId],
      ["CSeq", sequence],
      ...routes.map((route): Header => ["Route", route]),
    ];
  }
}

/** Host, port and transport of a SIP URI, which for sips: is TLS; no names are resolved. */
export function targetOf(uri: string): SipTarget {
  const match = /^(sips?):(?:[^@]*@)?(\[[^\]]+\]|[^:;?]+)(?::(\d+))?/.exec(uri);
  if (match === null) throw new Error(`no SIP URI: ${uri}`);
  const host = (match[2] ?? "").replace(/^\[|\]$/g, "");
  const isSecure = match[1] === "sips";
  const transport = isSecure ? "tls" : (/;transport=(tcp|tls)/i.exec(uri)?.[1]?.toLowerCase() ?? "udp");
  return {
    host,
    port: Number(match[3] ?? (isSecure ? DEFAULT_TLS_PORT : DEFAULT_PORT)),
    transport: transport as SipTarget["transport"],
  };
}
