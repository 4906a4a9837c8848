import { DEFAULT_ROUTE_NAME, DEFAULT_ROUTE_PATTERN } from "../api/names.ts";
import { isConflict, isUnavailable } from "./api-error.ts";
import type { CachedRoute } from "./cached.ts";
import type { KubernetesClient } from "./client.ts";
import type { Logger } from "./logger.ts";
import { type ApiObject, apiVersion, STATIC_ROUTES } from "./resources.ts";
import { WorkQueue } from "./work-queue.ts";

export interface DefaultRouteOptions {
  readonly client: KubernetesClient;
  /** This replica leads, the routes are known, and none of them has the pattern `.*`. */
  readonly isMissing: () => boolean;
  /** The route was created. */
  readonly created: (uid: string) => void;
  readonly log: Logger;
}

/** Owns `spec.destinationPattern` of the predefined route in managedFields. */
export const DEFAULT_ROUTE_MANAGER = "sip-federation-default-route";

/**
 * Keeps the predefined route in a namespace that has no default route. Server-side applied with its pattern alone, so
 * that a person or GitOps can set everything else without a conflict; never forced, so that it takes nothing from
 * anybody.
 */
export class DefaultRoute {
  readonly #options: DefaultRouteOptions;
  readonly #queue: WorkQueue;

  constructor(options: DefaultRouteOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      name: "default-route",
      concurrency: 1,
      process: () => this.#ensure(),
      concernsAll: isUnavailable,
      backoffMs: [500, 60_000],
      log: options.log,
    });
  }

  /** The routes or the leadership may have changed. */
  check(): void {
    if (this.#options.isMissing()) this.#queue.add(DEFAULT_ROUTE_NAME);
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
  }

  async #ensure(): Promise<void> {
    if (!this.#options.isMissing()) return;
    const route = {
      apiVersion: apiVersion(STATIC_ROUTES),
      kind: STATIC_ROUTES.kind,
      spec: { destinationPattern: DEFAULT_ROUTE_PATTERN },
    };
    const { client, created, log } = this.#options;
    const how = { fieldManager: DEFAULT_ROUTE_MANAGER, force: false };
    try {
      const { metadata } = await client.apply<ApiObject>(STATIC_ROUTES, DEFAULT_ROUTE_NAME, route, how);
      log.info({ route: DEFAULT_ROUTE_NAME }, "created the predefined default route, blocked");
      created(metadata.uid);
    } catch (error) {
      if (!isConflict(error)) throw error;
      log.info({ err: error }, "somebody else is writing the default route: leaving it to them");
    }
  }
}

export function hasDefaultRoute(routes: Iterable<CachedRoute>): boolean {
  for (const { object } of routes) if (object.spec.destinationPattern === DEFAULT_ROUTE_PATTERN) return true;
  return false;
}
