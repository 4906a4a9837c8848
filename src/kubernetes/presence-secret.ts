import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { isNotFound, isUnavailable } from "./api-error.ts";
import { Backoff } from "../timing/backoff.ts";
import type { KubernetesClient } from "./client.ts";
import type { SecretObject } from "./dialog-secret.ts";
import type { Logger } from "./logger.ts";
import { Outage } from "./outage.ts";
import { pause } from "./pause.ts";
import { apiVersion, SECRETS } from "./resources.ts";
import { retryDelay } from "./retry-delay.ts";

export interface PresenceSecretOptions {
  readonly client: KubernetesClient;
  readonly installation: string;
  readonly log: Logger;
  /** Milliseconds between two attempts to read, the first and the longest; 800 and 30,000 unless told. */
  readonly backoffMs?: readonly [initial: number, max: number];
}

const MANAGER = "sip-federation-presence";
const ENTRY = "subscriptions.gz";
const compress = promisify(gzip);
const expand = promisify(gunzip);

/**
 * Who follows whose presence between SIP and XMPP, kept over a restart. In a Secret: it is nobody's business. Compressed,
 * a subscription takes some 100 bytes, and an object holds 1 MiB at most.
 */
export class PresenceSecret {
  readonly #options: PresenceSecretOptions;
  readonly #name: string;
  readonly #stopping = new AbortController();

  constructor(options: PresenceSecretOptions) {
    this.#options = options;
    this.#name = `${options.installation}-xmpp-presence`;
  }

  /**
   * What was saved last; undefined where nothing was. Waits while the API server is away: what is there must not be
   * overwritten by somebody who has not read it.
   * @throws ApiError where the server refuses, an error with a code of node:zlib where somebody else wrote there, and
   *   after `stop`
   */
  async load(): Promise<string | undefined> {
    const { log, backoffMs: [initialMs, maxMs] = [800, 30_000] } = this.#options;
    const backoff = new Backoff({ initialMs, maxMs });
    const outage = new Outage(log);
    const { signal } = this.#stopping;
    for (;;) {
      try {
        const text = await this.#read();
        outage.over({ secret: this.#name }, "who follows whose presence was read");
        return text;
      } catch (error) {
        if (signal.aborted || !isUnavailable(error) || isDamaged(error)) throw error;
        outage.failed({ secret: this.#name, err: error }, "who follows whose presence cannot be read");
        await pause(retryDelay(error, backoff), signal);
      }
    }
  }

  /**
   * By server-side apply, which a Role can allow for this one name.
   * @throws ApiError, or another error where the API server does not answer in time
   */
  async save(text: string): Promise<void> {
    const state = await compress(text);
    const object = {
      apiVersion: apiVersion(SECRETS),
      kind: SECRETS.kind,
      metadata: { labels: { "app.kubernetes.io/part-of": "sip-federation" } },
      type: "Opaque",
      data: { [ENTRY]: state.toString("base64") },
    };
    await this.#options.client.apply(SECRETS, this.#name, object, { fieldManager: MANAGER, force: true });
  }

  /** Ends `load`. */
  stop(): void {
    this.#stopping.abort();
  }

  async #read(): Promise<string | undefined> {
    const { client } = this.#options;
    const { signal } = this.#stopping;
    try {
      const { data = {} } = await client.get<SecretObject>(SECRETS, this.#name, { signal });
      const entry = data[ENTRY];
      return entry === undefined ? undefined : (await expand(Buffer.from(entry, "base64"))).toString("utf8");
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** Not what `save` has written. */
function isDamaged(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
