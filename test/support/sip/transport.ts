/** Real UDP and TCP sockets of one SIP address. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIPv6, type Server, type Socket } from "node:net";
import { SipFraming } from "./framing.ts";

export type SipTransportName = "udp" | "tcp";

/** Where a message goes. */
export interface SipTarget {
  readonly host: string;
  readonly port: number;
  readonly transport: SipTransportName;
}

/** A message that arrived, and the way back to its sender. */
export interface Arrival {
  readonly text: string;
  readonly transport: SipTransportName;
  readonly source: { readonly host: string; readonly port: number };
  readonly reply: (data: Buffer) => void;
}

/** Listens on UDP and TCP at one address and port; sends from that address. */
export class SipSockets {
  readonly host: string;
  readonly port: number;
  /** Called for each message that arrives. */
  onArrival: (arrival: Arrival) => void = () => undefined;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  /** Connections that this side opened, by target. */
  readonly #opened = new Map<string, Socket>();
  readonly #connections = new Set<Socket>();

  private constructor(udp: UdpSocket, tcp: Server) {
    const { address, port } = udp.address();
    this.host = address;
    this.port = port;
    this.#udp = udp;
    this.#tcp = tcp;
    udp.on("message", (data, source) => {
      const reply = (answer: Buffer): void => {
        udp.send(answer, source.port, source.address);
      };
      const from = { host: source.address, port: source.port };
      this.onArrival({ text: data.toString(), transport: "udp", source: from, reply });
    });
    tcp.on("connection", (socket) => {
      this.#receiveFrom(socket);
    });
  }

  /** @throws when the address is taken. */
  static async open(host: string, port: number): Promise<SipSockets> {
    const udp = createSocket(isIPv6(host) ? "udp6" : "udp4");
    udp.bind(port, host);
    await once(udp, "listening");
    const tcp = createServer({ noDelay: true });
    tcp.listen(udp.address().port, host);
    await once(tcp, "listening");
    return new SipSockets(udp, tcp);
  }

  /** Sends bytes as they are. A TCP connection is opened on first use and kept. */
  async send(data: Buffer, target: SipTarget): Promise<void> {
    if (target.transport === "udp") {
      this.#udp.send(data, target.port, target.host);
      return;
    }
    const socket = await this.#connectionTo(target);
    socket.write(data);
  }

  /** Closes every connection, those that others opened too. */
  closeConnections(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  async close(): Promise<void> {
    this.closeConnections();
    this.#udp.close();
    this.#tcp.close();
    await once(this.#tcp, "close");
  }

  async #connectionTo({ host, port }: SipTarget): Promise<Socket> {
    const key = `${host} ${port}`;
    const kept = this.#opened.get(key);
    if (kept !== undefined && !kept.destroyed) return kept;
    const socket = connect({ host, port, localAddress: this.host, noDelay: true });
    await once(socket, "connect");
    this.#opened.set(key, socket);
    this.#receiveFrom(socket);
    return socket;
  }

  #receiveFrom(socket: Socket): void {
    const framing = new SipFraming();
    const source = { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    const reply = (answer: Buffer): void => {
      socket.write(answer);
    };
    this.#connections.add(socket);
    socket.on("data", (chunk) => {
      for (const text of framing.push(chunk)) {
        this.onArrival({ text, transport: "tcp", source, reply });
      }
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.#connections.delete(socket));
  }
}
