import type { TableChanges } from "../federation/types.ts";

/** The highest resourceVersion seen, per kind; what a replica publishes once it routes by it. */
export type ResourceVersions = Readonly<Record<string, string>>;

/** What one apply brings into force, all taken at the same moment. */
export interface Batch {
  /** What changed in the model since the last batch. */
  readonly changes: TableChanges;
  /** The resourceVersions that the model reflects. */
  readonly versions: ResourceVersions;
  /** Domains that the router need not remember by itself once the batch is in force. */
  readonly settled: readonly string[];
  /** When it was taken, by `performance.now()`. */
  readonly takenAt: number;
}

export interface ProgrammingPorts {
  take(): Batch;
  /** Brings the changes into force; rejects when it could not. */
  apply(changes: TableChanges): Promise<void>;
  /** Called after the router routes by the batch. */
  applied(batch: Batch): void;
  failed(error: unknown, batch: Batch): void;
}

/**
 * Brings what the cache says into the router, one batch at a time: whatever changes while a batch is under way
 * is the next batch. Level-based, so a trigger too many costs nothing and a burst costs one apply.
 */
export class ProgrammingLoop {
  readonly #ports: ProgrammingPorts;
  #running: Promise<void> | undefined;
  #again = false;
  #open = false;

  constructor(ports: ProgrammingPorts) {
    this.#ports = ports;
  }

  /** The router can be programmed from now on. */
  start(): void {
    this.#open = true;
    this.trigger();
  }

  /** Something may have changed. Returns at once; before the start, nothing follows from it. */
  trigger(): void {
    if (!this.#open) return;
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to apply. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Takes no more triggers and waits for the batch under way. */
  async stop(): Promise<void> {
    this.#open = false;
    await this.settled();
  }

  async #run(): Promise<void> {
    // One turn of the event loop, so that events of one chunk of the watch share a batch.
    await new Promise(setImmediate);
    while (this.#again && this.#open) {
      this.#again = false;
      await this.#applyOnce();
    }
    this.#running = undefined;
  }

  async #applyOnce(): Promise<void> {
    const batch = this.#ports.take();
    try {
      await this.#ports.apply(batch.changes);
      this.#ports.applied(batch);
    } catch (error) {
      // The router keeps its own difference of desired and applied; the next trigger goes on from there.
      this.#ports.failed(error, batch);
    }
  }
}
