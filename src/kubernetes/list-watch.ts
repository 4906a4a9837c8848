import { isExpired, isInvalid } from "./api-error.ts";
import { Backoff } from "../timing/backoff.ts";
import type { Query } from "./client.ts";
import { listPages } from "./list-pages.ts";
import { ListWatchReporter } from "./list-watch-reporter.ts";
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
  readonly #reporter: ListWatchReporter;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  readonly #cache: ObjectCache<E>;
  #resourceVersion: string | undefined;
  #synced = false;
  /** A list is needed before the next watch. */
  #stale = true;
  /** The server knows streaming lists (Kubernetes 1.32; a beta feature before 1.34). */
  #streams = true;
  /** The server has accepted a watch, and none has failed since. */
  #connected = false;
  #running: Promise<void> | undefined;

  constructor(options: ListWatchOptions<E>) {
    this.#options = options;
    this.#timing = { ...LIST_WATCH_TIMING, ...options.timing };
    const [initialMs, maxMs] = this.#timing.backoffMs;
    this.#backoff = new Backoff({ initialMs, maxMs });
    this.#reporter = new ListWatchReporter(options);
    this.#cache = new ObjectCache({
      upserted: (entry, previous) => {
        this.#reporter.guard(() => {
          options.handlers.upserted(entry, previous);
        });
      },
      deleted: (entry) => {
        this.#reporter.guard(() => {
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
        this.#reporter.closed();
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
    await this.#watch();
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
    this.#reporter.event(event.type);
    if (event.type === "DELETED") this.#cache.delete(event.object.metadata.name);
    else if (event.type !== "BOOKMARK") this.#set(event.object);
  }

  #set(object: ApiObject): void {
    this.#reporter.guard(() => {
      this.#cache.set(this.#options.trim(object, this.#cache.get(object.metadata.name)));
    });
  }

  #listed(resourceVersion: string): void {
    this.#cache.endReplacement();
    this.#advance(resourceVersion);
    this.#stale = false;
    this.#synced = true;
    this.#reporter.listed(this.#cache.size, resourceVersion);
    this.#reporter.guard(() => {
      this.#options.handlers.synced();
    });
  }

  #advance(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.#backoff.reset();
    this.#reporter.progressed();
  }

  /** Decides how to go on after a failure, and waits until then. */
  async #recover(error: unknown): Promise<void> {
    if (isExpired(error) && !this.#stale) {
      this.#reporter.expired(error);
      this.#stale = true;
      return;
    }
    if (this.#stale && this.#streams && isInvalid(error)) {
      this.#reporter.listingByPages();
      this.#streams = false;
      return;
    }
    this.#stale ||= this.#options.relistAfterFailure === true;
    const delayMs = retryDelay(error, this.#backoff);
    this.#reporter.failed(error, delayMs);
    await pause(delayMs, this.#stopping.signal);
  }
}
