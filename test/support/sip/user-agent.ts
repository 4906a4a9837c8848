/** A small real SIP user agent: what a test calls from, and what it calls. */
import { waitFor } from "../wait-for.ts";
import { buildAck, buildCancel, buildRequest, type LocalAddress } from "./build.ts";
import { ClientTransaction } from "./client-transaction.ts";
import { parse, serialise, transactionOf } from "./message.ts";
import type { Header, SipRequestMessage, SipResponseMessage } from "./message.ts";
import { ServerTransactions, type Handler, type ReceivedRequest } from "./server-transactions.ts";
import {
  SipSockets,
  type Arrival,
  type SipTarget,
  type SipTransportName,
  type TlsOptions,
} from "./transport.ts";

export type { Answer } from "./build.ts";
export type { SipRequestMessage, SipResponseMessage } from "./message.ts";
export type { Handler, ReceivedRequest } from "./server-transactions.ts";
export type { SipTarget } from "./transport.ts";

export interface UserAgentOptions {
  /** Own address, IPv4 or IPv6. */
  readonly host: string;
  /** 5060 unless told; 0 takes a free one. */
  readonly port?: number;
  /** It speaks TLS too. */
  readonly tls?: TlsOptions;
  /** Answers 200 to everything unless told. */
  readonly handler?: Handler;
}

export interface RequestOptions {
  readonly method: string;
  /** Request-URI. */
  readonly uri: string;
  /** Where it is sent, whatever the Request-URI says. */
  readonly target: SipTarget;
  /** From URI, without a tag; `sip:test@<own address>` unless told. */
  readonly from?: string;
  /** To value; `<uri>` unless told. */
  readonly to?: string;
  /** One that every request has is replaced by one of the same name given here. */
  readonly headers?: readonly Header[];
  readonly body?: string;
  /** Milliseconds to wait for a final response; 10,000 unless told. */
  readonly timeout?: number;
}

/** A request on its way. */
export interface SentRequest {
  readonly request: SipRequestMessage;
  readonly target: SipTarget;
  /** Rejects when no final response comes in time. */
  readonly final: Promise<SipResponseMessage>;
  /** So far. */
  readonly provisional: readonly SipResponseMessage[];
  /** Retransmissions included. */
  readonly timesSent: () => number;
}

const DEFAULT_PORT = 5060;
const DEFAULT_TIMEOUT = 10_000;

export class UserAgent {
  readonly host: string;
  readonly port: number;
  /** Responses that answer nothing under way: late ones, and repeated ones. */
  readonly strayResponses: SipResponseMessage[] = [];
  /** May be replaced at any time. */
  handler: Handler;
  readonly #sockets: SipSockets;
  readonly #clients = new Map<string, ClientTransaction>();
  /** ACKs of failed INVITEs, sent again when the response is. */
  readonly #acks = new Map<string, () => void>();
  readonly #servers: ServerTransactions;

  private constructor(sockets: SipSockets, handler: Handler) {
    this.host = sockets.host;
    this.port = sockets.port;
    this.handler = handler;
    this.#sockets = sockets;
    this.#servers = new ServerTransactions((transport) => this.#local(transport));
    sockets.onArrival = (arrival) => {
      this.#receive(arrival);
    };
  }

  /** Opens UDP and TCP at one address and port. @throws when they are taken. */
  static async open({ host, port, tls, handler }: UserAgentOptions): Promise<UserAgent> {
    const sockets = await SipSockets.open(host, port ?? DEFAULT_PORT, tls);
    return new UserAgent(sockets, handler ?? (() => ({ status: 200 })));
  }

  /** Every request received, retransmissions left out, ACK and CANCEL included. */
  get received(): readonly ReceivedRequest[] {
    return this.#servers.received;
  }

  /** This agent as a next hop or a target. */
  target(transport: SipTransportName): SipTarget {
    return this.#local(transport);
  }

