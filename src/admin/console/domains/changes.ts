import type { DomainRow, DomainsEvent } from "../types.ts";
import type { DomainIndex } from "./index.ts";

export interface ChangesPorts {
  readonly index: DomainIndex;
  /** The row as it should be; undefined where there is no such FederatedDomain. */
  readonly row: (name: string) => DomainRow | undefined;
  /** Something changed in the index. */
  readonly changed: (event: DomainsEvent) => void;
}

/** Milliseconds for which changes are collected. */
const COLLECT_MS = 200;
/** Rows that are made in one go: others wait their turn meanwhile. */
const SLICE = 2_000;
/** Rows that an event has; who shows more reads anew. */
export const MAX_TOLD = 100;

/** Keeps the index up to date: rows are made anew a moment after something of them may have changed, and told of. */
export class DomainChanges {
  readonly #ports: ChangesPorts;
  readonly #dirty = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(ports: ChangesPorts) {
    this.#ports = ports;
  }

  /** Something of these domains may have changed. */
  mark(names: Iterable<string>): void {
    for (const name of names) this.#dirty.add(name);
    if (this.#dirty.size > 0) this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#work();
    }, COLLECT_MS).unref();
  }

  #work(): void {
    if (this.#stopped) return;
    const { index, row: rowOf, changed } = this.#ports;
    const rows: DomainRow[] = [];
    const removed: string[] = [];
    for (const name of this.#take()) {
      const row = rowOf(name);
      if (!row) {
        if (index.delete(name)) removed.push(name);
      } else if (!isSame(index.get(name), row)) {
        index.set(row);
        rows.push(row);
      }
    }
    if (this.#dirty.size > 0) {
      setImmediate(() => {
        this.#work();
      });
    } else this.#timer = undefined;
    if (rows.length + removed.length === 0) return;
    changed({
      all: index.size,
      changed: rows.slice(0, MAX_TOLD),
      removed: removed.slice(0, MAX_TOLD),
      more: rows.length > MAX_TOLD || removed.length > MAX_TOLD,
    });
  }

  #take(): readonly string[] {
    const taken: string[] = [];
    for (const name of this.#dirty) {
      taken.push(name);
      this.#dirty.delete(name);
      if (taken.length >= SLICE) break;
    }
    return taken;
  }
}

const FIELDS = [
  ...["uid", "origin", "created", "policy", "protocol", "trust"],
  ...["description", "state", "activity", "servedBy"],
] as readonly (keyof DomainRow)[];

/** `servedBy` is shared by rows that have the same. */
function isSame(a: DomainRow | undefined, b: DomainRow): boolean {
  return a !== undefined && FIELDS.every((field) => a[field] === b[field]);
}
