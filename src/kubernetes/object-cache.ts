/** What the cache must know of anything it keeps. */
export interface CacheEntry {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Hears of every change, in order. Objects that come back unchanged are not mentioned. */
export interface CacheHandlers<E extends CacheEntry> {
  upserted(entry: E, previous: E | undefined): void;
  deleted(entry: E): void;
}

/** The objects of one kind, by name. Handlers are told after the cache has changed. */
export class ObjectCache<E extends CacheEntry> {
  readonly #entries = new Map<string, E>();
  readonly #handlers: CacheHandlers<E>;
  #seen: Set<string> | undefined;

  constructor(handlers: CacheHandlers<E>) {
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string): E | undefined {
    return this.#entries.get(name);
  }

  entries(): IterableIterator<E> {
    return this.#entries.values();
  }

  /** From now on, whatever is not set before `endReplacement` will be deleted then. Forgets one that was under way. */
  beginReplacement(): void {
    this.#seen = new Set();
  }

  endReplacement(): void {
    const seen = this.#seen;
    this.#seen = undefined;
    if (seen === undefined || seen.size === this.#entries.size) return;
    for (const name of [...this.#entries.keys()]) {
      if (!seen.has(name)) this.delete(name);
    }
  }

  set(entry: E): void {
    this.#seen?.add(entry.name);
    const previous = this.#entries.get(entry.name);
    if (previous?.resourceVersion === entry.resourceVersion && previous.uid === entry.uid) return;
    this.#entries.set(entry.name, entry);
    this.#handlers.upserted(entry, previous);
  }

  delete(name: string): void {
    this.#seen?.delete(name);
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#handlers.deleted(entry);
  }
}
