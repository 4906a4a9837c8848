import operatorModule, {
  type ResourceEvent,
  type ResourceEventType,
  type ResourceMeta,
} from "@dot-i/k8s-operator";
import { CoreV1Api } from "@kubernetes/client-node";
import type { DomainObject, RouteObject } from "../federation/types.ts";
import { type Cached, cachedDomain, type CachedDomain, cachedRoute, type CachedRoute } from "./cached.ts";
import type { KubernetesClient } from "./client.ts";
import { frameworkLogger, resourceEvent, resourceMeta, withoutDefaultKubeConfig } from "./framework.ts";
import { ListWatch } from "./list-watch.ts";
import type { ListWatchMetrics, ListWatchOptions, ListWatchTiming } from "./list-watch-options.ts";
import type { Logger } from "./logger.ts";
import {
  type ApiObject,
  apiVersion,
  FEDERATED_DOMAINS,
  type FederationResource,
  type Kind,
  pathOf,
  STATIC_ROUTES,
} from "./resources.ts";
import { DOMAIN_STATUS, ROUTE_STATUS } from "./status-shapes.ts";

const { default: Operator, ResourceEventType: EventType } = operatorModule;

export interface OperatorOptions {
  readonly client: KubernetesClient;
  readonly handlers: OperatorHandlers;
  readonly log: Logger;
  readonly metrics?: ListWatchMetrics;
  readonly timing?: Partial<ListWatchTiming>;
}

/** What follows from changes in the API. Called in order; must not wait. */
export interface OperatorHandlers {
  /** New, or its spec changed. */
  routeChanged(route: RouteObject): void;
  routeDeleted(name: string): void;
  /** New, or its spec changed. */
  domainChanged(domain: DomainObject): void;
  domainDeleted(name: string): void;
  /** Anything of an object changed, its status too, by us or by anybody. */
  touched(kind: Kind, name: string): void;
  /** Both caches are complete. Again whenever one had to be listed anew. */
  synced(): void;
}

type OnEvent = (event: ResourceEvent) => Promise<void>;
type Entry = Cached<{ readonly generation: number }>;

const STATUS = { subresource: "status" } as const;
const RESOURCES: readonly FederationResource[] = [STATIC_ROUTES, FEDERATED_DOMAINS];

/**
 * The life cycle and the events of `@dot-i/k8s-operator`, on list+watch caches of our own. What the base class itself
 * does with the API server is replaced here: it never lists, ends the process when a watch ends, and hides writes that
 * failed. Its finalizers and its registration of definitions are not used.
 */
export class SipFederationOperator extends Operator {
  readonly routes: ListWatch<CachedRoute>;
  readonly domains: ListWatch<CachedDomain>;
  readonly #client: KubernetesClient;
  readonly #handlers: OperatorHandlers;
  readonly #log: Logger;
  readonly #listeners = new Map<string, OnEvent>();

  static create(options: OperatorOptions): SipFederationOperator {
    return withoutDefaultKubeConfig(() => new SipFederationOperator(options));
  }

  private constructor(options: OperatorOptions) {
    super(frameworkLogger(options.log));
    this.#client = options.client;
    this.#handlers = options.handlers;
    this.#log = options.log;
    this.kubeConfig = options.client.kubeConfig;
    this.k8sApi = this.kubeConfig.makeApiClient(CoreV1Api);
    this.routes = this.#cache(STATIC_ROUTES, cachedRoute(ROUTE_STATUS), options);
    this.domains = this.#cache(FEDERATED_DOMAINS, cachedDomain(DOMAIN_STATUS), options);
  }

  /** What the cache has of an object. */
  get(kind: Kind, name: string): Entry | undefined {
    return (kind === STATIC_ROUTES.kind ? this.routes : this.domains).get(name);
  }

  /** Both caches have been complete once. */
  get synced(): boolean {
    return this.routes.synced && this.domains.synced;
  }

  /** The routes are known as they are at this moment: whether federation is open, among others. */
  get current(): boolean {
    return this.synced && this.routes.current;
  }

  /** The state of the API server that each cache reflects; empty before its first list. */
  get resourceVersions(): Readonly<Record<Kind, string>> {
    return {
      StaticRoute: this.routes.resourceVersion ?? "",
      FederatedDomain: this.domains.resourceVersion ?? "",
    };
  }

