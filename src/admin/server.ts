import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostPort, SipRequest } from "../federation/types.ts";
import { readExplainQuery } from "./explain-query.ts";
import { type Answer, json, text } from "./answer.ts";

export type Check = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What the admin paths answer from. */
export interface AdminHandlers {
  /** Is the operator itself alive? */
  health(): Check;
  /** Does the SIP router hold the full table? Asks the router; the operator's own state does not count. */
  readiness(): Promise<Check>;
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /**
   * The decision on a request, as JSON, maybe in a while; undefined while the objects have not been read. Where it is absent, the path is
   * too.
   */
  readonly explain?: (request: SipRequest) => unknown;
  /** Serves the paths of the web console; absent where there is none. */
  readonly console?: {
    serves(path: string): boolean;
    serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void>;
    stop(): void;
  };
  /** Who may not see more than health. Absent where everybody who gets here may. */
  readonly refuse?: { readonly metrics: Refuse; readonly explain: Refuse };
}

/** What is answered instead to who may not see something; undefined to those who may. */
export type Refuse = (request: IncomingMessage) => Promise<Answer | undefined>;

export interface AdminLog {
  error(fields: object, message: string): void;
}

interface Handler {
  answer(url: URL): Answer | Promise<Answer>;
  /** Absent where it is for everybody. */
  readonly refuse?: Refuse | undefined;
}

/** Milliseconds. The kubelet gives a probe one second unless told otherwise; a scrape may take ten. */
const HEADERS_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 10_000;
const HANDLER_TIMEOUT = 9_000;
const MAX_CONNECTIONS = 256;

/** An HTTP listener: `/healthz`, `/readyz`, `/metrics`; `/explain` and the web console where they are handled. */
export class AdminServer {
  readonly #server: Server;
  readonly #paths: ReadonlyMap<string, Handler>;
  readonly #listen: HostPort;
  readonly #handlers: AdminHandlers;
  readonly #log: AdminLog;

  constructor(listen: HostPort, handlers: AdminHandlers, log: AdminLog) {
    this.#listen = listen;
    this.#handlers = handlers;
    this.#log = log;
    this.#paths = pathsOf(handlers);
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.headersTimeout = HEADERS_TIMEOUT;
    this.#server.requestTimeout = REQUEST_TIMEOUT;
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Starts to listen. Resolves with the address in use, which tells the port where 0 was asked for.
   * @throws the system's error when the address is taken or not ours
   */
  async start(): Promise<HostPort> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#server.once("error", reject);
    // Without a host Node.js takes ::, or 0.0.0.0 on a machine without IPv6.
    const host = this.#listen.host === "::" ? {} : { host: this.#listen.host };
    this.#server.listen({ port: this.#listen.port, ...host }, () => {
      resolve(undefined);
    });
    await promise;
    this.#server.off("error", reject);
    this.#server.on("error", (error) => {
      this.#log.error({ err: error }, "admin listener failed");
    });
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Takes no more connections, finishes the requests under way, and closes. */
  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#handlers.console?.stop();
    this.#server.close(() => {
      resolve(undefined);
    });
    this.#server.closeIdleConnections();
    const giveUp = setTimeout(() => {
      this.#server.closeAllConnections();
    }, REQUEST_TIMEOUT);
    await promise;
    clearTimeout(giveUp);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? "/", "http://admin");
    const web = this.#handlers.console;
    if (url && web?.serves(url.pathname)) return web.serve(request, response, url);
    const answer = await this.#answer(request, url);
    response.writeHead(answer.status, {
      "Content-Type": answer.contentType,
      "Content-Length": Buffer.byteLength(answer.body),
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      ...answer.headers,
    });
    response.end(request.method === "HEAD" ? undefined : answer.body);
  }

  async #answer(request: IncomingMessage, url: URL | null): Promise<Answer> {
    const handler = url && this.#paths.get(url.pathname);
    if (!handler) return text(404, `not found; there are ${[...this.#paths.keys()].join(", ")}`);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return text(405, "only GET and HEAD are served here", { Allow: "GET, HEAD" });
    }
    try {
      const refused = await handler.refuse?.(request);
      return refused ?? (await withTimeout(Promise.resolve(handler.answer(url))));
    } catch (error) {
      this.#log.error({ err: error, path: url.pathname }, "admin request failed");
      return text(500, "internal error; the operator's log has the reason");
    }
  }
}

function pathsOf(handlers: AdminHandlers): ReadonlyMap<string, Handler> {
  const { explain, refuse } = handlers;
  return new Map<string, Handler>([
    ["/healthz", { answer: () => checked(handlers.health()) }],
    ["/readyz", { answer: async () => checked(await handlers.readiness()) }],
    [
      "/metrics",
      {
        refuse: refuse?.metrics,
        answer: async () => {
          const { contentType, body } = await handlers.metrics();
          return { status: 200, contentType, body };
        },
      },
    ],
    ...(explain
      ? [["/explain", { refuse: refuse?.explain, answer: (url: URL) => explained(url, explain) }] as const]
      : []),
  ]);
}

function checked(check: Check): Answer {
  return check.ok ? text(200, "ok") : text(503, check.reason);
}

async function explained(url: URL, explain: (request: SipRequest) => unknown): Promise<Answer> {
  const query = readExplainQuery(url.search);
  if (!query.ok)
    return json(400, { error: `${query.parameter}: ${query.problem}`, parameter: query.parameter });
  const decision = await explain(query.request);
  if (decision === undefined)
    return json(503, { error: "the API server has not been read yet: ask again soon" });
  return json(200, decision);
}

async function withTimeout(answer: Promise<Answer>): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`no answer within ${HANDLER_TIMEOUT} ms`));
  }, HANDLER_TIMEOUT);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}
