import { Backoff } from "../timing/backoff.ts";
import { retryDelay } from "./retry-delay.ts";
import type { AddOptions, WorkQueueOptions } from "./work-queue-options.ts";

const BACKOFF_MS = [5, 30_000] as const;
/** While all keys wait for the same cause. */
const OUTAGE_MS = [200, 10_000] as const;

/**
 * A queue of keys with the semantics of client-go's: a key that waits already is not added twice, a key is never in
 * work twice at once, and one that is added while it is in work gets another turn after it.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #urgent = new Set<string>();
  readonly #ordinary = new Set<string>();
  /** In work; the value is how the key was added anew meanwhile. */
  readonly #active = new Map<string, AddOptions | undefined>();
  readonly #delayed = new Map<string, NodeJS.Timeout>();
  readonly #failures = new Map<string, Backoff>();
  readonly #outage = new Backoff({ initialMs: OUTAGE_MS[0], maxMs: OUTAGE_MS[1] });
  #resumeAt = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #wakeUp: NodeJS.Timeout | undefined;
  #stopped = false;
  #idle: ((nothing: undefined) => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that wait for their turn, those that wait for a retry among them. */
  get depth(): number {
    return this.#urgent.size + this.#ordinary.size + this.#delayed.size;
  }

  add(key: string, options: AddOptions = {}): void {
    if (this.#stopped) return;
    if (options.afterMs !== undefined && options.afterMs > 0) {
      this.#delay(key, options);
      return;
    }
    this.#options.metrics?.added(this.#options.name);
    if (this.#active.has(key)) this.#active.set(key, mostUrgent(this.#active.get(key), options));
    else this.#enqueue(key, options.urgent === true);
  }

  /** Resolves when nothing waits and nothing is in work, or after the deadline; returns how many keys are left. */
  async drain(deadlineMs: number): Promise<number> {
    if (this.#remaining() > 0) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(resolve, deadlineMs, undefined);
      this.#idle.push(resolve);
      await promise;
      clearTimeout(timer);
    }
    return this.#remaining();
  }

  /** Drops what waits and takes nothing more; resolves when nothing is in work. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#urgent.clear();
    this.#ordinary.clear();
    clearImmediate(this.#scheduled);
    clearTimeout(this.#wakeUp);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#idle.push(resolve);
    this.#settle();
    await promise;
  }

  #remaining(): number {
    return this.depth + this.#active.size;
  }

  #enqueue(key: string, urgent: boolean): void {
    clearTimeout(this.#delayed.get(key));
    this.#delayed.delete(key);
    if (urgent) {
      this.#ordinary.delete(key);
      this.#urgent.add(key);
    } else if (!this.#urgent.has(key)) {
      this.#ordinary.add(key);
    }
    this.#schedule();
  }

  /** A key that waits for its turn already keeps it; of two delays the one that was there first counts. */
  #delay(key: string, { afterMs, urgent = false }: AddOptions): void {
    if (this.#urgent.has(key) || this.#ordinary.has(key) || this.#delayed.has(key)) return;
    const timer = setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key, { urgent });
    }, afterMs);
    this.#delayed.set(key, timer.unref());
  }

  /** Keys are taken in turns of the event loop, so that a long queue of quick keys holds up nothing else. */
  #schedule(): void {
    if (this.#stopped) return;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#takeKeys();
    });
  }

  #takeKeys(): void {
    while (!this.#stopped && this.#active.size < this.#options.concurrency) {
      const [lane, urgent] = this.#urgent.size > 0 ? [this.#urgent, true] : [this.#ordinary, false];
      const key = lane.values().next().value;
      if (key === undefined) return;
      const waitMs = this.#closedFor();
      if (waitMs > 0) {
        this.#wakeUp ??= setTimeout(() => {
          this.#wakeUp = undefined;
          this.#schedule();
        }, waitMs).unref();
        return;
      }
      lane.delete(key);
      void this.#work(key, urgent);
    }
  }

  #closedFor(): number {
    const outage = this.#resumeAt - performance.now();
    return outage > 0 ? outage : (this.#options.gate?.() ?? 0);
  }

  async #work(key: string, urgent: boolean): Promise<void> {
    this.#active.set(key, undefined);
    const started = performance.now();
    try {
      await this.#options.process(key);
      this.#failures.delete(key);
      this.#outage.reset();
    } catch (error) {
      this.#failed(key, urgent, error);
    }
    this.#options.metrics?.processed(this.#options.name, performance.now() - started);
    const again = this.#active.get(key);
    this.#active.delete(key);
    if (again !== undefined && !this.#stopped) this.#enqueue(key, again.urgent === true);
    this.#settle();
  }

  #failed(key: string, urgent: boolean, error: unknown): void {
    const { name, log, metrics, concernsAll, backoffMs = BACKOFF_MS } = this.#options;
    if (this.#stopped) return;
    metrics?.retried(name);
    if (concernsAll?.(error) === true) {
      // The keys in work fail together with this one: one step of the backoff for all of them.
      if (this.#resumeAt < performance.now()) {
        const delayMs = retryDelay(error, this.#outage);
        this.#resumeAt = performance.now() + delayMs;
        log.warn(
          { queue: name, err: error, delayMs: Math.round(delayMs), waiting: this.depth },
          "all work waits",
        );
      }
      this.#active.set(key, mostUrgent(this.#active.get(key), { urgent }));
      return;
    }
    let backoff = this.#failures.get(key);
    if (backoff === undefined) {
      backoff = new Backoff({ initialMs: backoffMs[0], maxMs: backoffMs[1] });
      this.#failures.set(key, backoff);
    }
    const delayMs = retryDelay(error, backoff);
    log.warn({ queue: name, key, err: error, delayMs: Math.round(delayMs) }, "to be tried again");
    if (this.#active.get(key) === undefined) this.#delay(key, { afterMs: delayMs, urgent });
  }

  #settle(): void {
    this.#schedule();
    if (this.#active.size > 0 || (!this.#stopped && this.depth > 0)) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve(undefined);
  }
}

function mostUrgent(a: AddOptions | undefined, b: AddOptions): AddOptions {
  return { urgent: a?.urgent === true || b.urgent === true };
}