  override stop(): void {
    void this.close();
  }

  /** Resolves when no handler will be called any more. */
  async close(): Promise<void> {
    await Promise.all([this.routes.stop(), this.domains.stop()]);
  }

  protected override async init(): Promise<void> {
    await this.#follow(STATIC_ROUTES, ({ type, meta: { name } }) => {
      const route = this.routes.get(name)?.object;
      if (type === EventType.Deleted) this.#handlers.routeDeleted(name);
      else if (route !== undefined) this.#handlers.routeChanged(route);
    });
    await this.#follow(FEDERATED_DOMAINS, ({ type, meta: { name } }) => {
      const domain = this.domains.get(name)?.object;
      if (type === EventType.Deleted) this.#handlers.domainDeleted(name);
      else if (domain !== undefined) this.#handlers.domainChanged(domain);
    });
  }

  /** Starts the cache of one of our kinds. Its events say which object changed; the object itself is in the cache. */
  protected override watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: OnEvent,
  ): Promise<void> {
    const resource = RESOURCES.find(
      (one) => one.group === group && one.version === version && one.plural === plural,
    );
    if (resource === undefined)
      return Promise.reject(new Error(`no cache for ${plural}.${group}/${version}`));
    this.#listeners.set(resource.kind, onEvent);
    (resource === STATIC_ROUTES ? this.routes : this.domains).start();
    return Promise.resolve();
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const server = this.kubeConfig.getCurrentCluster()?.server ?? "";
    return server + pathOf({ group, version, plural, kind: "" }, namespace ?? this.#client.namespace);
  }

  /** Replaces the status. Throws where the API server refuses it. */
  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const { name, resourceVersion } = meta;
    const resource = resourceOf(meta);
    const body = {
      apiVersion: apiVersion(resource),
      kind: resource.kind,
      metadata: { name, resourceVersion },
      status,
    };
    const { metadata } = await this.#client.replace<ApiObject>(resource, name, body, STATUS);
    return resourceMeta(resource, metadata);
  }

  /** JSON merge patch of the status. Throws where the API server refuses it. */
  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const { name, resourceVersion } = meta;
    const resource = resourceOf(meta);
    const body = { metadata: { resourceVersion }, status };
    const { metadata } = await this.#client.mergePatch<ApiObject>(resource, name, body, STATUS);
    return resourceMeta(resource, metadata);
  }

  #follow(
    { group, version, plural }: FederationResource,
    onEvent: (event: ResourceEvent) => void,
  ): Promise<void> {
    const listener: OnEvent = (event) => {
      onEvent(event);
      return Promise.resolve();
    };
    return this.watchResource(group, version, plural, listener);
  }

  #cache<E extends Entry>(
    resource: FederationResource,
    trim: ListWatchOptions<E>["trim"],
    options: OperatorOptions,
  ): ListWatch<E> {
    const { client, log, metrics, timing, handlers } = options;
    return new ListWatch<E>({
      client,
      resource,
      relistAfterFailure: resource === STATIC_ROUTES,
      trim,
      log,
      metrics,
      timing,
      handlers: {
        upserted: (entry, previous) => {
          const type = previous === undefined ? EventType.Added : EventType.Modified;
          if (entry.object !== previous?.object) this.#emit(resource, type, entry);
          handlers.touched(resource.kind, entry.name);
        },
        deleted: (entry) => {
          this.#emit(resource, EventType.Deleted, entry);
          handlers.touched(resource.kind, entry.name);
        },
        synced: () => {
          if (this.synced) handlers.synced();
        },
      },
    });
  }

  #emit(resource: FederationResource, type: ResourceEventType, entry: Entry): void {
    const handling = this.#listeners.get(resource.kind)?.(resourceEvent(resource, type, entry));
    handling?.catch((error: unknown) => {
      this.#log.error({ err: error, kind: resource.kind, name: entry.name }, "an event could not be handled");
    });
  }
}

function resourceOf({ kind }: ResourceMeta): FederationResource {
  return kind === STATIC_ROUTES.kind ? STATIC_ROUTES : FEDERATED_DOMAINS;
}
