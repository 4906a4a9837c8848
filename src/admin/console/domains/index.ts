import type { DomainCounts, DomainPage, DomainQuery, DomainRow, DomainState } from "../types.ts";
import { comparison, matcher } from "./query.ts";

/** Rows that are put in their place one by one; more are cheaper to sort all together. */
const FEW = 500;
const STATES: readonly DomainState[] = ["NotAccepted", "Blocked", "NoRoute", "Throttled", "Pending", "Ready"];

/** Of the last query: whoever scrolls asks for page after page of it. */
interface Found {
  readonly key: string;
  readonly version: number;
  readonly rows: readonly DomainRow[];
}

/** The known domains as the console lists them: sorted by name, counted, and searched in one pass. */
export class DomainIndex {
  readonly #rows = new Map<string, DomainRow>();
  readonly #perRoute = new Map<string, number>();
  readonly #perState = new Map<DomainState, number>();
  #byName: DomainRow[] | undefined;
  /** Rows that were put in their place since the last query. */
  #placed = 0;
  #discovered = 0;
  #limited = 0;
  #xmpp = 0;
  /** Grows with every change. */
  #version = 0;
  #found: Found | undefined;

  get size(): number {
    return this.#rows.size;
  }

  get(name: string): DomainRow | undefined {
    return this.#rows.get(name);
  }

  set(row: DomainRow): void {
    const before = this.#rows.get(row.name);
    if (before) this.#count(before, -1);
    this.#count(row, 1);
    this.#rows.set(row.name, row);
    this.#place(row, before);
    this.#version += 1;
  }

  /** False where there is none of this name. */
  delete(name: string): boolean {
    const row = this.#rows.get(name);
    if (!row) return false;
    this.#count(row, -1);
    this.#rows.delete(name);
    const rows = this.#byName;
    if (rows) rows.splice(placeOf(rows, name), 1);
    this.#version += 1;
    return true;
  }

  counts(): DomainCounts {
    const states = Object.fromEntries(STATES.map((state) => [state, this.#perState.get(state) ?? 0]));
    return {
      all: this.size,
      discovered: this.#discovered,
      limited: this.#limited,
      xmpp: this.#xmpp,
      states: states as Record<DomainState, number>,
    };
  }

  /** How many domains the routes of a pattern serve; `XMPP`: the gateway. */
  servedBy(pattern: string): number {
    return this.#perRoute.get(pattern) ?? 0;
  }

  /** At most `limit` rows from `offset` on. */
  page(query: DomainQuery, offset: number, limit: number): DomainPage {
    const rows = this.#find(query);
    return { all: this.size, total: rows.length, offset, rows: rows.slice(offset, offset + limit) };
  }

  /** The newest discovered ones, newest first. */
  latest(limit: number): readonly DomainRow[] {
    const newest: DomainRow[] = [];
    for (const row of this.#rows.values()) {
      if (row.origin !== "discovered") continue;
      const last = newest.at(-1);
      if (newest.length >= limit && last && last.created >= row.created) continue;
      const at = newest.findIndex((other) => other.created < row.created);
      newest.splice(at < 0 ? newest.length : at, 0, row);
      if (newest.length > limit) newest.pop();
    }
    return newest;
  }

  #find(query: DomainQuery): readonly DomainRow[] {
    const key = JSON.stringify(query);
    if (this.#found?.key === key && this.#found.version === this.#version) return this.#found.rows;
    const matches = matcher(query);
    const rows = matches ? this.#sorted().filter(matches) : [...this.#sorted()];
    if (query.sort !== "name") rows.sort(comparison(query));
    else if (query.descending) rows.reverse();
    this.#found = { key, version: this.#version, rows };
    return rows;
  }

  #sorted(): DomainRow[] {
    this.#byName ??= [...this.#rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#placed = 0;
    return this.#byName;
  }

  #place(row: DomainRow, before: DomainRow | undefined): void {
    const rows = this.#byName;
    if (!rows) return;
    this.#placed += before ? 0 : 1;
    if (this.#placed > FEW) this.#byName = undefined;
    else rows.splice(placeOf(rows, row.name), before ? 1 : 0, row);
  }

  #count(row: DomainRow, by: 1 | -1): void {
    if (row.origin === "discovered") this.#discovered += by;
    if (row.trust === "Limited") this.#limited += by;
    if (row.protocol === "XMPP") this.#xmpp += by;
    add(this.#perState, row.state, by);
    const { kind, pattern } = row.servedBy;
    const route = kind === "XMPP" ? kind : pattern;
    if (route !== undefined) add(this.#perRoute, route, by);
  }
}

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

/** Where a name is, or would be. */
function placeOf(rows: readonly DomainRow[], name: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.name ?? "") < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
