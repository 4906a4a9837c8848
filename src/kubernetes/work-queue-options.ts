import type { Logger } from "./logger.ts";

export interface WorkQueueOptions {
  /** For logs and metrics. */
  readonly name: string;
  /** Keys in work at once. */
  readonly concurrency: number;
  /** Does what a key needs. A rejection puts the key back after a delay that grows with its failures. */
  readonly process: (key: string) => Promise<void>;
  readonly log: Logger;
  /** Delay of a key after its first failure, and at most. */
  readonly backoffMs?: readonly [initial: number, max: number];
  /** Milliseconds until the next key may be taken; asked before each. */
  readonly gate?: () => number;
  /** Whether a failure is not the key's own but concerns all: then the whole queue waits, and the key's turn stays. */
  readonly concernsAll?: (error: unknown) => boolean;
  readonly metrics?: WorkQueueMetrics | undefined;
}

/** controller-runtime's `workqueue_*`. */
export interface WorkQueueMetrics {
  added(queue: string): void;
  retried(queue: string): void;
  processed(queue: string, milliseconds: number): void;
}

export interface AddOptions {
  /** Goes before all keys that are not urgent. */
  readonly urgent?: boolean;
  /** Not before this many milliseconds have passed. */
  readonly afterMs?: number;
}
