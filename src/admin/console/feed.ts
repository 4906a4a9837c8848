import type { ServerResponse } from "node:http";

/** Who reads more slowly than this loses the stream, and reads everything anew with the next one. */
const MAX_BEHIND = 1_000_000;
const SOON_MS = 300;
const HEARTBEAT_MS = 15_000;
/** Streams of all viewers. */
const MAX_STREAMS = 100;
const MAX_STREAMS_OF_ONE = 12;

/** Who listens. */
export interface Listener {
  /** The same for all streams of one. */
  readonly key: string;
  /** Data of the event `hello`. */
  readonly greeting: unknown;
  /** Whether they still may; asked now and then. */
  mayListen(): Promise<boolean>;
}

interface Stream extends Listener {
  readonly response: ServerResponse;
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) to everybody who listens. */
export class Feed {
  readonly #streams = new Set<Stream>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #soon = new Map<string, NodeJS.Timeout>();

  constructor() {
    this.#heartbeat = setInterval(() => {
      for (const stream of this.#streams) this.#write(stream, ": still here\n\n");
    }, HEARTBEAT_MS).unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Whether there is room for another stream of this one. */
  hasRoom(key: string): boolean {
    const own = [...this.#streams].filter((stream) => stream.key === key).length;
    return this.#streams.size < MAX_STREAMS && own < MAX_STREAMS_OF_ONE;
  }

  /** Takes a response over, whose head has not been sent. */
  add(response: ServerResponse, listener: Listener, headers: Readonly<Record<string, string>>): void {
    const stream = { ...listener, response };
    response.writeHead(200, { ...headers, "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.on("error", () => undefined); // "close" follows
    response.once("close", () => this.#streams.delete(stream));
    this.#streams.add(stream);
    this.#write(stream, `retry: 2000\n${eventText("hello", listener.greeting)}`);
  }

  send(event: string, data: unknown): void {
    if (this.#streams.size === 0) return;
    const text = eventText(event, data);
    for (const stream of this.#streams) this.#write(stream, text);
  }

  /** Sends an event without data in a moment, once for all that is told meanwhile. */
  soon(event: string): void {
    if (this.#streams.size === 0 || this.#soon.has(event)) return;
    const timer = setTimeout(() => {
      this.#soon.delete(event);
      this.send(event, {});
    }, SOON_MS);
    this.#soon.set(event, timer.unref());
  }

  /** Ends the streams of one, who may not read any more. */
  end(key: string): void {
    for (const stream of this.#streams) if (stream.key === key) this.#end(stream);
  }

  /** Ends the streams of those who may not listen any more. */
  async recheck(): Promise<void> {
    for (const stream of this.#streams) if (!(await stream.mayListen())) this.#end(stream);
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    for (const timer of this.#soon.values()) clearTimeout(timer);
    for (const { response } of this.#streams) response.end();
  }

  #end(stream: Stream): void {
    this.#write(stream, eventText("ended", {}));
    stream.response.end();
  }

  #write({ response }: Stream, text: string): void {
    if (response.writableEnded) return;
    if (response.writableLength > MAX_BEHIND) response.destroy();
    else response.write(text);
  }
}

/** JSON has no line breaks of its own. */
function eventText(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
