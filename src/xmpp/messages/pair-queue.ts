/** Work that is done one after another for each key, and at once for different ones. */
export class PairQueue {
  readonly #last = new Map<string, Promise<void>>();
  readonly #limits: { readonly perKey: number; readonly total: number };
  readonly #waiting = new Map<string, number>();
  #total = 0;

  /** @param limits Work that is not finished: for one key, and for all together. */
  constructor(limits: { readonly perKey: number; readonly total: number }) {
    this.#limits = limits;
  }

  /** Work that is not finished. */
  get size(): number {
    return this.#total;
  }

  /** Does the work after all that came before for the key. Undefined when there is too much of it: then it is not done. */
  add(key: string, work: () => Promise<void>): Promise<void> | undefined {
    const waiting = this.#waiting.get(key) ?? 0;
    if (waiting >= this.#limits.perKey || this.#total >= this.#limits.total) return undefined;
    this.#waiting.set(key, waiting + 1);
    this.#total += 1;
    const before = this.#last.get(key);
    const done = (before === undefined ? work() : before.then(work, work)).finally(() => {
      this.#finished(key, done);
    });
    this.#last.set(key, done);
    return done;
  }

  #finished(key: string, done: Promise<void>): void {
    this.#total -= 1;
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) - 1);
    if (this.#last.get(key) !== done) return;
    this.#last.delete(key);
    this.#waiting.delete(key);
  }
}
