/** Real UDP, TCP and TLS sockets of one SIP address. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIPv6, type Server, type Socket } from "node:net";
import {
  connect as connectTls,
  createServer as createTlsServer,
  type PeerCertificate,
  type TLSSocket,
} from "node:tls";
import { SipFraming } from "./framing.ts";

export type SipTransportName = "udp" | "tcp" | "tls";

/** What a peer shows, and whom it trusts; as PEM. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Where it listens; 5061 unless told. */
  readonly port?: number;
  /** Shows its certificate to servers too; true unless told. */
  readonly asClient?: boolean;
  /** Called with the certificate of each client that shows one. */
  readonly sawClient?: (certificate: PeerCertificate, socket: TLSSocket) => void;
}

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

const DEFAULT_TLS_PORT = 5061;

/** Listens on UDP and TCP at one address and port, and on TLS at another; sends from that address. */
export class SipSockets {
  readonly host: string;
  readonly port: number;
  /** Called for each message that arrives. */
  onArrival: (arrival: Arrival) => void = () => undefined;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #tls: TlsListener | undefined;
  /** Connections that this side opened or is opening, by target. */
  readonly #opened = new Map<string, Promise<Socket>>();
  readonly #connections = new Set<Socket>();

  private constructor(udp: UdpSocket, tcp: Server, tls: TlsListener | undefined) {
    const { address, port } = udp.address();
    this.host = address;
    this.port = port;
    this.#udp = udp;
    this.#tcp = tcp;
    this.#tls = tls;
    udp.on("message", (data, source) => {
      const reply = (answer: Buffer): void => {
        udp.send(answer, source.port, source.address);
      };
      const from = { host: source.address, port: source.port };
      this.onArrival({ text: data.toString(), transport: "udp", source: from, reply });
    });
    tcp.on("connection", (socket) => {
      this.#receiveFrom(socket, "tcp");
    });
    tls?.server.on("secureConnection", (socket: TLSSocket) => {
      tls.options.sawClient?.(socket.getPeerCertificate(), socket);
      this.#receiveFrom(socket, "tls");
    });
  }

  /** @throws when the address is taken. */
  static async open(host: string, port: number, tls?: TlsOptions): Promise<SipSockets> {
    const udp = createSocket(isIPv6(host) ? "udp6" : "udp4");
    udp.bind(port, host);
    await once(udp, "listening");
    const tcp = createServer({ noDelay: true });
    tcp.listen(udp.address().port, host);
    await once(tcp, "listening");
    return new SipSockets(udp, tcp, tls && (await listenForTls(host, tls)));
  }

  /** Where it listens for TLS; undefined where it does not. */
  get tlsPort(): number | undefined {
    return this.#tls?.port;
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
    const servers = [this.#tcp, ...(this.#tls ? [this.#tls.server] : [])];
    await Promise.all(
      servers.map((server) => {
        server.close();
        return once(server, "close");
      }),
    );
  }

  /** One for all that is sent to a target, from the first message on. */
  async #connectionTo(target: SipTarget): Promise<Socket> {
    const key = `${target.transport} ${target.host} ${target.port}`;
    const known = this.#opened.get(key);
    const kept = await known?.catch(() => undefined);
    if (kept !== undefined && !kept.destroyed) return kept;
    if (this.#opened.get(key) !== known) return this.#connectionTo(target); // somebody else opens one
    const opening = this.#open(target);
    this.#opened.set(key, opening);
    return opening;
  }

  async #open({ host, port, transport }: SipTarget): Promise<Socket> {
    const plain = connect({ host, port, localAddress: this.host, noDelay: true });
    await once(plain, "connect");
    const socket = transport === "tls" ? await this.#secured(plain) : plain;
    this.#receiveFrom(socket, transport);
    return socket;
  }

  /** Whom it calls is not looked at: that is the router's own test. */
  async #secured(socket: Socket): Promise<Socket> {
    const { cert, key, ca, asClient = true } = this.#tls?.options ?? {};
    const shown = asClient ? { cert, key } : {};
    const secure = connectTls({ socket, ca, ...shown, checkServerIdentity: () => undefined });
    await once(secure, "secureConnect");
    return secure;
  }

  #receiveFrom(socket: Socket, transport: SipTransportName): void {
    const framing = new SipFraming();
    const source = { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    const reply = (answer: Buffer): void => {
      socket.write(answer);
    };
    this.#connections.add(socket);
    socket.on("data", (chunk) => {
      for (const text of framing.push(chunk)) {
        this.onArrival({ text, transport, source, reply });
      }
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.#connections.delete(socket));
  }
}

interface TlsListener {
  readonly server: Server;
  readonly port: number;
  readonly options: TlsOptions;
}

async function listenForTls(host: string, options: TlsOptions): Promise<TlsListener> {
  const { cert, key, ca, port = DEFAULT_TLS_PORT } = options;
  const server = createTlsServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false });
  // a client that gives the handshake up
  server.on("tlsClientError", () => undefined);
  server.listen(port, host);
  await once(server, "listening");
  return { server, port, options };
}
