/** A peer that sends bytes and keeps the bytes that come: for messages that no parser of ours should see. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { SipTarget } from "./transport.ts";

const PORT = 5060;
/** What a response copies (RFC 3261 §8.2.6.2), with the lines that continue it. */
const COPIED = /^(?:via|v|from|f|to|t|call-id|i|cseq)[ \t]*:.*\r\n(?:[ \t].*\r\n)*/gim;

export class RawPeer {
  readonly host: string;
  /** Messages in latin1, a character a byte; of connections whatever arrived together. */
  readonly received: string[] = [];
  /** Status line with which UDP requests are answered; none are without. */
  answer: string | undefined;
  readonly #udp: Socket;
  readonly #connections = new Set<TcpSocket>();

  private constructor(udp: Socket, host: string) {
    this.#udp = udp;
    this.host = host;
    udp.on("message", (data, { address, port }) => {
      const text = data.toString("latin1");
      this.received.push(text);
      if (this.answer !== undefined && !text.startsWith("SIP/2.0 "))
        udp.send(respond(text, this.answer), port, address);
    });
  }

  /** Opens UDP port 5060 of an address. */
  static async open(host: string): Promise<RawPeer> {
    const udp = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
    udp.bind(PORT, host);
    await once(udp, "listening");
    return new RawPeer(udp, host);
  }

  /** As Via and next hops write it. */
  get address(): string {
    return `${this.host}:${PORT}`;
  }

  /** Sends one datagram, or the bytes over a new connection, which stays. */
  async send(data: Buffer, target: SipTarget): Promise<void> {
    if (target.transport !== "udp") {
      (await this.connect(target)).write(data);
      return;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    // a datagram that is too long for the network is an error to this side alone
    this.#udp.send(data, target.port, target.host, () => {
      resolve(undefined);
    });
    await promise;
  }

  /** A new connection from this peer's address. What arrives is kept, and errors end in `close`. */
  async connect({ host, port, transport }: SipTarget): Promise<TcpSocket> {
    const socket = await this.#open({ host, port, transport });
    this.#connections.add(socket);
    socket.on("data", (data) => this.received.push(data.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#connections.delete(socket));
    if (socket.connecting) await once(socket, "connect");
    return socket;
  }

  /** Over TLS without a certificate, and whatever the other end shows. */
  async #open({ host, port, transport }: SipTarget): Promise<TcpSocket> {
    const socket = connect({ host, port, localAddress: this.host, noDelay: true });
    if (transport !== "tls") return socket;
    const secure = connectTls({ socket, rejectUnauthorized: false });
    await once(secure, "secureConnect");
    return secure;
  }

  /** Connections that are open. */
  get connected(): number {
    return this.#connections.size;
  }

  closeConnections(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  close(): void {
    this.closeConnections();
    this.#udp.close();
  }
}

function respond(request: string, statusLine: string): Buffer {
  const head = request.slice(0, request.indexOf("\r\n\r\n") + 2);
  const copied = head.match(COPIED) ?? [];
  return Buffer.from(`${statusLine}\r\n${copied.join("")}Content-Length: 0\r\n\r\n`, "latin1");
}
