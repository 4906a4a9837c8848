import { connect, type Socket } from "node:net";
import type { Logger } from "pino";
import { handleFrame, type StreamHandlers } from "./frames.ts";
import { netstring, NetstringParser } from "./netstring.ts";

export interface EventStreamOptions {
  /** Loopback address of the router's event listener (evapi). */
  readonly host: string;
  readonly port: number;
}

const HEARTBEAT = netstring("H");
const HEARTBEAT_MS = 1000;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 300;

/**
 * The router's events, over one TCP connection that is opened again whenever it ends.
 *
 * The router holds unknown domains only while a heartbeat is young. A heartbeat also follows every chunk read: the
 * router leaves Nagle's algorithm on, and its next frame would otherwise wait 40 ms for a delayed acknowledgement.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #handlers: StreamHandlers;
  readonly #log: Logger;
  #socket: Socket | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #delayMs = FIRST_DELAY_MS;
  #connected = false;
  #stopped = false;

  constructor(options: EventStreamOptions, handlers: StreamHandlers, log: Logger) {
    this.#options = options;
    this.#handlers = handlers;
    this.#log = log;
  }

  /** True between the greeting of the router and the end of the connection. */
  get connected(): boolean {
    return this.#connected;
  }

  start(): void {
    const socket = connect({ ...this.#options, noDelay: true });
    const parser = new NetstringParser();
    this.#socket = socket;
    socket.on("connect", () => {
      this.#beat();
    });
    socket.on("data", (chunk) => {
      this.#receive(parser, chunk);
    });
    // "close" follows every error.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#closed();
    });
  }

  /** Closes the connection; the router then serves unknown domains without asking. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#reconnect);
    this.#socket?.destroy();
  }

  #receive(parser: NetstringParser, chunk: Buffer): void {
    try {
      for (const frame of parser.push(chunk)) this.#dispatch(frame);
    } catch (error) {
      this.#log.error({ err: error }, "the event stream of the router is broken, connecting again");
      this.#socket?.destroy();
      return;
    }
    this.#beat();
  }

  #beat(): void {
    clearTimeout(this.#heartbeat);
    this.#socket?.write(HEARTBEAT);
    this.#heartbeat = setTimeout(() => {
      this.#beat();
    }, HEARTBEAT_MS);
  }

  #dispatch(frame: string): void {
    const fields = frame.split("|");
    const [kind = "", subject = ""] = fields;
    if (kind === "H" && subject !== "") {
      this.#greeted(subject);
    } else if (!handleFrame(fields, this.#handlers)) {
      this.#log.warn({ frame: frame.slice(0, 100) }, "unknown event from the router");
    }
  }

  /** False where it is no event about a domain that is discovered. */
  #greeted(instance: string): void {
    this.#delayMs = FIRST_DELAY_MS;
    this.#connected = true;
    this.#handlers.connected(instance);
  }

  #closed(): void {
    clearTimeout(this.#heartbeat);
    this.#socket = undefined;
    const wasConnected = this.#connected;
    this.#connected = false;
    if (!this.#stopped) {
      this.#reconnect = setTimeout(() => {
        this.start();
      }, this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
    }
    if (wasConnected) this.#handlers.closed();
  }
}
