import { connect, isIP, type Socket } from "node:net";
import type { Logger } from "pino";
import { DOMAIN_LIMITS, type DomainLimit, type SourceLimit } from "../federation/types.ts";
import { isName } from "./encode.ts";
import { netstring, NetstringParser } from "./netstring.ts";
import type { ExternalDirection } from "./types.ts";

/** What the router tells on its own accord. */
export interface StreamHandlers {
  /** The router greets: first frame of every connection. */
  connected(instance: string): void;
  closed(): void;
  question(domain: string, direction: ExternalDirection): void;
  learned(domain: string, direction: ExternalDirection, remembered: boolean): void;
  /** What became of a probe; `microseconds` from order to answer. */
  probed(uri: string, status: number, microseconds: number): void;
  domainLimited(domain: string, limit: DomainLimit): void;
  sourceLimited(address: string, limit: SourceLimit): void;
}

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
    const [kind, subject = "", detail = "", flag] = frame.split("|");
    if (kind === "H" && subject !== "") {
      this.#greeted(subject);
    } else if (kind === "P" && subject !== "") {
      this.#handlers.probed(subject, Number(detail), Number(flag));
    } else if (!this.#discovery(kind, subject, detail, flag) && !this.#limited(kind, subject, detail)) {
      this.#log.warn({ frame: frame.slice(0, 100) }, "unknown event from the router");
    }
  }

  /** False where it is no event about a domain that is discovered. */
  #discovery(
    kind: string | undefined,
    domain: string,
    side: string,
    remembered: string | undefined,
  ): boolean {
    const direction = directionOf(side);
    if (direction === undefined || !isName(domain)) return false;
    if (kind === "Q") this.#handlers.question(domain, direction);
    else if (kind === "L") this.#handlers.learned(domain, direction, remembered === "1");
    return kind === "Q" || kind === "L";
  }

  /** False where it is no event about a limit. */
  #limited(kind: string | undefined, subject: string, limit: string): boolean {
    if (kind === "T" && isName(subject) && isDomainLimit(limit)) {
      this.#handlers.domainLimited(subject, limit);
      return true;
    }
    if (kind === "S" && isIP(subject) !== 0 && isSourceLimit(limit)) {
      this.#handlers.sourceLimited(subject, limit);
      return true;
    }
    return false;
  }

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

function isDomainLimit(limit: string): limit is DomainLimit {
  return (DOMAIN_LIMITS as readonly string[]).includes(limit);
}

function isSourceLimit(limit: string): limit is SourceLimit {
  return isDomainLimit(limit) || limit === "unproven" || limit === "flood";
}

function directionOf(side: string): ExternalDirection | undefined {
  if (side === "o") return "outbound";
  return side === "i" ? "inbound" : undefined;
}
