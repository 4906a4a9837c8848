import type { DomainPage, DomainRow, DomainsEvent } from "../types.ts";

/** Rows of one request. */
const PAGE = 100;
/** Pages that are kept; the ones that were seen last. */
const MAX_PAGES = 40;

export interface RowStorePorts {
  /** Rows from an offset on. */
  load(offset: number, limit: number, signal: AbortSignal): Promise<DomainPage>;
  /** Rows came, or their number changed. */
  changed(): void;
  failed(error: unknown): void;
}

/** The rows of one query, of which only what is looked at is fetched. */
export class RowStore {
  readonly #ports: RowStorePorts;
  readonly #pages = new Map<number, readonly DomainRow[]>();
  /** What is shown meanwhile, though it may be wrong by now. */
  readonly #stale = new Set<number>();
  readonly #underWay = new Map<number, AbortController>();
  total: number | undefined;
  all: number | undefined;

  constructor(ports: RowStorePorts) {
    this.#ports = ports;
  }

  row(index: number): DomainRow | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Fetches of these rows what is not there. */
  want(first: number, end: number): void {
    const pages = new Set<number>();
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.max(end, 1); page += 1) pages.add(page);
    for (const [page, fetching] of this.#underWay) if (!pages.has(page)) fetching.abort();
    for (const page of pages) {
      this.#touch(page);
      if (!this.#pages.has(page) || this.#stale.has(page)) void this.#fetch(page);
    }
  }

  /** Something changed that is not known here in full: all is fetched anew as it is looked at. */
  renew(): void {
    for (const page of [...this.#pages.keys(), ...this.#underWay.keys()]) this.#stale.add(page);
  }

  /** Puts changed rows in the place of those that are here. */
  apply({ all, changed }: DomainsEvent): void {
    this.all = all;
    const news = new Map(changed.map((row) => [row.name, row]));
    for (const [page, rows] of this.#pages) {
      if (rows.some(({ name }) => news.has(name)))
        this.#pages.set(
          page,
          rows.map((row) => news.get(row.name) ?? row),
        );
    }
  }

  stop(): void {
    for (const fetching of this.#underWay.values()) fetching.abort();
  }

  async #fetch(page: number): Promise<void> {
    if (this.#underWay.has(page)) return;
    const fetching = new AbortController();
    this.#underWay.set(page, fetching);
    this.#stale.delete(page);
    try {
      const { rows, total, all } = await this.#ports.load(page * PAGE, PAGE, fetching.signal);
      this.#pages.set(page, rows);
      this.total = total;
      this.all = all;
      this.#underWay.delete(page);
      this.#ports.changed();
    } catch (error) {
      this.#underWay.delete(page);
      this.#stale.add(page);
      if (!fetching.signal.aborted) this.#ports.failed(error);
    }
  }

  #touch(page: number): void {
    const rows = this.#pages.get(page);
    if (!rows) return;
    this.#pages.delete(page);
    this.#pages.set(page, rows);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size <= MAX_PAGES || oldest === undefined) return;
    this.#pages.delete(oldest);
    this.#stale.delete(oldest);
  }
}
