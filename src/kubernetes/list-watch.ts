import { isExpired, isInvalid, isNotFound } from "./api-error.ts";
import { Backoff } from "./backoff.ts";
import type { Query } from "./client.ts";
import { listPages } from "./list-pages.ts";
import { LIST_WATCH_TIMING, type ListWatchOptions, type ListWatchTiming } from "./list-watch-options.ts";
import { type CacheEntry, ObjectCache } from "./object-cache.ts";
import { pause } from "./pause.ts";
import type { ApiObject } from "./resources.ts";
import { retryDelay } from "./retry-delay.ts";
import { type ObjectEvent, watch } from "./watch.ts";

/** Marks the bookmark that ends the initial events of a streaming list. */
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";
/** A watch that lived this long was healthy, whatever ended it. */
const HEALTHY_MS = 10_000;

/**
 * A cache of the objects of one kind that follows the API server for as long as it runs, as client-go's reflector
 * does: a list, then watches that go on from where the last one ended; a new list where the history in between is
 * gone, whose difference yields the deletes that were missed. It never gives up; until the server is back, the cache
 * stays as it was.
 */
export class ListWatch<E extends CacheEntry> {
  readonly #options: ListWatchOptions<E>;
  readonly #timing: ListWatchTiming;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  readonly #cache: ObjectCache<E>;
  #resourceVersion: string | undefined;
  #synced = false;
  /** A list is needed before the next watch. */
  #stale = true;
  /** The server knows streaming lists (Kubernetes 1.32; a beta feature before 1.34). */
  #streams = true;
  #failing = false;
  /** The server has accepted a watch, and none has failed since. */
  #connected = false;
  #running: Promise<void> | undefined;

