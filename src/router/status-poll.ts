import type { ControlClient, RouterStatus } from "./control-client.ts";

/** Asks the router for its status, over and over, one question at a time. */
export class StatusPoll {
  readonly #control: Pick<ControlClient, "status">;
  readonly #intervalMs: number;
  readonly #observed: (status: RouterStatus | undefined, askedAt: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** @param observed is told every answer, and when it was asked for by `performance.now()`. */
  constructor(
    control: Pick<ControlClient, "status">,
    intervalMs: number,
    observed: (status: RouterStatus | undefined, askedAt: number) => void,
  ) {
    this.#control = control;
    this.#intervalMs = intervalMs;
    this.#observed = observed;
  }

  /** Asks at once; while an answer is awaited, once more after it. */
  now(): void {
    if (this.#stopped) return;
    this.#again = this.#asking !== undefined;
    this.#asking ??= this.#ask();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#asking;
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    const askedAt = performance.now();
    const status = await this.#control.status();
    this.#asking = undefined;
    if (this.#stopped) return;
    this.#observed(status, askedAt);
    if (this.#again) {
      this.now();
      return;
    }
    this.#timer = setTimeout(() => {
      this.now();
    }, this.#intervalMs);
  }
}
