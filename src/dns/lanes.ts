type Enter = (nothing: undefined) => void;

/**
 * Lets so many tasks run at once; the others wait in order. Doubtful tasks, which are likely to take their full time
 * and to fail, go last and never take more than half of the room: names of which DNS knows nothing must not hold up
 * those that work.
 */
export class Lanes {
  readonly #room: number;
  readonly #waiting: Enter[] = [];
  readonly #doubtfulWaiting: Enter[] = [];
  #running = 0;
  #doubtfulRunning = 0;

  /** @param room tasks at once, 2 or more. */
  constructor(room: number) {
    this.#room = room;
  }

  async run<T>(doubtful: boolean, task: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    (doubtful ? this.#doubtfulWaiting : this.#waiting).push(resolve);
    this.#admit();
    await promise;
    try {
      return await task();
    } finally {
      this.#running -= 1;
      if (doubtful) this.#doubtfulRunning -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#running < this.#room) {
      const enter = this.#waiting.shift() ?? this.#nextDoubtful();
      if (enter === undefined) return;
      this.#running += 1;
      enter(undefined);
    }
  }

  #nextDoubtful(): Enter | undefined {
    if (this.#doubtfulRunning >= this.#room / 2) return undefined;
    const enter = this.#doubtfulWaiting.shift();
    if (enter !== undefined) this.#doubtfulRunning += 1;
    return enter;
  }
}