  constructor(options: ListWatchOptions<E>) {
    this.#options = options;
    this.#timing = { ...LIST_WATCH_TIMING, ...options.timing };
    const [initialMs, maxMs] = this.#timing.backoffMs;
    this.#backoff = new Backoff({ initialMs, maxMs });
    this.#cache = new ObjectCache({
      upserted: (entry, previous) => {
        this.#guard(() => {
          options.handlers.upserted(entry, previous);
        });
      },
      deleted: (entry) => {
        this.#guard(() => {
          options.handlers.deleted(entry);
        });
      },
    });
  }

  /** A list has been complete once. */
  get synced(): boolean {
    return this.#synced;
  }

  /**
   * The cache is complete and follows the API server at this moment. With `relistAfterFailure` it then holds all that
   * happened before; without, what a new watch has missed may still be on its way.
   */
  get current(): boolean {
    return this.#connected && !this.#stale;
  }

  /** The state of the API server that the cache reflects; undefined before the first list. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  get size(): number {
    return this.#cache.size;
  }

  get(name: string): E | undefined {
    return this.#cache.get(name);
  }

  entries(): IterableIterator<E> {
    return this.#cache.entries();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the connection; resolves when no handler will be called any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped()) {
      const started = performance.now();
      try {
        await this.#once();
        this.#count("closed");
        // A server that ends watches at once must not be asked again at once.
        if (performance.now() - started < 1_000) await pause(this.#backoff.next(), this.#stopping.signal);
      } catch (error) {
        if (this.#stopped()) return;
        this.#connected = false;
        if (performance.now() - started > HEALTHY_MS) this.#backoff.reset();
        await this.#recover(error);
      }
    }
  }

  #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #once(): Promise<void> {
    if (!this.#stale) return this.#watch();
    if (this.#streams) return this.#listAndWatch();
    await this.#listPages();
  }

  async #watch(): Promise<void> {
    for await (const event of this.#open({ resourceVersion: this.#resourceVersion })) {
      this.#apply(event);
      this.#advance(event.object.metadata.resourceVersion);
    }
  }

  /** One connection that first sends what there is, then what changes. */
  async #listAndWatch(): Promise<void> {
    this.#cache.beginReplacement();
    const query = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };
    for await (const event of this.#open(query)) {
      this.#apply(event);
      const { resourceVersion, annotations } = event.object.metadata;
      if (this.#stale && annotations?.[INITIAL_EVENTS_END] === "true") this.#listed(resourceVersion);
      else if (!this.#stale) this.#advance(resourceVersion);
    }
    if (this.#stale) throw new Error("the list broke off");
  }

  async #listPages(): Promise<void> {
    const { client, resource, labelSelector } = this.#options;
    const { signal } = this.#stopping;
    this.#cache.beginReplacement();
    let resourceVersion = "";
    for await (const page of listPages(client, resource, { labelSelector, signal })) {
      for (const object of page.items) this.#set(object);
      resourceVersion = page.metadata.resourceVersion;
    }
    this.#listed(resourceVersion);
  }

  #open(query: Query): AsyncGenerator<ObjectEvent> {
    const { client, resource, labelSelector } = this.#options;
    const timeoutSeconds = Math.round(this.#timing.watchSeconds * (1 + Math.random()));
    return watch(client, resource, {
      query: { ...query, labelSelector, timeoutSeconds },
      silenceMs: this.#timing.silenceMs,
      signal: this.#stopping.signal,
      opened: () => {
        this.#connected = true;
      },
    });
  }

  #apply(event: ObjectEvent): void {
    this.#options.metrics?.event(this.#options.resource.kind, event.type);
    if (event.type === "DELETED") this.#cache.delete(event.object.metadata.name);
    else if (event.type !== "BOOKMARK") this.#set(event.object);
  }

  #set(object: ApiObject): void {
    this.#guard(() => {
      this.#cache.set(this.#options.trim(object, this.#cache.get(object.metadata.name)));
    });
  }

  #listed(resourceVersion: string): void {
    this.#cache.endReplacement();
    this.#advance(resourceVersion);
    this.#stale = false;
    this.#synced = true;
    this.#options.metrics?.listed(this.#options.resource.kind);
    this.#options.log.debug({ ...this.#about(), objects: this.#cache.size, resourceVersion }, "listed");
    this.#guard(() => {
      this.#options.handlers.synced();
    });
  }

  #advance(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.#backoff.reset();
    this.#failing = false;
  }

  /** Decides how to go on after a failure, and waits until then. */
  async #recover(error: unknown): Promise<void> {
    if (isExpired(error) && !this.#stale) {
      this.#count("expired");
      this.#options.log.info({ ...this.#about(), err: error }, "history is gone: listing anew");
      this.#stale = true;
      return;
    }
    if (this.#stale && this.#streams && isInvalid(error)) {
      this.#options.log.info(this.#about(), "the API server has no streaming lists: listing by pages");
      this.#streams = false;
      return;
    }
    this.#count("failed");
    this.#stale ||= this.#options.relistAfterFailure === true;
    const delayMs = retryDelay(error, this.#backoff);
    this.#complain(error, delayMs);
    await pause(delayMs, this.#stopping.signal);
  }

  /** An outage is told once; what repeats until it is over is for those who debug. */
  #complain(error: unknown, delayMs: number): void {
    const { log } = this.#options;
    const fields = { ...this.#about(), err: error, delayMs: Math.round(delayMs) };
    const what = isNotFound(error)
      ? "the API server does not know this kind (are the CRDs installed?)"
      : "list or watch failed";
    if (this.#failing) log.debug(fields, what);
    else log.warn(fields, what);
    this.#failing = true;
  }

  #count(outcome: "closed" | "expired" | "failed"): void {
    this.#options.metrics?.watchEnded(this.#options.resource.kind, outcome);
  }

  /** Neither a handler that throws nor an object that cannot be read may end the loop. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#options.metrics?.handlerFailed(this.#options.resource.kind);
      this.#options.log.error({ ...this.#about(), err: error }, "what follows from a change failed");
    }
  }

  #about(): { readonly kind: string } {
    return { kind: this.#options.resource.kind };
  }
}
