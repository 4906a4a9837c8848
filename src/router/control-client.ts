import { Pool } from "undici";
import { certifiedName } from "./encode.ts";
import type { CertificateQuestion } from "./frames.ts";
import type { Verdict } from "./types.ts";

/** What the router says of itself. */
export interface RouterStatus {
  /** Random per start of the router. */
  readonly instance: string;
  /** The epoch that it routes by; undefined while it is empty. */
  readonly epoch: string | undefined;
}

/** A next hop to probe. */
export interface ProbedHop {
  /** As in the routing table. */
  readonly uri: string;
  /** It serves a local domain: the probe leaves from where requests to the inside do. */
  readonly inside: boolean;
}

export type ControlOutcome =
  | { readonly ok: true; readonly body: string }
  /** `status` is what the router refused it with; undefined where it did not answer. */
  | { readonly ok: false; readonly status: number | undefined; readonly message: string };

export interface ControlClientOptions {
  readonly host: string;
  readonly port: number;
  /** Connections at once; 4 by default. */
  readonly connections?: number;
  /** Deadline of one request, in milliseconds; 1000 by default. */
  readonly timeoutMs?: number;
}

const VERDICT_LETTERS: Record<Verdict, string> = {
  default: "D",
  uncached: "U",
  refused: "B",
  gateway: "X",
};

/** HTTP on the router's loopback control listener, with connections kept alive. */
export class ControlClient {
  readonly #pool: Pool;
  readonly #timeoutMs: number;

  constructor(options: ControlClientOptions) {
    this.#timeoutMs = options.timeoutMs ?? 1000;
    const host = options.host.includes(":") ? `[${options.host}]` : options.host;
    this.#pool = new Pool(`http://${host}:${options.port}`, {
      connections: options.connections ?? 4,
      // Below the router's own lifetime of a connection, so that it never closes one under a request.
      keepAliveTimeout: 10_000,
      keepAliveMaxTimeout: 10_000,
    });
  }

  /** Undefined when the router does not answer, or not as a router. */
  async status(): Promise<RouterStatus | undefined> {
    const outcome = await this.#request("GET", "/status");
    if (!outcome.ok) return undefined;
    const [instance = "", epoch = ""] = outcome.body.trim().split("|");
    if (instance === "") return undefined;
    return { instance, epoch: epoch === "" ? undefined : epoch };
  }

  /**
   * Writes to the table, one line after the other: `key|value`, or a key alone to delete it.
   * @param head `instance|ticket`; a wrong one is refused with 409. Both answers carry the one to use next.
   */
  write(head: string, lines: readonly string[]): Promise<ControlOutcome> {
    return this.#request("POST", "/table", `${head}\n${lines.join("\n")}`);
  }

  /** Resumes the requests that wait for this domain. */
  verdict(domain: string, verdict: Verdict): Promise<ControlOutcome> {
    return this.#request("POST", "/verdict", `${domain}|${VERDICT_LETTERS[verdict]}`);
  }

  /** Removes the keys of an old epoch, in the background. */
  sweep(epoch: string): Promise<ControlOutcome> {
    return this.#request("POST", "/sweep", epoch);
  }

  /** Sends an OPTIONS to each of these next hops; what they answer comes over the event stream. */
  probe(hops: readonly ProbedHop[]): Promise<ControlOutcome> {
    const lines = hops.map(({ uri, inside }) => `${uri}|${inside ? "i" : "o"}`);
    return this.#request("POST", "/probe", lines.join("\n"));
  }

  /** Tells the router which next hops do not answer probes, and which do again. By URI; true is dead, for a minute. */
  mark(dead: ReadonlyMap<string, boolean>): Promise<ControlOutcome> {
    const lines = [...dead].map(([uri, isDead]) => `${uri}|${isDead ? "1" : "0"}`);
    return this.#request("POST", "/hops", lines.join("\n"));
  }

  /**
   * Tells the router which names a certificate proves, none included.
   * @param context as it came with the question
   */
  certify({ hash, rest }: CertificateQuestion["context"], names: readonly string[]): Promise<ControlOutcome> {
    return this.#request(
      "POST",
      "/names",
      `${hash}|${names.length === 0 ? "-" : names.map(certifiedName).join(",")}|${rest}`,
    );
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Every request here may be repeated, so a kept connection that broke under it costs one more attempt. */
  async #request(method: "GET" | "POST", path: string, body?: string): Promise<ControlOutcome> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const first = await this.#attempt(signal, method, path, body);
    if (first.ok || first.status !== undefined || signal.aborted) return first;
    return this.#attempt(signal, method, path, body);
  }

  async #attempt(signal: AbortSignal, method: string, path: string, body?: string): Promise<ControlOutcome> {
    try {
      const headers = { "content-type": "text/plain" };
      const response = await this.#pool.request({ method, path, body: body ?? null, headers, signal });
      const text = await response.body.text();
      if (response.statusCode < 300) return { ok: true, body: text };
      return { ok: false, status: response.statusCode, message: text.trim() };
    } catch (error) {
      return {
        ok: false,
        status: undefined,
        message: error instanceof Error ? error.message : String(error),
      };
    }
  }
}
