import type { Condition } from "../api/types.ts";
import { isConflict, isNotFound, isUnavailable } from "./api-error.ts";
import type { Cached } from "./cached.ts";
import type { KubernetesClient } from "./client.ts";
import type { Logger } from "./logger.ts";
import type { ApiObject, ApiResource, Kind } from "./resources.ts";
import { digestOf, type ObjectStatus, statusPatch, type StatusShape, UNWRITTEN } from "./status-digest.ts";
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
   * The status that an object shall have, given its conditions as they are; keeps those of others. Pure; called far
   * more often than anything is written. Undefined while it cannot be told.
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

/** Conflicts in a row before a key goes back to the queue. */
const MAX_CONFLICTS = 5;
/** How often incomplete caches are looked at again. */
const RECHECK_MS = 100;

/**
 * Writes statuses, on the leader alone. Whether a status is due is told from the cache, without a call: an object
 * that stays as it is costs nothing.
 *
 * Written by JSON merge patch on the resourceVersion that it was made from: fields of others stay as they are, so do
 * their conditions, and where somebody wrote in between it is made anew from a fresh object. A new object, which nobody
 * else has written to, takes one call. (Server-side apply would need no fresh object, but costs the API server more, and
 * the most frequent write of all is the first one. A PUT of the whole status costs as much as the patch.)
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
    let base = this.#unwritten(key, entry);
    for (let tries = 0; tries < MAX_CONFLICTS; tries += 1) {
      base ??= await this.#fresh(kind, entry, digest);
      if (base === undefined || (await this.#patch(key, kind, { entry, digest, base }))) return;
      base = undefined;
    }
    throw new Error(`others keep writing to ${key}`);
  }

  /** An object that nobody has written a status to: there is nothing in it to keep. */
  #unwritten(key: string, { statusDigest, resourceVersion }: Entry): Base | undefined {
    if (statusDigest !== UNWRITTEN || this.#written.has(key)) return undefined;
    return { resourceVersion, conditions: [] };
  }

  /**
   * The status as it is at this moment. Undefined where nothing is to be written: the object is gone, its status is
   * right already, or the watch is about to bring a newer generation.
   */
  async #fresh({ resource, shape }: StatusKind, entry: Entry, digest: number): Promise<Base | undefined> {
    try {
      const { metadata, status } = await this.#options.client.get<ApiObject>(resource, entry.name);
      const { uid, generation, resourceVersion } = metadata;
      const current = status as ObjectStatus | undefined;
      if (uid !== entry.uid || generation !== entry.object.generation) return undefined;
      if (digestOf(current, shape) === digest) return undefined;
      return { resourceVersion, conditions: current?.conditions ?? [] };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** False where somebody wrote in between. */
  async #patch(key: string, kind: StatusKind, { entry, digest, base }: Write): Promise<boolean> {
    const status = kind.desired(entry, base.conditions, new Date());
    if (status === undefined) return true;
    const { resourceVersion } = base;
    const body = { metadata: { resourceVersion }, status: statusPatch(status, kind.shape) };
    try {
      const options = { subresource: "status" } as const;
      const { metadata } = await this.#options.client.mergePatch<ApiObject>(
        kind.resource,
        entry.name,
        body,
        options,
      );
      this.#written.set(key, { digest, version: BigInt(metadata.resourceVersion) });
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      if (isNotFound(error)) return true;
      throw error;
    }
  }
}

/** What a status is made from. */
interface Base {
  readonly resourceVersion: string;
  readonly conditions: readonly Condition[];
}

interface Write {
  readonly entry: Entry;
  readonly digest: number;
  readonly base: Base;
}

function splitKey(key: string): [Kind, string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash) as Kind, key.slice(slash + 1)];
}
