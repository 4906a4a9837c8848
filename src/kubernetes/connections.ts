import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { TlsOptions } from "./credentials.ts";

export interface ConnectionOptions {
  /** Connections for unary calls at once. */
  readonly calls: number;
  readonly proxyUrl: string | undefined;
}

/** Streams last for minutes: they have connections of their own, so that no call waits behind one. */
export type Use = "calls" | "streams";

/** Idle connections are kept for this long; the API server closes its own side after 90 seconds. */
const KEEP_ALIVE_MS = 60_000;
/** A peer that does not answer is given up 10 seconds later: this is what notices a network that is gone. */
const TCP_KEEP_ALIVE_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** The connections to the API server: kept, and replaced where certificates are rotated. */
export class Connections {
  readonly #options: ConnectionOptions;
  #tls: TlsOptions | undefined;
  #dispatchers: Record<Use, Dispatcher> | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  to(use: Use, tls: TlsOptions): Dispatcher {
    if (this.#closed) throw new Error("the client is closed");
    if (this.#dispatchers === undefined || this.#tls !== tls) {
      // Whatever is under way ends on the old connections.
      void this.#dispatchers?.calls.close();
      void this.#dispatchers?.streams.close();
      this.#tls = tls;
      this.#dispatchers = {
        calls: this.#connect(tls, this.#options.calls),
        streams: this.#connect(tls, null),
      };
    }
    return this.#dispatchers[use];
  }

  /** Aborts what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    const dispatchers = this.#dispatchers;
    this.#dispatchers = undefined;
    await Promise.all([dispatchers?.calls.destroy(), dispatchers?.streams.destroy()]);
  }

  #connect(tls: TlsOptions, connections: number | null): Dispatcher {
    const options = {
      connections,
      // Every call has a deadline of its own, every stream a watchdog.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Over HTTP/2 all would share one connection, and its fate.
      allowH2: false,
    };
    const { proxyUrl } = this.#options;
    if (proxyUrl !== undefined) return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: tls });
    const tcp = { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS };
    return new Agent({ ...options, connect: { ...tls, ...tcp } });
  }
}
