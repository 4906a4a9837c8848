import {
  DEFAULT_ROUTE_SET,
  REST_FOR_USER,
  type RouteSetKey,
  type RoutingTable,
} from "../federation/types.ts";
import type { AppliedTable, Write } from "./applied.ts";
import {
  encodeName,
  encodeSet,
  encodeTombstone,
  hasReversed,
  isHop,
  isName,
  isSetKey,
  nameOf,
  startOf,
  type EncodedOrders,
} from "./encode.ts";
import type { Orders } from "./types.ts";
import { isUserKey } from "./user-shapes.ts";

/** What may differ between the routing table and the router. */
export interface Dirty {
  readonly names: Iterable<string>;
  readonly sets: Iterable<RouteSetKey>;
}

export interface Plan {
  /**
   * In an order that never lets a request see a reference to what is not there: orders, then sets that name them, less
   * specific ones first, then names, then the record; after that deletions the other way round.
   */
  readonly writes: readonly Write[];
  /** Names and sets, or hops of sets, that cannot be written. */
  readonly rejected: readonly string[];
}

/**
 * Compares the dirty part of the table with what was applied. Pulls in every set that a written one refers to and
 * that is missing, so that the plan is complete even where the table is ahead of its announced changes.
 * @param active the record that comes into force with these changes, if another one does.
 */
export function plan(
  table: RoutingTable,
  applied: AppliedTable,
  dirty: Dirty,
  orders: Orders,
  active?: string,
): Plan {
  return new Planner(table, applied, orders).plan(dirty, active);
}

type SetWrite = Write & { readonly section: "n" | "s" };

class Planner {
  readonly #table: RoutingTable;
  readonly #applied: AppliedTable;
  readonly #orders: Orders;
  readonly #reversed: boolean;
  readonly #seenSets = new Set<RouteSetKey>();
  readonly #seenNames = new Set<string>();
  readonly #newOrders = new Map<string, readonly Write[]>();
  readonly #sets: SetWrite[] = [];
  readonly #tombstones: SetWrite[] = [];
  readonly #names: Write[] = [];
  readonly #deletedNames: Write[] = [];
  readonly #rejected: string[] = [];

  constructor(table: RoutingTable, applied: AppliedTable, orders: Orders) {
    this.#table = table;
    this.#applied = applied;
    this.#orders = orders;
    this.#reversed = hasReversed(table);
  }

  plan(dirty: Dirty, active: string | undefined): Plan {
    for (const key of dirty.sets) this.#planSet(key);
    // Whoever reads in the record that the table is open must find the default set.
    if (active !== undefined) this.#planSet(DEFAULT_ROUTE_SET);
    for (const name of dirty.names) this.#planName(name);
    const writes = [
      ...[...this.#newOrders.values()].flat(),
      ...bySpecificity(this.#sets),
      ...this.#names,
      ...(active === undefined ? [] : [{ section: "active", value: active } as const]),
      ...this.#deletedNames,
      ...bySpecificity(this.#tombstones).reverse(),
    ];
    return { writes, rejected: this.#rejected };
  }

  #planSet(key: RouteSetKey): void {
    if (this.#seenSets.has(key)) return;
    this.#seenSets.add(key);
    if (!isSetKey(key)) {
      this.#rejected.push(key);
      return;
    }
    const name = nameOf(key);
    if (name !== undefined) this.#planName(name);
    if (this.#table.routeSets.has(key)) this.#writeSet(key);
    else this.#entomb(key);
  }

  #writeSet(key: RouteSetKey): void {
    const set = this.#table.routeSets.get(key);
    if (set === undefined) return;
    if (!set.hops.every(isHop)) this.#rejected.push(key);
    if (set.next !== undefined && set.next !== REST_FOR_USER) this.#require(set.next);
    const { value, orders } = encodeSet(set, this.#orders);
    if (orders !== undefined && !this.#applied.completeOrders.has(orders.id)) {
      this.#newOrders.set(orders.id, orderWrites(orders));
    }
    if (this.#applied.sets.get(key) !== value) this.#sets.push({ section: "s", id: key, value });
  }

  #entomb(key: RouteSetKey): void {
    if (!this.#applied.sets.has(key) || this.#applied.hasTombstone(key)) return;
    const value = encodeTombstone(this.#lessSpecific(key));
    this.#tombstones.push({ section: "s", id: key, value });
  }

  /** Where requests go on that come by a deleted set: to what it named, as far as that is still there. */
  #lessSpecific(key: RouteSetKey): RouteSetKey | undefined {
    const [, next = ""] = this.#applied.sets.get(key)?.split("|") ?? [];
    if (next === "") return undefined;
    if (next === REST_FOR_USER || this.#table.routeSets.has(next)) return next;
    return this.#lessSpecific(next);
  }

  #require(key: RouteSetKey): void {
    if (!this.#applied.hasSet(key)) this.#planSet(key);
  }

  #planName(name: string): void {
    const seen = this.#seenNames.size;
    if (this.#seenNames.add(name).size === seen) return;
    if (!isName(name)) {
      this.#rejected.push(name);
      return;
    }
    const start = startOf(this.#table, name, this.#reversed);
    if (start !== undefined) this.#require(start);
    const value = encodeName(this.#table.names.get(name), start);
    if (value === this.#applied.names.get(name)) return;
    const writes = value === undefined ? this.#deletedNames : this.#names;
    writes.push({ section: "n", id: name, value });
  }
}

/** Grows with how specific a set is: `*`, `.x` by its labels, `=x`, `x`, `@x`. */
function specificity(key: RouteSetKey): number {
  if (key === DEFAULT_ROUTE_SET) return 0;
  if (isUserKey(key)) return 1002;
  if (key.startsWith(".")) return key.split(".").length - 1;
  return key.startsWith("=") ? 1000 : 1001;
}

function bySpecificity(writes: readonly SetWrite[]): SetWrite[] {
  return writes.toSorted((a, b) => specificity(a.id) - specificity(b.id));
}

function orderWrites({ id, values }: EncodedOrders): Write[] {
  return values.map((value, index) => ({ section: "o", id, index, count: values.length, value }));
}
