import type { Condition } from "../api/types.ts";
import { isConflict, isNotFound, isUnavailable } from "./api-error.ts";
import type { Cached } from "./cached.ts";
import type { KubernetesClient } from "./client.ts";
import type { Logger } from "./logger.ts";
import { type ApiObject, apiVersion, type ApiResource, type Kind } from "./resources.ts";
import { digestOf, type ObjectStatus, ownPart, type StatusShape, UNWRITTEN } from "./status-digest.ts";
import { TokenBucket } from "./token-bucket.ts";
import { WorkQueue } from "./work-queue.ts";
import type { WorkQueueMetrics } from "./work-queue-options.ts";

type Entry = Cached<{ readonly generation: number }>;

/** How the status of a kind comes about. */
export interface StatusKind<E extends Entry = Entry> {
  readonly resource: ApiResource;
  readonly shape: StatusShape;
  readonly cache: { get(name: string): E | undefined; entries(): Iterable<E> };
  /**
   * The status that an object shall have, given its conditions as they are. Pure; called far more often than anything
   * is written. Undefined while it cannot be told.
   */
  desired(entry: E, previous: readonly Condition[], now: Date): ObjectStatus | undefined;
}

export interface StatusWriterOptions {
  readonly client: KubernetesClient;
  readonly kinds: Readonly<Record<Kind, StatusKind>>;
  /** Whether the caches are complete: from half of the objects no status can be told. Until then all wait. */
  readonly isReady: () => boolean;
  /** Writes a second over all kinds; 0 means no limit. */
  readonly writesPerSecond: number;
  readonly log: Logger;
  readonly metrics?: WorkQueueMetrics | undefined;
  /** Writes at once. */
  readonly concurrency?: number;
}

/** How often incomplete caches are looked at again. */
const RECHECK_MS = 100;

/** Owns our fields and conditions in managedFields. */
export const STATUS_MANAGER = "sip-federation-status";

/**
 * Writes statuses, on the leader alone. Whether a status is due is told from the cache, without a call: an object
 * that stays as it is costs nothing.
 *
 * Written by server-side apply of our own conditions and fields: others' stay as they are, without reading them, and
 * nobody's write in between makes ours fail. It is forced, because these are ours whoever touched them. (Measured:
 * it costs the API server as much as a merge patch, which would need the whole list of conditions and a retry for
 * each conflict.) The uid in it keeps a status from an object that was deleted and made anew meanwhile.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #limit: TokenBucket;
  #queue: WorkQueue | undefined;
  /** Written, and not yet seen in the cache: digest and resourceVersion. */
  readonly #written = new Map<string, { readonly digest: number; readonly version: bigint }>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    // One second's worth may be saved up for the next change.
    this.#limit = new TokenBucket(options.writesPerSecond, Math.max(1, options.writesPerSecond));
  }

  /** This replica leads: from now on statuses are written. Looks at every object once. */
  start(): void {
    if (this.#queue !== undefined) return;
    const { log, metrics, concurrency = 32 } = this.#options;
    this.#queue = new WorkQueue({
      name: "status",
      concurrency,
      process: (key) => this.#process(key),
      gate: () => (this.#options.isReady() ? this.#limit.delay() : RECHECK_MS),
      concernsAll: isUnavailable,
      log,
      metrics,
    });
    for (const kind of Object.keys(this.#options.kinds) as Kind[]) this.enqueueAll(kind);
  }

  /** This replica leads no more, or ends. Resolves when nothing is being written. */
  async stop(): Promise<void> {
    const queue = this.#queue;
    this.#queue = undefined;
    this.#written.clear();
    await queue?.stop();
  }

  /** The status of an object may be due. `urgent`: a new spec, which goes before mere consequences of others. */
  enqueue(kind: Kind, name: string, urgent: boolean): void {
    this.#queue?.add(`${kind}/${name}`, { urgent });
  }

  enqueueAll(kind: Kind): void {
    for (const { name } of this.#options.kinds[kind].cache.entries()) this.enqueue(kind, name, false);
  }

  /** Keys that wait. */
  get depth(): number {
    return this.#queue?.depth ?? 0;
  }

  async #process(key: string): Promise<void> {
    const [kindName, name] = splitKey(key);
    const kind = this.#options.kinds[kindName];
    const entry = kind.cache.get(name);
    if (entry === undefined) {
      this.#written.delete(key);
      return;
    }
    const desired = kind.desired(entry, [], new Date(0));
    if (desired === undefined) return;
    const digest = digestOf(desired, kind.shape);
    if (digest === this.#currentDigest(key, entry)) return;
    this.#limit.take();
    await this.#write(key, kind, entry, digest);
  }

  /** The digest of the status as the API server has it, also where the cache has not seen our own write yet. */
  #currentDigest(key: string, entry: Entry): number {
    const written = this.#written.get(key);
    if (written !== undefined && BigInt(entry.resourceVersion) < written.version) return written.digest;
    this.#written.delete(key);
    return entry.statusDigest;
  }

  async #write(key: string, kind: StatusKind, entry: Entry, digest: number): Promise<void> {
    const { resource, shape } = kind;
    const previous = await this.#previousConditions(key, kind, entry, digest);
    if (previous === undefined) return;
    const status = kind.desired(entry, previous, new Date());
    if (status === undefined) return;
    const body = {
      apiVersion: apiVersion(resource),
      kind: resource.kind,
      metadata: { uid: entry.uid },
      status: ownPart(status, shape),
    };
    const options = { fieldManager: STATUS_MANAGER, force: true, subresource: "status" } as const;
    try {
      const { metadata } = await this.#options.client.apply<ApiObject>(resource, entry.name, body, options);
      this.#written.set(key, { digest, version: BigInt(metadata.resourceVersion) });
    } catch (error) {
      // Deleted, or made anew under the same name: the watch says what comes next.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /**
   * The conditions as they are now, for the times in them. Undefined where nothing is to be written: the object is
   * gone, the status is right already, or the watch is about to bring a newer generation.
   */
  async #previousConditions(
    key: string,
    kind: StatusKind,
    entry: Entry,
    digest: number,
  ): Promise<readonly Condition[] | undefined> {
    if (entry.statusDigest === UNWRITTEN && !this.#written.has(key)) return [];
    try {
      const { metadata, status } = await this.#options.client.get<ApiObject>(kind.resource, entry.name);
      const current = status as ObjectStatus | undefined;
      const newer = metadata.uid !== entry.uid || metadata.generation !== entry.object.generation;
      if (newer || digestOf(current, kind.shape) === digest) return undefined;
      return current?.conditions ?? [];
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function splitKey(key: string): [Kind, string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash) as Kind, key.slice(slash + 1)];
}
