import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { isComplete, responseTo, transactionOf } from "./answers.ts";
import { SipClient, type HostPort } from "./client.ts";
import type { SipMessage } from "./codec.ts";
import { SipConnection } from "./connection.ts";
import type { SipAnswer, SipRequest, SipResponse, SipSide } from "./types.ts";

export interface EndpointOptions {
  /** Where the router finds the gateway; a loopback address. Port 0 takes any. */
  readonly listen: HostPort;
  /** Where the router listens for the gateway. */
  readonly router: HostPort;
  /** Milliseconds for a final answer; 32,000 unless told (timer F, RFC 3261 §17.1.2.2). */
  readonly timeoutMs?: number;
  /** Told why a connection was closed from here, and what `received` threw. */
  readonly failed?: (failure: string, cause?: unknown) => void;
}

/** Handles a request of the router. Once for each, also when it comes again while it is being answered. */
export type Received = (request: SipRequest) => Promise<SipAnswer>;

const TIMER_F_MS = 32_000;
/** The router needs one; the rest is for its restarts. */
const MAX_CONNECTIONS = 100;

/**
 * The gateway's SIP: TCP on loopback, with the router of the pod as its only peer. Server transactions without timers, since
 * nothing is sent twice over TCP; an answer whose connection broke goes over the other one (RFC 3261 §18.2.2).
 */
export class SipEndpoint implements SipSide {
  readonly port: number;
  readonly #options: EndpointOptions;
  readonly #server: Server;
  readonly #received: Received;
  readonly #client: SipClient;
  readonly #connections = new Set<SipConnection>();
  /** Transactions that are not answered yet, and where their last copy came from. */
  readonly #underWay = new Map<string, SipConnection>();
  /** Requests of either direction without an answer. */
  readonly #working = new Set<Promise<unknown>>();
  #stopping = false;

  private constructor(options: EndpointOptions, server: Server, port: number, received: Received) {
    this.#options = options;
    this.#server = server;
    this.#received = received;
    this.port = port;
    this.#client = new SipClient({
      router: options.router,
      own: { host: options.listen.host, port },
      timeoutMs: options.timeoutMs ?? TIMER_F_MS,
      received: (message, connection) => {
        this.#message(message, connection);
      },
    });
    server.on("connection", (socket) => {
      this.#accept(socket);
    });
  }

  /** Listens. @throws Error when the address is taken. */
  static async open(options: EndpointOptions, received: Received): Promise<SipEndpoint> {
    const server = createServer();
    server.maxConnections = MAX_CONNECTIONS;
    server.listen({ ...options.listen });
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : options.listen.port;
    return new SipEndpoint(options, server, port, received);
  }

  async request(request: SipRequest): Promise<SipResponse> {
    return this.#work(this.#client.request(request));
  }

  /** Takes no more requests, waits for those under way at most `graceMs`, and closes everything. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#server.close();
    const patience = new AbortController();
    await Promise.race([this.#quiet(), delay(graceMs, undefined, { signal: patience.signal })]);
    patience.abort();
    await this.#client.stop();
    for (const connection of this.#connections) connection.end();
  }

  /** Counts as under way until it settles. */
  async #work<T>(promise: Promise<T>): Promise<T> {
    this.#working.add(promise);
    try {
      return await promise;
    } finally {
      this.#working.delete(promise);
    }
  }

  async #quiet(): Promise<void> {
    while (this.#working.size > 0) await Promise.allSettled(this.#working);
  }

  #accept(socket: Socket): void {
    const connection = new SipConnection(socket, {
      message: (message, from) => {
        this.#message(message, from);
      },
      closed: (closed, garbage) => {
        this.#connections.delete(closed);
        if (garbage !== undefined) this.#options.failed?.(`closed a connection of the router: ${garbage}`);
      },
    });
    this.#connections.add(connection);
  }

  #message(message: SipMessage, connection: SipConnection): void {
    if ("status" in message) this.#client.answered(message);
    // an ACK is never answered (RFC 3261 §17.1.1.3)
    else if (message.method !== "ACK") void this.#work(this.#serve(message, connection));
  }

  async #serve(request: SipRequest, connection: SipConnection): Promise<void> {
    const transaction = transactionOf(request);
    if (transaction === undefined) return;
    const again = this.#underWay.has(transaction);
    this.#underWay.set(transaction, connection);
    if (again) return;
    const response = responseTo(request, await this.#answer(request));
    const from = this.#underWay.get(transaction) ?? connection;
    this.#underWay.delete(transaction);
    if (!from.send(response)) await this.#client.passOn(response);
  }

  async #answer(request: SipRequest): Promise<SipAnswer> {
    if (!isComplete(request)) return { status: 400 };
    // no transaction of an INVITE waits here
    if (request.method === "CANCEL") return { status: 481 };
    if (this.#stopping) return { status: 503 };
    try {
      return await this.#received(request);
    } catch (cause) {
      this.#options.failed?.(`could not handle a ${request.method}`, cause);
      return { status: 500 };
    }
  }
}
