import type { RouteSetKey } from "../federation/types.ts";

/** An entry of the router's table to write; without a value it is deleted. */
export type Write =
  /** A name, or a set. */
  | { readonly section: "n" | "s"; readonly id: string; readonly value: string | undefined }
  /** One of the orders that share an id. */
  | {
      readonly section: "o";
      readonly id: string;
      readonly index: number;
      readonly count: number;
      readonly value: string | undefined;
    }
  /** The record that puts the epoch into force. */
  | { readonly section: "active"; readonly value: string };

/** Marks what was sent and not acknowledged: it differs from every value. */
const UNKNOWN = "?";

const TOMBSTONE = "-|";

/** What the router has acknowledged of one epoch. Names are shared with the routing table, values with each other. */
export class AppliedTable {
  readonly names = new Map<string, string>();
  /** With tombstones, until they are deleted. */
  readonly sets = new Map<RouteSetKey, string>();
  /** Number of orders by id, of those ids that may have some. */
  readonly orders = new Map<string, number>();
  /** Ids whose orders are all there. */
  readonly completeOrders = new Set<string>();
  /** The record in force; undefined: never was. */
  active: string | undefined;

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

  /** Takes note of a write, in the order of execution: what failed may have happened or not. */
  settle(write: Write, acknowledged: boolean): void {
    switch (write.section) {
      case "active":
        if (acknowledged) this.active = write.value;
        else if (this.active !== undefined) this.active = UNKNOWN;
        return;
      case "o":
        this.#settleOrder(write, acknowledged);
        return;
      case "n":
        settle(this.names, write, acknowledged);
        return;
      case "s":
        settle(this.sets, write, acknowledged);
    }
  }

  /** The last of the orders of an id is acknowledged after all others. */
  #settleOrder(write: Write & { section: "o" }, acknowledged: boolean): void {
    const { id, index, count, value } = write;
    const isLast = index === count - 1;
    if (value === undefined) {
      this.completeOrders.delete(id);
      if (acknowledged && isLast) this.orders.delete(id);
      return;
    }
    this.orders.set(id, count);
    if (acknowledged && isLast) this.completeOrders.add(id);
  }
}

function settle(
  entries: Map<string, string>,
  write: Write & { section: "n" | "s" },
  acknowledged: boolean,
): void {
  const { id, value } = write;
  if (!acknowledged) entries.set(id, `${UNKNOWN}${value ?? ""}`);
  else if (value === undefined) entries.delete(id);
  else entries.set(id, value);
}