  /** Sends a request. The final response to a failed INVITE is acknowledged by itself; a 2xx is not (see Dialog). */
  send(options: RequestOptions): SentRequest {
    const { method, uri, target } = options;
    const local = this.#local(target.transport);
    const request = buildRequest(
      {
        method,
        uri,
        from: options.from ?? `sip:test@${this.host}`,
        to: options.to ?? `<${uri}>`,
        headers: options.headers ?? [],
        body: options.body ?? "",
      },
      local,
    );
    return this.#start(request, target, options.timeout ?? DEFAULT_TIMEOUT);
  }

  /** Sends a request that is complete, Via and all, as `send` does. */
  sendMessage(request: SipRequestMessage, target: SipTarget, timeout = DEFAULT_TIMEOUT): SentRequest {
    return this.#start(request, target, timeout);
  }

  /** Sends a request and waits for the final response. */
  async request(options: RequestOptions): Promise<SipResponseMessage> {
    return this.send(options).final;
  }

  /** Cancels an INVITE under way; its own final response (487) comes on `sent.final`. */
  async cancel(sent: SentRequest): Promise<SipResponseMessage> {
    return this.#start(buildCancel(sent.request), sent.target, DEFAULT_TIMEOUT).final;
  }

  /** Sends a message that gets no answer (the ACK of a 2xx). */
  async sendOnce(request: SipRequestMessage, target: SipTarget): Promise<void> {
    await this.sendRaw(serialise(request), target);
  }

  /** Sends bytes as they are. Answers end up in `strayResponses`. */
  async sendRaw(data: Buffer, target: SipTarget): Promise<void> {
    await this.#sockets.send(data, target);
  }

  /** Waits until a request arrived for which `matches` holds, and returns it; it may have arrived already. */
  async waitForRequest(
    what: string,
    matches: (request: ReceivedRequest) => boolean,
    timeout = DEFAULT_TIMEOUT,
  ): Promise<ReceivedRequest> {
    return waitFor(what, () => this.received.find(matches), { timeout });
  }

  /** Breaks every TCP connection. */
  closeConnections(): void {
    this.#sockets.closeConnections();
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.fail(new Error("the user agent was closed"));
    await this.#sockets.close();
  }

  #local(transport: SipTransportName): LocalAddress {
    const port = transport === "tls" ? (this.#sockets.tlsPort ?? this.port) : this.port;
    return { host: this.host, port, transport };
  }

  #start(request: SipRequestMessage, target: SipTarget, timeout: number): SentRequest {
    const key = transactionOf(request);
    const data = serialise(request);
    const send = (): void => {
      this.sendRaw(data, target).catch((error: unknown) => {
        transaction.fail(new Error(`cannot send to ${target.host}:${target.port}`, { cause: error }));
      });
    };
    const invite = request.method === "INVITE";
    const transaction = new ClientTransaction({ send, repeat: target.transport === "udp", invite, timeout });
    this.#clients.set(key, transaction);
    const final = transaction.final.finally(() => this.#clients.delete(key));
    final.catch(() => undefined); // nobody has to wait for it
    if (invite) void this.#acknowledgeFailure(request, target, final);
    return {
      request,
      target,
      final,
      provisional: transaction.provisional,
      timesSent: () => transaction.sent,
    };
  }

  async #acknowledgeFailure(
    request: SipRequestMessage,
    target: SipTarget,
    final: Promise<SipResponseMessage>,
  ): Promise<void> {
    const response = await final.catch(() => undefined);
    if (response === undefined || response.status < 300) return;
    const ack = serialise(buildAck(request, response));
    const acknowledge = (): void => {
      void this.sendRaw(ack, target);
    };
    this.#acks.set(transactionOf(request), acknowledge);
    acknowledge();
  }

  #receive(arrival: Arrival): void {
    const message = parse(arrival.text);
    if (message.kind === "request") {
      void this.#servers.receive(message, arrival, this.handler);
      return;
    }
    const key = transactionOf(message);
    const client = this.#clients.get(key);
    if (client !== undefined) {
      client.receive(message);
      return;
    }
    this.strayResponses.push(message);
    this.#acks.get(key)?.();
  }
}
