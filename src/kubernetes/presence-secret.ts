import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { isNotFound } from "./api-error.ts";
import type { KubernetesClient } from "./client.ts";
import type { SecretObject } from "./dialog-secret.ts";
import { apiVersion, SECRETS } from "./resources.ts";

export interface PresenceSecretOptions {
  readonly client: KubernetesClient;
  readonly installation: string;
}

const MANAGER = "sip-federation-presence";
const ENTRY = "subscriptions.gz";
const compress = promisify(gzip);
const expand = promisify(gunzip);

/**
 * Who follows whose presence between SIP and XMPP, kept over a restart. In a Secret: it is nobody's business. Compressed,
 * since an object holds 1 MiB at most; of 20,000 subscriptions that is enough.
 */
export class PresenceSecret {
  readonly #client: KubernetesClient;
  readonly #name: string;

  constructor({ client, installation }: PresenceSecretOptions) {
    this.#client = client;
    this.#name = `${installation}-xmpp-presence`;
  }

  /**
   * What was saved last; undefined where nothing was.
   * @throws ApiError, or an error with a code of node:zlib where somebody else wrote something there
   */
  async load(): Promise<string | undefined> {
    try {
      const { data = {} } = await this.#client.get<SecretObject>(SECRETS, this.#name);
      const entry = data[ENTRY];
      return entry === undefined ? undefined : (await expand(Buffer.from(entry, "base64"))).toString("utf8");
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /**
   * By server-side apply, which a Role can allow for this one name.
   * @throws ApiError
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
    await this.#client.apply(SECRETS, this.#name, object, { fieldManager: MANAGER, force: true });
  }
}
