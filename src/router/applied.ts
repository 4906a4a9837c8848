import type { RouteSetKey } from "../federation/types.ts";

/** Sections of an epoch in the router's hash table: names, sets, orders. */
export type Section = "n" | "s" | "o";

/** One entry to write; without a value it is deleted. */
export interface Write {
  readonly section: Section;
  /** Domain, set key, or `<id>/<k>` of an order. */
  readonly id: string;
  readonly value: string | undefined;
}

/** Marks what was sent and not acknowledged: it differs from every value. */
const UNKNOWN = "?";

const TOMBSTONE = "-|";

/** What the router has acknowledged of one epoch. Names are shared with the routing table, values with each other. */
export class AppliedTable {
  readonly names = new Map<string, string>();
  /** With tombstones, until they are deleted. */
  readonly sets = new Map<RouteSetKey, string>();
  /** Number of orders by id. */
  readonly orders = new Map<string, number>();
  /** Ids whose orders are all there. */
  readonly completeOrders = new Set<string>();

  /** Entries in the router, about. */
  get size(): number {
    let orders = 0;
    for (const count of this.orders.values()) orders += count;
    return this.names.size + this.sets.size + orders;
  }

  /** True when the set is certainly there: others may refer to it. */
  hasSet(key: RouteSetKey): boolean {
    const value = this.sets.get(key);
    return value !== undefined && !value.startsWith(TOMBSTONE) && !value.startsWith(UNKNOWN);
  }

  hasTombstone(key: RouteSetKey): boolean {
    return this.sets.get(key)?.startsWith(TOMBSTONE) ?? false;
  }

  /** Ids of orders that no set names. */
  unusedOrders(): Set<string> {
    const unused = new Set(this.orders.keys());
    for (const value of this.sets.values()) unused.delete(value.slice(value.lastIndexOf("|") + 1));
    return unused;
  }

  /** Takes note of a write: what was acknowledged is known, what failed may have happened or not. */
  settle(write: Write, acknowledged: boolean): void {
    if (write.section === "o") return;
    const entries = write.section === "n" ? this.names : this.sets;
    if (!acknowledged) entries.set(write.id, `${UNKNOWN}${write.value ?? ""}`);
    else if (write.value === undefined) entries.delete(write.id);
    else entries.set(write.id, write.value);
  }
}
