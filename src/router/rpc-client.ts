import { createSocket, type Socket } from "node:dgram";

export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  /** The router answered with an error; its code follows HTTP (404: no such key). */
  | { readonly ok: false; readonly kind: "fault"; readonly code: number; readonly message: string }
  /** No answer, after all attempts: the call may have been executed or not. */
  | { readonly ok: false; readonly kind: "timeout" | "closed"; readonly message: string };

export interface RpcClientOptions {
  /** Loopback address of the router's RPC listener. */
  readonly host: string;
  readonly port: number;
  /** Calls in flight, 1–200; 16 by default. More does not fit the router's receive buffer safely. */
  readonly window?: number;
  /** Until a call is sent again, in milliseconds; 300 by default. */
  readonly timeoutMs?: number;
  /** How often a call is sent at most; 4 by default. */
  readonly attempts?: number;
}

interface Call {
  readonly id: number;
  readonly payload: string;
  readonly done: (outcome: RpcOutcome) => void;
  attempts: number;
  sentAt: number;
}

interface Reply {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

const CLOSED: RpcOutcome = { ok: false, kind: "closed", message: "the RPC client is closed" };

/** JSON-RPC 2.0 over UDP. Every call may be executed more than once: for idempotent methods only. */
export class RpcClient {
  readonly #options: Required<RpcClientOptions>;
  readonly #socket: Socket;
  readonly #waiting: Call[] = [];
  readonly #inFlight = new Map<number, Call>();
  #connected = false;
  #closed = false;
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RpcClientOptions) {
    this.#options = { window: 16, timeoutMs: 300, attempts: 4, ...options };
    this.#socket = createSocket({ type: options.host.includes(":") ? "udp6" : "udp4" });
    this.#socket.on("message", (data) => {
      this.#receive(data);
    });
    // A connected socket reports "port unreachable" while the router is away: the timeout tells the caller.
    this.#socket.on("error", () => undefined);
    this.#socket.connect(options.port, options.host, () => {
      this.#connected = true;
      this.#fill();
    });
  }

  /** Never rejects. Calls beyond the window wait for their turn, in order. */
  call(method: string, params: readonly (string | number)[]): Promise<RpcOutcome> {
    if (this.#closed) return Promise.resolve(CLOSED);
    const id = ++this.#lastId;
    const payload = JSON.stringify({ jsonrpc: "2.0", method, params, id });
    return new Promise((done) => {
      this.#waiting.push({ id, payload, done, attempts: 0, sentAt: 0 });
      this.#fill();
    });
  }

  /** Ends all calls under way as `closed`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#socket.close();
    const calls = [...this.#inFlight.values(), ...this.#waiting.splice(0)];
    this.#inFlight.clear();
    for (const call of calls) call.done(CLOSED);
  }

  #fill(): void {
    if (!this.#connected || this.#closed) return;
    while (this.#inFlight.size < this.#options.window) {
      const call = this.#waiting.shift();
      if (call === undefined) return;
      this.#inFlight.set(call.id, call);
      this.#send(call);
    }
  }

  #send(call: Call): void {
    call.attempts += 1;
    call.sentAt = performance.now();
    this.#timer ??= setInterval(() => {
      this.#retry();
    }, this.#options.timeoutMs / 2);
    // An error here is a lost datagram like any other.
    this.#socket.send(call.payload, () => undefined);
  }

  #receive(data: Buffer): void {
    const reply = parse(data);
    const call = typeof reply?.id === "number" ? this.#inFlight.get(reply.id) : undefined;
    if (reply === undefined || call === undefined) return;
    this.#finish(call, outcomeOf(reply));
  }

  #retry(): void {
    const due = performance.now() - this.#options.timeoutMs;
    for (const call of [...this.#inFlight.values()]) {
      if (call.sentAt > due) continue;
      if (call.attempts < this.#options.attempts) this.#send(call);
      else this.#finish(call, { ok: false, kind: "timeout", message: "the router does not answer RPC" });
    }
    if (this.#inFlight.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #finish(call: Call, outcome: RpcOutcome): void {
    this.#inFlight.delete(call.id);
    call.done(outcome);
    this.#fill();
  }
}

function parse(data: Buffer): Reply | undefined {
  try {
    const reply: unknown = JSON.parse(data.toString("utf8"));
    return typeof reply === "object" && reply !== null ? reply : undefined;
  } catch {
    return undefined;
  }
}

function outcomeOf(reply: Reply): RpcOutcome {
  if (reply.error === undefined) return { ok: true, result: reply.result };
  const { code, message } = reply.error;
  return {
    ok: false,
    kind: "fault",
    code: typeof code === "number" ? code : 500,
    message: typeof message === "string" ? message : "unknown error",
  };
}
