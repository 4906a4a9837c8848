/** The baseline for everything that goes through the API server: requests as lean as they can be. */
import { Pool } from "undici";
import type { KubernetesApi } from "../test/support/control-plane.ts";

export interface StoredObject {
  readonly metadata: { readonly name: string; readonly generation: number; readonly resourceVersion: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface WatchEvent {
  readonly type: string;
  readonly object: StoredObject;
}

export type Plural = "staticroutes" | "federateddomains";

export const API_VERSION = "sipfederation.io/v1alpha1";
const CONNECTIONS = 32;

/** Kept connections, no retries, no cache. */
export class BareClient {
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ server, ca, token }: KubernetesApi) {
    const forever = { bodyTimeout: 0, headersTimeout: 0 };
    this.#pool = new Pool(server, { connections: CONNECTIONS, pipelining: 1, connect: { ca }, ...forever });
    this.#headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  }

  create(namespace: string, plural: Plural, object: object): Promise<StoredObject> {
    return this.#send("POST", pathOf(namespace, plural), object, "application/json");
  }

  mergeStatus(
    namespace: string,
    plural: Plural,
    object: StoredObject,
    status: object,
  ): Promise<StoredObject> {
    const { name, resourceVersion } = object.metadata;
    const path = `${pathOf(namespace, plural)}/${name}/status`;
    return this.#send(
      "PATCH",
      path,
      { metadata: { resourceVersion }, status },
      "application/merge-patch+json",
    );
  }

  /** As `kubectl apply --server-side` does. */
  apply(namespace: string, plural: Plural, name: string, object: object): Promise<StoredObject> {
    const path = `${pathOf(namespace, plural)}/${name}?fieldManager=kubectl&force=true`;
    return this.#send("PATCH", path, object, "application/apply-patch+yaml");
  }

  /** Fetches and parses the whole list. Returns the number of its items. */
  async list(namespace: string, plural: Plural): Promise<number> {
    const path = pathOf(namespace, plural);
    const response = await this.#pool.request({ method: "GET", path, headers: this.#headers });
    if (response.statusCode !== 200) throw new Error(`list: ${await response.body.text()}`);
    const { items } = (await response.body.json()) as { items: unknown[] };
    return items.length;
  }

  /** Resolves once the API server answers from its cache, which takes it a while with many objects. */
  async served(namespace: string, plural: Plural): Promise<boolean> {
    const path = `${pathOf(namespace, plural)}?resourceVersion=0&fieldSelector=metadata.name%3Dnone`;
    await this.#send("GET", path);
    return true;
  }

  /** Calls `seen` for every event from now on, until the returned function is called. */
  async watch(namespace: string, plural: Plural, seen: (event: WatchEvent) => void): Promise<() => void> {
    const path = pathOf(namespace, plural);
    const first = await this.#send("GET", `${path}?limit=1`);
    const from = `${path}?watch=true&resourceVersion=${first.metadata.resourceVersion}`;
    const { body } = await this.#pool.request({ method: "GET", path: from, headers: this.#headers });
    let rest = "";
    body.setEncoding("utf8");
    body.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) seen(JSON.parse(line) as WatchEvent);
    });
    body.on("error", () => undefined);
    return () => {
      body.destroy();
    };
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #send(method: "GET" | "POST" | "PATCH", path: string, body?: object, type?: string) {
    const response = await this.#pool.request({
      method,
      path,
      headers: { ...this.#headers, ...(type !== undefined && { "content-type": type }) },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
    return JSON.parse(text) as StoredObject;
  }
}

function pathOf(namespace: string, plural: Plural): string {
  return `/apis/${API_VERSION}/namespaces/${namespace}/${plural}`;
}
