import type { KubernetesClient } from "./client.ts";
import type { Logger } from "./logger.ts";
import type { CacheEntry } from "./object-cache.ts";
import type { ApiObject, ApiResource } from "./resources.ts";
import type { ObjectEvent } from "./watch.ts";

export interface ListWatchOptions<E extends CacheEntry> {
  readonly client: KubernetesClient;
  readonly resource: ApiResource;
  readonly labelSelector?: string;
  /**
   * A connection that failed is followed by a list, instead of a watch that goes on from there. It costs more, and in
   * return the end of what was missed is known: for kinds of which there are few.
   */
  readonly relistAfterFailure?: boolean;
  /** What is kept of an object. Runs on each object as it comes in, before the next one is read. */
  readonly trim: (object: ApiObject, previous: E | undefined) => E;
  readonly handlers: ListWatchHandlers<E>;
  readonly log: Logger;
  readonly metrics?: ListWatchMetrics | undefined;
  readonly timing?: Partial<ListWatchTiming> | undefined;
}

/** Called in order, one at a time; what they throw is logged and changes nothing. */
export interface ListWatchHandlers<E extends CacheEntry> {
  upserted(entry: E, previous: E | undefined): void;
  deleted(entry: E): void;
  /** A list is complete: the cache is what the API server held at `resourceVersion`. Again after each relist. */
  synced(): void;
}

/** What an operator of this system wants to see of a list+watch. */
export interface ListWatchMetrics {
  listed(kind: string): void;
  /** A connection ended: as planned, because its history is gone, or by a failure. */
  watchEnded(kind: string, outcome: "closed" | "expired" | "failed"): void;
  event(kind: string, type: ObjectEvent["type"]): void;
  handlerFailed(kind: string): void;
}

export interface ListWatchTiming {
  /** The server is asked to end a watch after this and up to twice this. */
  readonly watchSeconds: number;
  /**
   * A connection on which nothing comes for this long is dead. The API server sends a bookmark every minute, or every
   * other one where nothing at all happens; a network that is gone is noticed earlier, by TCP.
   */
  readonly silenceMs: number;
  readonly backoffMs: readonly [initial: number, max: number];
}

export const LIST_WATCH_TIMING: ListWatchTiming = {
  watchSeconds: 300,
  silenceMs: 150_000,
  backoffMs: [800, 30_000],
};
