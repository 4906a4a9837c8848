import type { KubeConfig } from "@kubernetes/client-node";
import type { Readable } from "node:stream";
import { type ApiResource, apiVersion, clusterPathOf, pathOf } from "./resources.ts";
import { type Call, Transport } from "./transport.ts";

export interface ClientOptions {
  readonly kubeConfig: KubeConfig;
  /** The only namespace that is ever read or written. */
  readonly namespace: string;
  /** Time for a unary call to be answered in full, for a stream to begin. */
  readonly deadlineMs?: number;
  /** Connections for unary calls at once; further calls wait. */
  readonly connections?: number;
  readonly observe?: (method: string, status: number | undefined, milliseconds: number) => void;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Instead of the client's own. */
  readonly deadlineMs?: number;
}

export interface WriteOptions extends CallOptions {
  readonly subresource?: "status";
  /** Instead of the one that the API server makes of the name of this program. */
  readonly fieldManager?: string;
}

/** What a server-side apply sends, its name aside. */
export interface Configuration {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: object;
  readonly [field: string]: unknown;
}

/** Server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes over fields that others own, instead of failing with a conflict. */
  readonly force: boolean;
}

/**
 * Calls to the API server for one namespace. Every method throws `ApiError` where the server refuses, and another
 * error where it does not answer in time.
 */
export class KubernetesClient {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    const { kubeConfig, namespace, deadlineMs = 15_000, connections = 64, observe } = options;
    this.kubeConfig = kubeConfig;
    this.namespace = namespace;
    this.#transport = new Transport({ kubeConfig, deadlineMs, connections, ...(observe && { observe }) });
  }

  async get<T>(resource: ApiResource, name: string, options?: CallOptions): Promise<T> {
    return this.#call<T>({ method: "GET", path: this.#path(resource, [name]) }, options);
  }

  /** One page of a list; `query.continue` goes on from the page before. */
  async list<T>(resource: ApiResource, query: Query, options?: CallOptions): Promise<T> {
    return this.#call<T>({ method: "GET", path: this.#path(resource, [], query) }, options);
  }

  /** Sends a list or watch whose answer is read as it comes. */
  async stream(resource: ApiResource, query: Query, signal: AbortSignal): Promise<Readable> {
    return this.#transport.open({ method: "GET", path: this.#path(resource, [], query), signal });
  }

  async create<T>(
    resource: ApiResource,
    body: object,
    options?: Omit<WriteOptions, "subresource">,
  ): Promise<T> {
    const path = this.#path(resource, [], { fieldManager: options?.fieldManager });
    return this.#call<T>({ method: "POST", path, body: JSON.stringify(body) }, options);
  }

  /** Replaces an object; with `metadata.resourceVersion` in the body only if nobody wrote in between. */
  async replace<T>(resource: ApiResource, name: string, body: object, options?: WriteOptions): Promise<T> {
    const path = this.#path(resource, belowOf(name, options));
    return this.#call<T>({ method: "PUT", path, body: JSON.stringify(body) }, options);
  }

  /** JSON merge patch (RFC 7396); with `metadata.resourceVersion` only if nobody wrote in between. */
  async mergePatch<T>(resource: ApiResource, name: string, body: object, options?: WriteOptions): Promise<T> {
    const path = this.#path(resource, belowOf(name, options), { fieldManager: options?.fieldManager });
    const contentType = "application/merge-patch+json";
    return this.#call<T>({ method: "PATCH", path, body: JSON.stringify(body), contentType }, options);
  }

  /** Deletes an object if it is the one with this `metadata.uid`. */
  async delete(
    resource: ApiResource,
    name: string,
    preconditions: { readonly uid: string },
    options?: CallOptions,
  ): Promise<void> {
    const body = JSON.stringify({ kind: "DeleteOptions", apiVersion: "v1", preconditions });
    await this.#call({ method: "DELETE", path: this.#path(resource, [name]), body }, options);
  }

  /** Creates what is never stored, such as a TokenReview: the answer is in what comes back. Outside of any namespace. */
  async review<T>(resource: ApiResource, spec: object, options?: CallOptions): Promise<T> {
    const body = JSON.stringify({ apiVersion: apiVersion(resource), kind: resource.kind, spec });
    return this.#call<T>({ method: "POST", path: clusterPathOf(resource), body }, options);
  }

  /** Server-side apply. The name need not stand in the body. */
  async apply<T>(
    resource: ApiResource,
    name: string,
    configuration: Configuration,
    options: ApplyOptions,
  ): Promise<T> {
    const { fieldManager, force } = options;
    const body = { ...configuration, metadata: { ...configuration.metadata, name } };
    const path = this.#path(resource, belowOf(name, options), { fieldManager, force });
    // Every JSON document is YAML, and no other type is accepted here.
    const contentType = "application/apply-patch+yaml";
    return this.#call<T>({ method: "PATCH", path, body: JSON.stringify(body), contentType }, options);
  }

  /** Aborts what is under way and closes all connections. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #call<T>(call: Call, { signal, deadlineMs }: CallOptions = {}): Promise<T> {
    return JSON.parse(await this.#transport.send({ ...call, signal, deadlineMs })) as T;
  }

  #path(resource: ApiResource, below: readonly string[], query: Query = {}): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    const path = pathOf(resource, this.namespace, ...below);
    return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
  }
}

function belowOf(name: string, options: WriteOptions | undefined): readonly string[] {
  return options?.subresource === undefined ? [name] : [name, options.subresource];
}
