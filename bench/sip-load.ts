/** A lean SIP load over UDP: many client transactions, as few cycles as possible for each. */
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Burst {
  readonly target: Target;
  /** Transactions to complete. */
  readonly requests: number;
  /** Transactions at once. */
  readonly concurrency: number;
  /** Domain of the n-th request. */
  readonly domain: (n: number) => string;
  /** User who sends the n-th request; always the same one unless told. */
  readonly sender?: (n: number) => string;
}

export interface BurstResult {
  readonly elapsedMs: number;
  /** Final responses by status; 0 counts those that never came. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Time from request to final response of each transaction, in milliseconds. */
  readonly latenciesMs: readonly number[];
}

const DEADLINE_MS = 2000;
const COOKIE = "z9hG4bK";
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** A user agent of the inside that sends MESSAGEs. */
export class SipLoad {
  readonly #socket: Socket;
  readonly #from: string;
  /** Starts the branches of this agent: no two transactions anywhere have the same (RFC 3261 §8.1.1.7). */
  readonly #branch = `${COOKIE}${randomBytes(8).toString("hex")}-`;
  #sent = 0;
  #burst: Running | undefined;

  private constructor(socket: Socket, from: string) {
    this.#socket = socket;
    this.#from = from;
    socket.on("message", (data) => {
      this.#receive(data);
    });
  }

  /** @param from domain of From */
  static async open(address: string, from: string): Promise<SipLoad> {
    const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BUFFER });
    socket.bind(0, address);
    await once(socket, "listening");
    return new SipLoad(socket, from);
  }

  /** One burst at a time. */
  async run(burst: Burst): Promise<BurstResult> {
    const { promise, resolve } = Promise.withResolvers<BurstResult>();
    const running = new Running(burst, resolve);
    this.#burst = running;
    const timer = setInterval(() => {
      running.expire(DEADLINE_MS);
      this.#fill(running);
    }, DEADLINE_MS / 10);
    this.#fill(running);
    const result = await promise;
    clearInterval(timer);
    return result;
  }

  close(): void {
    this.#socket.close();
  }

  #fill(running: Running): void {
    const { target, domain, sender = () => "alice" } = running.burst;
    while (running.wantsMore) {
      const id = (this.#sent += 1);
      const n = running.start(id);
      const message = this.#message(id, domain(n), sender(n));
      this.#socket.send(message, target.port, target.host);
    }
  }

  #message(id: number, domain: string, sender: string): string {
    const { address, port } = this.#socket.address();
    return [
      `MESSAGE sip:bob@${domain} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=${this.#branch}${id}`,
      "Max-Forwards: 70",
      `From: <sip:${sender}@${this.#from}>;tag=${id}`,
      `To: <sip:bob@${domain}>`,
      `Call-ID: ${scattered(id)}-${this.#branch}${id}`,
      "CSeq: 1 MESSAGE",
      "Content-Type: text/plain",
      "Content-Length: 5",
      "",
      "hello",
    ].join("\r\n");
  }

  #receive(data: Buffer): void {
    const running = this.#burst;
    const status = Number(data.toString("latin1", 8, 11));
    const at = data.indexOf(this.#branch);
    if (running === undefined || status < 200 || at < 0) return;
    const from = at + this.#branch.length;
    const id = Number.parseInt(data.toString("latin1", from, from + 12), 10);
    running.finish(id, status);
    this.#fill(running);
  }
}

/**
 * Another number for each. Kamailio finds a transaction by a hash of its Call-ID: those that count up have few hashes, as
 * those of no real agent do.
 */
function scattered(id: number): string {
  const mixed = Math.imul(id, 0x9e3779b1);
  const again = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return ((again ^ (again >>> 13)) >>> 0).toString(16);
}

/** A burst under way. */
class Running {
  readonly burst: Burst;
  readonly #done: (result: BurstResult) => void;
  readonly #startedAt = performance.now();
  readonly #open = new Map<number, number>();
  readonly #statuses = new Map<number, number>();
  readonly #latenciesMs: number[] = [];
  #started = 0;

  constructor(burst: Burst, done: (result: BurstResult) => void) {
    this.burst = burst;
    this.#done = done;
  }

  get wantsMore(): boolean {
    return this.#open.size < this.burst.concurrency && this.#started < this.burst.requests;
  }

  /** Number of the request among those of the burst, from 0. */
  start(id: number): number {
    this.#open.set(id, performance.now());
    return this.#started++;
  }

  finish(id: number, status: number): void {
    const sentAt = this.#open.get(id);
    if (sentAt === undefined) return;
    this.#open.delete(id);
    const now = performance.now();
    this.#latenciesMs.push(now - sentAt);
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (this.#open.size > 0 || this.wantsMore) return;
    this.#done({
      elapsedMs: now - this.#startedAt,
      statuses: this.#statuses,
      latenciesMs: this.#latenciesMs,
    });
  }

  /** What is older counts as unanswered. */
  expire(deadlineMs: number): void {
    const due = performance.now() - deadlineMs;
    for (const [id, sentAt] of [...this.#open]) if (sentAt < due) this.finish(id, 0);
  }
}
