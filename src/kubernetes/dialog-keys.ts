import { randomUUID } from "node:crypto";
import { isAlreadyExists, isConflict, isNotFound } from "./api-error.ts";
import { Backoff } from "../timing/backoff.ts";
import type { KubernetesClient } from "./client.ts";
import {
  acceptedKeys,
  type DialogSecret,
  entered,
  fingerprint,
  readSecret,
  type SecretObject,
  together,
} from "./dialog-secret.ts";
import { newKey, nextStep, type RotationPolicy } from "./key-rotation.ts";
import type { Logger } from "./logger.ts";
import { Outage } from "./outage.ts";
import { pause } from "./pause.ts";
import { apiVersion, SECRETS } from "./resources.ts";
import { retryDelay } from "./retry-delay.ts";

export interface DialogKeysOptions {
  readonly client: KubernetesClient;
  readonly installation: string;
  readonly policy: RotationPolicy;
  /**
   * The keys, in hexadecimal digits: the first makes marks, all are accepted. Called when they are known, and whenever
   * they have changed.
   */
  readonly changed: (keys: readonly string[]) => void;
  /** One replica at most rotates. */
  readonly isLeader: () => boolean;
  /** Whether every replica accepts the key with this fingerprint. */
  readonly isEverywhere: (fingerprint: string) => boolean;
  readonly log: Logger;
  /** Between two looks, in milliseconds. */
  readonly rereadMs?: number;
}

const REREAD_MS = 15_000;

/**
 * The keys by which all replicas recognise the dialogs of this installation, kept in a Secret that whoever comes first
 * creates, and that the leader rotates. A Secret that was deleted comes back as it was, so that no dialog is cut off.
 */
export class DialogKeys {
  readonly #options: DialogKeysOptions;
  readonly #backoff = new Backoff({ initialMs: 800, maxMs: 30_000 });
  readonly #reading: Outage;
  readonly #entries: Outage;
  readonly #rotating: Outage;
  readonly #stopping = new AbortController();
  /** Nobody else's: of two that apply a key at once, the second gets a conflict instead of overwriting the first. */
  readonly #fieldManager = `sip-federation-${randomUUID()}`;
  #secret: DialogSecret | undefined;
  #keys: readonly string[] = [];
  #running: Promise<void> | undefined;

  constructor(options: DialogKeysOptions) {
    this.#options = options;
    this.#reading = new Outage(options.log);
    this.#entries = new Outage(options.log);
    this.#rotating = new Outage(options.log);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { rereadMs = REREAD_MS } = this.#options;
    const { signal } = this.#stopping;
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      let delayMs = rereadMs * (1 + Math.random() / 10);
      try {
        this.#adopt(await this.#readOrCreate());
        this.#backoff.reset();
        this.#reading.over({ secret: this.#name }, "the dialog key was read");
        await this.#rotate();
      } catch (error) {
        if (isStopped()) return;
        delayMs = retryDelay(error, this.#backoff);
        const fields = { secret: this.#name, err: error, delayMs: Math.round(delayMs) };
        this.#reading.failed(fields, "the dialog key cannot be read");
      }
      await pause(delayMs, signal);
    }
  }

  get #name(): string {
    return `${this.#options.installation}-dialog-key`;
  }

  #adopt(secret: DialogSecret): void {
    this.#secret = secret;
    const keys = acceptedKeys(secret, Date.now());
    const former = this.#keys;
    this.#keys = keys;
    this.#tellIgnored(secret);
    if (keys.join() === former.join()) return;
    this.#tellReplaced(former[0]);
    this.#options.changed(keys);
  }

  #tellIgnored({ ignored = [] }: DialogSecret): void {
    const fields = { secret: this.#name };
    if (ignored.length === 0) {
      this.#entries.over(fields, "all entries of the dialog key's Secret are keys");
      return;
    }
    const entries = ignored.map((entry) => `data.${entry}`).join(", ");
    this.#entries.failed(
      { ...fields, entries },
      "not a dialog key, and ignored: write 32 hexadecimal digits or more",
    );
  }

  #tellReplaced(former: string | undefined): void {
    if (former === undefined || former === this.#keys[0]) return;
    const fields = { secret: this.#name };
    if (this.#keys.includes(former))
      this.#options.log.info(fields, "marks of dialogs are made with a new key");
    else
      this.#options.log.warn(
        fields,
        "the dialog key was replaced: dialogs that it marked are not known any more",
      );
  }

  /** Of writes at the same moment one counts: the others find another resourceVersion, and look again. */
  async #rotate(): Promise<void> {
    const { client, policy, isLeader, isEverywhere, log } = this.#options;
    const secret = this.#secret;
    if (!isLeader() || secret?.resourceVersion === undefined) return;
    const step = nextStep(secret, policy, Date.now(), (key) => isEverywhere(fingerprint(key)));
    if (step === undefined) return;
    const { resourceVersion } = secret;
    const { data, annotations } = step.change;
    const fields = { secret: this.#name };
    try {
      const { signal } = this.#stopping;
      const body = { metadata: { resourceVersion, annotations }, data };
      const written = await client.mergePatch<SecretObject>(SECRETS, this.#name, body, { signal });
      if (step.news !== undefined) log.info(fields, step.news);
      this.#rotating.over(fields, "the dialog key can be rotated");
      this.#adopt(readSecret(written));
    } catch (error) {
      if (this.#stopping.signal.aborted || isConflict(error)) return;
      this.#rotating.failed({ ...fields, err: error }, "the dialog key cannot be rotated");
    }
  }

  async #readOrCreate(): Promise<DialogSecret> {
    try {
      return await this.#read();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    try {
      return await this.#create(this.#secret ?? { key: newKey() });
    } catch (error) {
      if (!isAlreadyExists(error) && !isConflict(error)) throw error;
      return this.#read();
    }
  }

  async #read(): Promise<DialogSecret> {
    const { client } = this.#options;
    const { signal } = this.#stopping;
    return readSecret(await client.get<SecretObject>(SECRETS, this.#name, { signal }));
  }

  /** By server-side apply, which a Role can allow for this one name; a POST it can only allow for all Secrets. */
  async #create(secret: DialogSecret): Promise<DialogSecret> {
    const now = Date.now();
    const { key, keySince = now, next, nextSince = now, previous, previousUntil } = secret;
    const { data, annotations } = together(
      entered("key", key, keySince),
      ...(next === undefined ? [] : [entered("next", next, nextSince)]),
      ...(previous === undefined || previousUntil === undefined
        ? []
        : [entered("previous", previous, previousUntil)]),
    );
    const labels = { "app.kubernetes.io/part-of": "sip-federation" };
    const object = {
      apiVersion: apiVersion(SECRETS),
      kind: SECRETS.kind,
      metadata: { name: this.#name, labels, annotations },
      type: "Opaque",
      data,
    };
    await this.#options.client.apply(SECRETS, this.#name, object, {
      fieldManager: this.#fieldManager,
      force: false,
    });
    return { ...secret, resourceVersion: undefined };
  }
}
