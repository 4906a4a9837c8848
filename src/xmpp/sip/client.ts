import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { SipMessage } from "./codec.ts";
import { SipConnection } from "./connection.ts";
import { header, headerList, parameter } from "./headers.ts";
import type { SipRequest, SipResponse, SipSide } from "./types.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface ClientOptions {
  /** Where the router listens for the gateway. */
  readonly router: HostPort;
  /** Where the gateway listens: what its Via says, for answers that find this connection closed (RFC 3261 §18.2.2). */
  readonly own: HostPort;
  /** Milliseconds for a final answer. */
  readonly timeoutMs: number;
  /** What comes over the connection that is no answer. */
  readonly received: (message: SipMessage, connection: SipConnection) => void;
}

interface Pending {
  readonly method: string;
  readonly resolve: (response: SipResponse) => void;
  connection?: SipConnection;
}

/** Milliseconds for the connection to the router, which is on this machine. */
const CONNECT_MS = 4_000;
/** Milliseconds after which an idle connection is closed, so that the router does not do so while a request is on its way. */
const IDLE_MS = 30_000;
/** RFC 3261 §8.1.1.7. */
const MAGIC_COOKIE = "z9hG4bK";

const SILENCE = localAnswer(408, "Request Timeout");
const UNREACHABLE = localAnswer(503, "Service Unavailable");

/** Client transactions over one connection to the router, which is opened when it is needed. */
export class SipClient implements SipSide {
  readonly #options: ClientOptions;
  readonly #pending = new Map<string, Pending>();
  #connection: Promise<SipConnection | undefined> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  async request(request: SipRequest): Promise<SipResponse> {
    const branch = `${MAGIC_COOKIE}${randomBytes(12).toString("hex")}`;
    const { promise, resolve } = Promise.withResolvers<SipResponse>();
    const pending: Pending = { method: request.method, resolve };
    this.#pending.set(branch, pending);
    const timer = setTimeout(resolve, this.#options.timeoutMs, SILENCE);
    void this.#send(pending, { ...request, headers: [...this.#ownHeaders(branch), ...request.headers] });
    const response = await promise;
    clearTimeout(timer);
    this.#pending.delete(branch);
    return response;
  }

  /** Takes an answer, whichever connection it came over. What answers nothing is dropped (RFC 3261 §18.1.2). */
  answered(response: SipResponse): void {
    const branch = parameter(headerList(response.headers, "Via")[0] ?? "", "branch") ?? "";
    const pending = this.#pending.get(branch);
    const method = header(response.headers, "CSeq")?.split(/\s+/)[1];
    if (pending?.method === method && response.status >= 200) pending?.resolve(response);
  }

  /** Sends an answer of ours whose own connection is gone. */
  async passOn(response: SipResponse): Promise<void> {
    (await this.#open())?.send(response);
  }

  /** Ends the connection; what is pending gets 503, and so does what comes later. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idle);
    for (const { resolve } of this.#pending.values()) resolve(UNREACHABLE);
    (await this.#connection)?.destroy();
  }

  #ownHeaders(branch: string): [string, string][] {
    const { host, port } = this.#options.own;
    return [
      ["Via", `SIP/2.0/TCP ${host}:${port};branch=${branch}`],
      ["Max-Forwards", "70"],
    ];
  }

  async #send(pending: Pending, request: SipRequest): Promise<void> {
    const connection = await this.#open();
    if (connection !== undefined) pending.connection = connection;
    if (connection?.send(request) !== true) pending.resolve(UNREACHABLE);
    this.#restartIdle(connection);
  }

  /** The connection there is, or a new one. Undefined when there can be none. */
  async #open(): Promise<SipConnection | undefined> {
    if (this.#stopped) return undefined;
    if (this.#connection !== undefined) return this.#connection;
    const opening = this.#connect();
    this.#connection = opening;
    const opened = await opening;
    if (opened === undefined && this.#connection === opening) this.#connection = undefined;
    return opened;
  }

  async #connect(): Promise<SipConnection | undefined> {
    const socket = connect({ ...this.#options.router });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, CONNECT_MS, false);
    socket.once("connect", () => {
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
    const connected = await promise;
    clearTimeout(timer);
    if (!connected || this.#stopped) {
      socket.destroy();
      return undefined;
    }
    return new SipConnection(socket, {
      message: (message, connection) => {
        this.#restartIdle(connection);
        this.#options.received(message, connection);
      },
      closed: (connection) => {
        this.#closed(connection);
      },
    });
  }

  /** Whether the router got what was sent over a connection that broke, nobody knows: it is not sent again. */
  #closed(connection: SipConnection): void {
    this.#connection = undefined;
    clearTimeout(this.#idle);
    for (const pending of this.#pending.values()) {
      if (pending.connection === connection) pending.resolve(UNREACHABLE);
    }
  }

  #restartIdle(connection: SipConnection | undefined): void {
    clearTimeout(this.#idle);
    if (connection === undefined || this.#stopped) return;
    this.#idle = setTimeout(() => {
      if (this.#pending.size === 0) connection.end();
      else this.#restartIdle(connection);
    }, IDLE_MS);
    this.#idle.unref();
  }
}

function localAnswer(status: number, reason: string): SipResponse {
  return { status, reason, headers: [], body: Buffer.alloc(0) };
}
