import { randomBytes, randomUUID } from "node:crypto";
import { isAlreadyExists, isConflict, isNotFound } from "./api-error.ts";
import { Backoff } from "./backoff.ts";
import type { KubernetesClient } from "./client.ts";
import type { Logger } from "./logger.ts";
import { Outage } from "./outage.ts";
import { pause } from "./pause.ts";
import { apiVersion, SECRETS } from "./resources.ts";
import { retryDelay } from "./retry-delay.ts";

export interface DialogKeyOptions {
  readonly client: KubernetesClient;
  readonly installation: string;
  /** The key, in hexadecimal digits: called when it is known, and whenever it has changed. */
  readonly changed: (key: string) => void;
  readonly log: Logger;
  /** Between two looks, in milliseconds. */
  readonly rereadMs?: number;
}

interface Secret {
  readonly data?: Readonly<Record<string, string>>;
}

const KEY_BYTES = 32;
/** In the Secret it is text, so that a person can put one there (openssl rand -hex 32): 128 bits and more. */
const KEY = /^[0-9a-f]{32,}$/i;
const ENTRY = "key";

/**
 * The key by which all replicas recognise the dialogs of this installation, kept in a Secret that whoever comes first
 * creates. A Secret that was deleted comes back with the same key, so that no dialog is cut off.
 */
export class DialogKey {
  readonly #options: DialogKeyOptions;
  readonly #backoff = new Backoff({ initialMs: 800, maxMs: 30_000 });
  readonly #outage: Outage;
  readonly #stopping = new AbortController();
  /** Nobody else's: of two that apply a key at once, the second gets a conflict instead of overwriting the first. */
  readonly #fieldManager = `sip-federation-${randomUUID()}`;
  #key: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: DialogKeyOptions) {
    this.#options = options;
    this.#outage = new Outage(options.log);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { rereadMs = 60_000 } = this.#options;
    const { signal } = this.#stopping;
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      let delayMs = rereadMs * (1 + Math.random() / 10);
      try {
        this.#adopt(await this.#readOrCreate());
        this.#backoff.reset();
        this.#outage.over({ secret: this.#name }, "the dialog key was read");
      } catch (error) {
        if (isStopped()) return;
        delayMs = retryDelay(error, this.#backoff);
        const fields = { secret: this.#name, err: error, delayMs: Math.round(delayMs) };
        this.#outage.failed(fields, "the dialog key cannot be read");
      }
      await pause(delayMs, signal);
    }
  }

  get #name(): string {
    return `${this.#options.installation}-dialog-key`;
  }

  #adopt(key: string): void {
    if (this.#key === key) return;
    this.#key = key;
    this.#options.changed(key);
  }

  async #readOrCreate(): Promise<string> {
    try {
      return await this.#read();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    try {
      return await this.#create(this.#key ?? randomBytes(KEY_BYTES).toString("hex"));
    } catch (error) {
      if (!isAlreadyExists(error) && !isConflict(error)) throw error;
      return this.#read();
    }
  }

  async #read(): Promise<string> {
    const { data } = await this.#options.client.get<Secret>(SECRETS, this.#name, {
      signal: this.#stopping.signal,
    });
    const key = Buffer.from(data?.[ENTRY] ?? "", "base64")
      .toString("latin1")
      .trim();
    if (!KEY.test(key)) throw new Error(`data.${ENTRY} does not hold 32 hexadecimal digits or more`);
    return key;
  }

  /** By server-side apply, which a Role can allow for this one name; a POST it can only allow for all Secrets. */
  async #create(key: string): Promise<string> {
    const secret = {
      apiVersion: apiVersion(SECRETS),
      kind: SECRETS.kind,
      metadata: { name: this.#name, labels: { "app.kubernetes.io/part-of": "sip-federation" } },
      type: "Opaque",
      data: { [ENTRY]: Buffer.from(key).toString("base64") },
    };
    await this.#options.client.apply(SECRETS, this.#name, secret, {
      fieldManager: this.#fieldManager,
      force: false,
    });
    return key;
  }
}
