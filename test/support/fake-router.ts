/** Stands in for Kamailio on the operator's side: JSON-RPC over UDP, control over HTTP, events over TCP. */
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { netstring } from "../../src/router/netstring.ts";

interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly string[];
}

type HashTable = Map<string, string>;

const HOST = "127.0.0.1";

export class FakeRouter {
  instance = "instance-1";
  readonly tables = new Map<string, HashTable>([
    ["t", new Map()],
    ["learned", new Map()],
    ["cnt", new Map()],
  ]);
  /** The counters that are not in a table. */
  readonly apart = { messages_relayed: 0, messages_inbound: 0 };
  /** What was executed: `set KEY`, `delete KEY`, `sweep EPOCH`, `verdict …`. */
  readonly journal: string[] = [];
  /** Called after everything that changed the table. */
  changed: () => void = () => undefined;
  /** Called before each line of a write is executed. */
  beforeLine: () => void = () => undefined;
  /** Decides what becomes of a datagram with a request: call `deliver` any number of times, at any time. */
  network: (deliver: () => void) => void = (deliver) => {
    deliver();
  };
  /** Decides what becomes of a write: executed or not, and whether its answer arrives. May execute it later, too. */
  writes: (execute: () => void) => "answer" | "break" = (execute) => {
    execute();
    return "answer";
  };
  /** Everything that the operator wrote to the event stream. */
  heard = "";

  readonly #rpc = createSocket("udp4");
  readonly #control = createHttpServer((request, response) => void this.#serve(request, response));
  readonly #events = createServer((socket) => {
    this.#accept(socket);
  });
  readonly #streams = new Set<Socket>();
  #ticket = 1;

  static async start(): Promise<FakeRouter> {
    const router = new FakeRouter();
    router.#rpc.on("message", (data, from) => {
      router.network(() => {
        router.#answer(data, from);
      });
    });
    router.#rpc.bind(0, HOST);
    router.#control.listen(0, HOST);
    router.#events.listen(0, HOST);
    await Promise.all(
      [router.#rpc, router.#control, router.#events].map((server) => once(server, "listening")),
    );
    return router;
  }

  get options(): { host: string; rpcPort: number; controlPort: number; eventPort: number } {
    return {
      host: HOST,
      rpcPort: this.#rpc.address().port,
      controlPort: (this.#control.address() as AddressInfo).port,
      eventPort: (this.#events.address() as AddressInfo).port,
    };
  }

  get table(): HashTable {
    return this.#table("t");
  }

  /** The epoch that is in force. */
  get epoch(): string | undefined {
    return this.table.get("active")?.split("|")[0];
  }

  /** Number of operators on the event stream. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Another process takes over: empty, on the same ports. */
  restart(instance: string): void {
    this.instance = instance;
    this.#ticket = 1;
    for (const table of this.tables.values()) table.clear();
    this.disconnect();
  }

  disconnect(): void {
    for (const socket of this.#streams) socket.destroy();
  }

  /** Sends frames on the event stream, as one chunk. */
  tell(...frames: readonly string[]): void {
    this.tellBytes(Buffer.from(frames.map(netstring).join("")));
  }

  tellBytes(bytes: Buffer): void {
    for (const socket of this.#streams) socket.write(bytes);
  }

  async stop(): Promise<void> {
    this.disconnect();
    this.#rpc.close();
    this.#control.closeAllConnections();
    this.#control.close();
    this.#events.close();
    await Promise.all([this.#rpc, this.#control, this.#events].map((server) => once(server, "close")));
  }

  #accept(socket: Socket): void {
    this.#streams.add(socket.setNoDelay());
    socket.on("data", (chunk) => (this.heard += chunk.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#streams.delete(socket));
    socket.write(netstring(`H|${this.instance}`));
  }

  #answer(data: Buffer, from: RemoteInfo): void {
    const { id, method, params } = JSON.parse(data.toString()) as RpcRequest;
    const answer = JSON.stringify({ jsonrpc: "2.0", ...this.#call(method, params), id });
    this.#rpc.send(answer, from.port, from.address);
  }

  #call(method: string, [table = "", key = ""]: readonly string[]): object {
    if (method === "cnt.get") return { result: this.apart[key as keyof typeof this.apart] };
    if (method === "htable.stats") return { result: [...this.tables].map(statsOf) };
    const entries = this.#table(table);
    if (method === "htable.get") return this.#get(entries, key);
    if (method === "htable.dump") return { result: [...entries].map(slotOf) };
    if (method !== "htable.delete") return { error: { code: 500, message: "Method Not Found" } };
    const existed = entries.delete(key);
    this.#note(`delete ${key}`);
    return existed ? { result: "Ok" } : { error: { code: 404, message: "Key not found in htable." } };
  }

  #get(entries: HashTable, name: string): object {
    const value = entries.get(name);
    if (value === undefined) return { error: { code: 500, message: "Key name doesn't exist in htable." } };
    return { result: { item: { name, value, flags: 2, expire: "NEVER" } } };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    if (request.url === "/table") {
      let answer = { status: 500, body: "" };
      const fate = this.writes(() => (answer = this.#write(body)));
      if (fate === "answer") response.writeHead(answer.status).end(answer.body);
      else request.socket.destroy();
      return;
    }
    if (request.url === "/sweep") this.#sweep(body);
    if (request.url === "/verdict") this.#note(`verdict ${body}`);
    response.end(request.url === "/status" ? `${this.instance}|${this.epoch ?? ""}|` : "");
  }

  #write(body: string): { status: number; body: string } {
    const [head, ...lines] = body.split("\n");
    const valid = head === `${this.instance}|${this.#ticket}`;
    const { instance } = this;
    for (const line of valid ? lines : []) {
      this.beforeLine();
      if (this.instance !== instance) return { status: 500, body: "died" };
      this.#execute(line);
    }
    if (valid) this.#ticket += 1;
    return { status: valid ? 200 : 409, body: `${this.instance}|${this.#ticket}` };
  }

  #execute(line: string): void {
    const bar = line.indexOf("|");
    if (bar === -1) {
      this.table.delete(line);
      this.#note(`delete ${line}`);
      return;
    }
    this.table.set(line.slice(0, bar), line.slice(bar + 1));
    this.#note(`set ${line.slice(0, bar)}`);
  }

  #sweep(epoch: string): void {
    for (const key of this.table.keys()) if (key.startsWith(`${epoch}/`)) this.table.delete(key);
    this.#note(`sweep ${epoch}`);
  }

  #note(what: string): void {
    this.journal.push(what);
    this.changed();
  }

  #table(name: string): HashTable {
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`no hash table ${name}`);
    return table;
  }
}

function slotOf([name, value]: readonly [string, string]): object {
  return { entry: 1, size: 1, slot: [{ name, value: Number(value), type: "int" }] };
}

function statsOf([name, entries]: readonly [string, HashTable]): object {
  return { name, slots: 1024, all: entries.size, min: 0, max: entries.size };
}
