/** An HTTP server that plays the Kubernetes API for one test: the test answers each call as it likes. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";

const CALL_TIMEOUT = 10_000;

/** One call that the code under test made, waiting for its answer. */
export class FakeCall {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  /** The caller's port: tells connections apart. */
  readonly port: number | undefined;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, body: unknown) {
    const url = new URL(request.url ?? "/", "http://fake");
    this.method = request.method ?? "";
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.headers = request.headers;
    this.body = body;
    this.port = request.socket.remotePort;
    this.#response = response;
  }

  /** Answers and ends. */
  respond(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.#response.writeHead(status, { "content-type": "application/json", ...headers });
    this.#response.end(JSON.stringify(body));
  }

  /** Answers with a meta/v1 Status. */
  refuse(code: number, reason: string, headers: Record<string, string> = {}): void {
    this.respond(
      code,
      { kind: "Status", status: "Failure", code, reason, message: `fake ${reason}` },
      headers,
    );
  }

  /** Sends one event of a watch. */
  send(type: string, object: unknown): void {
    this.sendRaw(`${JSON.stringify({ type, object })}\n`);
  }

  sendRaw(text: string): void {
    if (!this.#response.headersSent) this.open();
    this.#response.write(text);
  }

  /** Begins the answer, as the API server does with a watch on which nothing happens. */
  open(): void {
    this.#response.writeHead(200, { "content-type": "application/json" });
    this.#response.flushHeaders();
  }

  /** Ends the stream as planned. */
  end(): void {
    this.#response.end();
  }

  /** Breaks the connection. */
  cut(): void {
    this.#response.destroy();
  }

  /** Resolves when the caller has gone. */
  async closed(): Promise<void> {
    if (!this.#response.closed) await once(this.#response, "close");
  }
}

export class FakeApiServer {
  readonly #server: Server;
  readonly #calls: FakeCall[] = [];
  readonly #waiting: ((call: FakeCall) => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#receive(request, response);
    });
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  /** The next call, in the order in which they came. Fails when none comes. */
  async call(): Promise<FakeCall> {
    const call = this.#calls.shift();
    if (call !== undefined) return call;
    const { promise, resolve } = Promise.withResolvers<FakeCall>();
    this.#waiting.push(resolve);
    const timeout = new AbortController();
    const late = delay(CALL_TIMEOUT, undefined, { signal: timeout.signal }).then(() => {
      throw new Error(`no call came within ${CALL_TIMEOUT} ms`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([promise, late]);
    } finally {
      timeout.abort();
    }
  }

  /** Calls that came and were not taken by `call` yet. */
  get unanswered(): number {
    return this.#calls.length;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  kubeConfig(): KubeConfig {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: "fake", server: this.url, skipTLSVerify: true },
      { name: "tester", token: "secret" },
    );
    return kubeConfig;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    const hasBody =
      request.headers["content-length"] !== undefined && request.headers["content-length"] !== "0";
    const call = new FakeCall(request, response, hasBody ? await json(request) : undefined);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#calls.push(call);
    else waiting(call);
  }
}
