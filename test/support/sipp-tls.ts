/** TLS for SIPp, which Debian 12 builds without: TCP on SIPp's side, TLS on the router's. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { buildResponse, randomToken } from "./sip/build.ts";
import { SipFraming } from "./sip/framing.ts";
import { parse, serialise, transactionOf } from "./sip/message.ts";
import { SipSockets, type Arrival, type SipTarget, type TlsOptions } from "./sip/transport.ts";

export interface SippTlsOptions {
  readonly host: string;
  readonly tls: TlsOptions & { readonly port: number };
  readonly router: SipTarget;
  /** Where a called SIPp listens; a calling one comes by itself. */
  readonly callee?: { readonly host: string; readonly port: number };
}

export class SippTls {
  readonly #options: SippTlsOptions;
  readonly #sockets: SipSockets;
  readonly #door: Server;
  /** The way back for answers of SIPp, by transaction. */
  readonly #replies = new Map<string, Arrival["reply"]>();
  /** The connection that a called SIPp was reached by last: its requests keep their order with its answers. */
  #last: Arrival["reply"] | undefined;
  #sipp: Socket | undefined;

  private constructor(options: SippTlsOptions, sockets: SipSockets, door: Server) {
    this.#options = options;
    this.#sockets = sockets;
    this.#door = door;
    door.on("connection", (socket) => {
      this.#attach(socket);
    });
    sockets.onArrival = (arrival) => {
      this.#toSipp(arrival);
    };
  }

  static async open(options: SippTlsOptions): Promise<SippTls> {
    const sockets = await SipSockets.open(options.host, 0, options.tls);
    const door = createServer({ noDelay: true }).listen(0, options.host);
    await once(door, "listening");
    return new SippTls(options, sockets, door);
  }

  /** Where a calling SIPp sends everything. */
  get port(): number {
    const address = this.#door.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    this.#sipp?.destroy();
    this.#door.close();
    await this.#sockets.close();
  }

  #attach(socket: Socket): Socket {
    const framing = new SipFraming();
    socket.on("error", () => undefined); // SIPp ends when it is done
    socket.on("data", (chunk) => {
      for (const text of framing.push(chunk)) this.#toRouter(text);
    });
    this.#sipp = socket;
    return socket;
  }

  #toRouter(text: string): void {
    const message = parse(text);
    const reply = message.kind === "response" ? this.#replies.get(transactionOf(message)) : this.#last;
    if (reply !== undefined) reply(Buffer.from(text));
    else void this.#sockets.send(Buffer.from(text), this.#options.router);
  }

  #toSipp(arrival: Arrival): void {
    const { host, tls, callee } = this.#options;
    const message = parse(arrival.text);
    if (message.kind === "request" && message.method === "OPTIONS") {
      const local = { host, port: tls.port, transport: "tls" as const };
      arrival.reply(serialise(buildResponse(message, { status: 200 }, local, randomToken())));
      return;
    }
    if (message.kind === "request") this.#replies.set(transactionOf(message), arrival.reply);
    if (callee !== undefined) this.#last = arrival.reply;
    if (callee !== undefined) this.#sipp ??= this.#attach(connect({ ...callee, noDelay: true }));
    this.#sipp?.write(arrival.text);
  }
}
