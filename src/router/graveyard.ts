import type { AppliedTable } from "./applied.ts";
import type { Grace } from "./types.ts";

/** Something in the router that requests in flight may still read, and that nothing new refers to. */
export interface Grave {
  readonly kind: "set" | "orders" | "epoch";
  readonly id: string;
}

/** What is to be deleted, each when its time has come. Times in milliseconds of any one clock. */
export class Graveyard {
  readonly #grace: Grace;
  readonly #graves = new Map<string, { readonly grave: Grave; readonly due: number }>();

  constructor(grace: Grace) {
    this.#grace = grace;
  }

  /** When the first grave is due; undefined: there is none. */
  get next(): number | undefined {
    let next: number | undefined;
    for (const { due } of this.#graves.values()) next = Math.min(next ?? due, due);
    return next;
  }

  /** Buried again, it keeps its first time. */
  bury(grave: Grave, now: number): void {
    const key = keyOf(grave);
    const delay = grave.kind === "orders" ? this.#grace.ordersMs : this.#grace.setsMs;
    if (!this.#graves.has(key)) this.#graves.set(key, { grave, due: now + delay });
  }

  /** Buries the tombstones and the orders that no set names, and leaves to the living what is used again. */
  survey(applied: AppliedTable, now: number): void {
    for (const id of applied.sets.keys()) {
      this.#burySometimes({ kind: "set", id }, applied.hasTombstone(id), now);
    }
    const unused = applied.unusedOrders();
    for (const id of applied.orders.keys()) this.#burySometimes({ kind: "orders", id }, unused.has(id), now);
  }

  /** Takes out one that is due. */
  takeDue(now: number): Grave | undefined {
    for (const [key, { grave, due }] of this.#graves) {
      if (due > now) continue;
      this.#graves.delete(key);
      return grave;
    }
    return undefined;
  }

  #burySometimes(grave: Grave, dead: boolean, now: number): void {
    if (dead) this.bury(grave, now);
    else this.#graves.delete(keyOf(grave));
  }
}

function keyOf(grave: Grave): string {
  return `${grave.kind} ${grave.id}`;
}
