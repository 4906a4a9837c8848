/** Wakes one waiter. Raised while nobody waits, it is remembered. */
export class Signal {
  #raised = false;
  #wake: (() => void) | undefined;

  raise(): void {
    this.#raised = true;
    this.#wake?.();
  }

  /** Resolves when raised, or at `deadline` (by `performance.now()`), whichever is first. */
  async wait(deadline = Infinity): Promise<void> {
    if (!this.#raised) await this.#sleep(deadline);
    this.#raised = false;
  }

  #sleep(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const delay = Math.max(0, deadline - performance.now());
      const timer = Number.isFinite(delay) ? setTimeout(resolve, delay) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
