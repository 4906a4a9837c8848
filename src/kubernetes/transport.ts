import type { KubeConfig } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { ApiError, type StatusBody } from "./api-error.ts";
import { Connections, type Use } from "./connections.ts";
import { CredentialSource } from "./credentials.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute path with query, as the API server knows it. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Instead of the transport's own. */
  readonly deadlineMs?: number | undefined;
}

export interface TransportOptions {
  readonly kubeConfig: KubeConfig;
  /** A unary call must be answered in full within this; a stream must have begun. */
  readonly deadlineMs: number;
  /** Connections for unary calls; a stream has one of its own. */
  readonly connections: number;
  /** Called after each unary call; `status` is undefined where nothing came back. */
  readonly observe?: (method: string, status: number | undefined, milliseconds: number) => void;
}

const USER_AGENT = "sip-federation";

type Response = Dispatcher.ResponseData;

/**
 * HTTP/1.1 to the API server over connections that are kept, with a deadline for every call. client-node itself
 * opens a connection for each call and waits for ever.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #credentials: CredentialSource;
  readonly #connections: Connections;
  readonly #origin: string;
  readonly #prefix: string;

  constructor(options: TransportOptions) {
    const cluster = options.kubeConfig.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig has no current cluster");
    const url = new URL(cluster.server);
    this.#options = options;
    this.#connections = new Connections({ calls: options.connections, proxyUrl: cluster.proxyUrl });
    this.#credentials = new CredentialSource(options.kubeConfig);
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/$/, "");
  }

  /** Sends a call and reads the whole answer. Throws `ApiError` for an answer other than 2xx. */
  async send(call: Call): Promise<string> {
    const started = performance.now();
    let status: number | undefined;
    try {
      return await withDeadline(call.deadlineMs ?? this.#options.deadlineMs, call.signal, async (signal) => {
        const response = await this.#request("calls", call, signal);
        status = response.statusCode;
        return await bodyOf(response);
      });
    } finally {
      this.#options.observe?.(call.method, status, performance.now() - started);
    }
  }

  /**
   * Opens a stream and returns as soon as the answer has begun. The caller reads it to its end, or destroys it;
   * the signal ends it too. Throws `ApiError` for an answer other than 2xx.
   */
  async open(call: Call): Promise<Dispatcher.ResponseData["body"]> {
    return withDeadline(this.#options.deadlineMs, undefined, async (deadline) => {
      const signal = call.signal === undefined ? deadline : AbortSignal.any([call.signal, deadline]);
      const response = await this.#request("streams", call, signal);
      if (response.statusCode >= 300) await bodyOf(response);
      return response.body;
    });
  }

  /** Aborts what is under way and closes all connections. */
  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #request(use: Use, call: Call, signal: AbortSignal): Promise<Response> {
    const { headers, tls } = await this.#credentials.current();
    return this.#connections.to(use, tls).request({
      origin: this.#origin,
      path: this.#prefix + call.path,
      method: call.method,
      headers: {
        ...headers,
        accept: "application/json",
        // The API server takes its first word as the name of the field manager.
        "user-agent": USER_AGENT,
        ...(call.body !== undefined && { "content-type": call.contentType ?? "application/json" }),
      },
      body: call.body ?? null,
      signal,
    });
  }
}

async function bodyOf(response: Response): Promise<string> {
  const text = await response.body.text();
  if (response.statusCode < 300) return text;
  throw new ApiError(response.statusCode, statusBody(text), retryAfter(response));
}

function statusBody(text: string): StatusBody {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body;
  } catch {
    // A proxy in between answers in its own words.
  }
  return { message: text.slice(0, 200) };
}

function retryAfter(response: Response): number | undefined {
  const header = response.headers["retry-after"];
  const seconds = typeof header === "string" ? Number(header) : NaN;
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Runs `work` with a signal that fires after `ms`, or when `outer` does. */
async function withDeadline<T>(
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(outer?.reason);
  };
  const timer = setTimeout(() => {
    const error = new Error(`no answer from the API server within ${ms} ms`);
    // As on errors of the system: nothing here is a bug.
    controller.abort(Object.assign(error, { code: "ETIMEDOUT" }));
  }, ms);
  outer?.addEventListener("abort", abort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  }
}
