/** Something in the router that requests in flight may still read, and that nothing new refers to. */
export interface Grave {
  readonly kind: "set" | "orders" | "epoch";
  readonly id: string;
}

/** What is to be deleted, each when its time has come. Times in milliseconds of any one clock. */
export class Graveyard {
  readonly #graves = new Map<string, { readonly grave: Grave; readonly due: number }>();

  /** When the first grave is due; undefined: there is none. */
  get next(): number | undefined {
    let next: number | undefined;
    for (const { due } of this.#graves.values()) next = Math.min(next ?? due, due);
    return next;
  }

  /** Buried again, it keeps its first time. */
  bury(grave: Grave, due: number): void {
    const key = keyOf(grave);
    if (!this.#graves.has(key)) this.#graves.set(key, { grave, due });
  }

  /** Something refers to it again. */
  exhume(grave: Grave): void {
    this.#graves.delete(keyOf(grave));
  }

  /** Takes out what is due. */
  takeDue(now: number): Grave[] {
    const due = [...this.#graves.values()].filter((entry) => entry.due <= now).map(({ grave }) => grave);
    for (const grave of due) this.exhume(grave);
    return due;
  }
}

function keyOf(grave: Grave): string {
  return `${grave.kind} ${grave.id}`;
}
