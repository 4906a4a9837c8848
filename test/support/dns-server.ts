/** A DNS server with a zone that a test writes, and a network behind it that a test can break. */
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, type Socket } from "node:net";
import {
  type Answer,
  decode,
  type DecodedPacket,
  encode,
  type NaptrData,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  type SrvData,
  TRUNCATED_RESPONSE,
} from "dns-packet";

interface DataOf {
  A: string;
  AAAA: string;
  CNAME: string;
  SRV: Required<SrvData>;
  NAPTR: NaptrData;
}

/** A question that arrived. */
export interface Asked {
  readonly name: string;
  readonly type: string;
  readonly over: "udp" | "tcp";
  readonly edns: boolean;
  /** Of the sender. */
  readonly port: number;
  readonly id: number;
}

/** Messages to send back, written out or as they are; none at all is silence. */
export type Replies = readonly Message[] | Promise<readonly Message[]>;
type Message = Packet | Buffer;

const RCODES = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const RCODE_MASK = 0b1111;

export class DnsServer {
  readonly host: string;
  readonly port: number;
  /** All questions, in order. */
  readonly asked: Asked[] = [];
  /** Seconds that negative answers count: the last field of the SOA record, whose TTL is a day. */
  negativeTtl = 3600;
  /** Decides what is sent to a question; `reply` is what the zone has. */
  network: (asked: Asked, reply: Packet) => Replies = (_asked, reply) => [reply];

  readonly #zone = new Map<string, Answer[]>();
  readonly #udp;
  readonly #tcp = createServer((socket) => {
    this.#accept(socket);
  });
  readonly #connections = new Set<Socket>();

  private constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
    this.#udp = createSocket({ type: isIPv6(host) ? "udp6" : "udp4" });
    this.#udp.on("message", (data, from) => void this.#receive(data, from));
  }

  static async start(host: string, port: number): Promise<DnsServer> {
    const server = new DnsServer(host, port);
    server.#udp.bind(port, host);
    server.#tcp.listen(port, host);
    await Promise.all([once(server.#udp, "listening"), once(server.#tcp, "listening")]);
    return server;
  }

  /** As `getServers()` of node:dns writes it. */
  get address(): string {
    return isIPv6(this.host) ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** Replaces the records of one type. `ttl` in seconds. */
  set<T extends keyof DataOf>(name: string, type: T, ttl: number, ...data: readonly DataOf[T][]): void {
    const others = (this.#zone.get(name) ?? []).filter((record) => record.type !== type);
    const records = data.map((one) => ({ name, type, ttl, data: one }) as Answer);
    this.#zone.set(name, [...others, ...records]);
  }

  remove(name: string): void {
    this.#zone.delete(name);
  }

  /** How often something was asked. */
  count(name: string, type?: string): number {
    return this.asked.filter((asked) => asked.name === name && (type ?? asked.type) === asked.type).length;
  }

  async stop(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#udp.close();
    this.#tcp.close();
    await Promise.all([once(this.#udp, "close"), once(this.#tcp, "close")]);
  }

  async #receive(data: Buffer, from: RemoteInfo): Promise<void> {
    for (const reply of await this.#replies(data, "udp", from.port)) {
      this.#udp.send(bytesOf(reply), from.port, from.address);
    }
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#connections.delete(socket));
    socket.once("data", (data) => void this.#serve(socket, data));
  }

  /** One question a connection, in two pieces each way. */
  async #serve(socket: Socket, data: Buffer): Promise<void> {
    for (const reply of await this.#replies(data.subarray(2), "tcp", socket.remotePort ?? 0)) {
      const message = bytesOf(reply);
      socket.setNoDelay().write(Buffer.from([message.length >> 8]));
      for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
      socket.write(Buffer.concat([Buffer.from([message.length & 0xff]), message]));
    }
  }

  async #replies(data: Buffer, over: "udp" | "tcp", port: number): Promise<readonly Message[]> {
    const query = decode(data);
    const { name = "", type = "" } = query.questions?.[0] ?? {};
    const edns = query.additionals?.some((record) => record.type === "OPT") === true;
    const asked: Asked = { name, type, over, edns, port, id: query.id ?? 0 };
    this.asked.push(asked);
    return this.network(asked, this.#reply(query, name.toLowerCase(), type));
  }

  #reply(query: DecodedPacket, from: string, type: string): Packet {
    const answers: Answer[] = [];
    let name = from;
    for (;;) {
      const alias = this.#zone.get(name)?.find((record) => record.type === "CNAME");
      if (alias?.type !== "CNAME") break;
      answers.push(alias);
      name = alias.data;
    }
    const found = this.#zone.get(name)?.filter((record) => record.type === type) ?? [];
    const asked = (query.flags ?? 0) & RECURSION_DESIRED; // comes back as it was sent (RFC 1035 §4.1.1)
    const flags = RECURSION_AVAILABLE | asked | (this.#zone.has(name) ? 0 : RCODES.NXDOMAIN);
    return {
      type: "response",
      id: query.id,
      flags,
      questions: query.questions,
      answers: [...answers, ...found],
      authorities: found.length > 0 ? [] : [this.#soa()],
    };
  }

  #soa(): Answer {
    const data = { mname: "ns.test", rname: "admin.test", minimum: this.negativeTtl };
    return { name: "test", type: "SOA", ttl: 86_400, data };
  }
}

function bytesOf(message: Message): Buffer {
  return Buffer.isBuffer(message) ? message : encode(message);
}

/** The same question, and only a rcode. */
export function refusal(reply: Packet, rcode: keyof typeof RCODES): Packet {
  const flags = ((reply.flags ?? 0) & ~RCODE_MASK) | RCODES[rcode];
  return { ...reply, flags, answers: [], authorities: [] };
}

/** Says that the rest did not fit, with nothing before it. */
export function truncated(reply: Packet): Packet {
  return { ...reply, flags: (reply.flags ?? 0) | TRUNCATED_RESPONSE, answers: [], authorities: [] };
}
