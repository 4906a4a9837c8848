import { isNotFound } from "./api-error.ts";
import type { ListWatchMetrics } from "./list-watch-options.ts";
import type { Logger } from "./logger.ts";
import { Outage } from "./outage.ts";
import type { ObjectEvent } from "./watch.ts";

/** Logs and counts what happens to one list+watch. */
export class ListWatchReporter {
  readonly #kind: string;
  readonly #log: Logger;
  readonly #metrics: ListWatchMetrics | undefined;
  readonly #outage: Outage;

  constructor(options: {
    readonly resource: { readonly kind: string };
    readonly log: Logger;
    readonly metrics?: ListWatchMetrics | undefined;
  }) {
    this.#kind = options.resource.kind;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#outage = new Outage(options.log);
  }

  listed(objects: number, resourceVersion: string): void {
    this.#metrics?.listed(this.#kind);
    this.#log.debug({ kind: this.#kind, objects, resourceVersion }, "listed");
  }

  event(type: ObjectEvent["type"]): void {
    this.#metrics?.event(this.#kind, type);
  }

  /** An outage, if there was one, is over. */
  progressed(): void {
    this.#outage.over({ kind: this.#kind }, "list and watch work");
  }

  closed(): void {
    this.#metrics?.watchEnded(this.#kind, "closed");
  }

  expired(error: unknown): void {
    this.#metrics?.watchEnded(this.#kind, "expired");
    this.#log.info({ kind: this.#kind, err: error }, "history is gone: listing anew");
  }

  listingByPages(): void {
    this.#log.info({ kind: this.#kind }, "the API server has no streaming lists: listing by pages");
  }

  failed(error: unknown, delayMs: number): void {
    this.#metrics?.watchEnded(this.#kind, "failed");
    const fields = { kind: this.#kind, err: error, delayMs: Math.round(delayMs) };
    const what = isNotFound(error)
      ? "the API server does not know this kind (are the CRDs installed?)"
      : "list or watch failed";
    this.#outage.failed(fields, what);
  }

  /** Neither a handler that throws nor an object that cannot be read may end the loop. */
  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#metrics?.handlerFailed(this.#kind);
      this.#log.error({ kind: this.#kind, err: error }, "what follows from a change failed");
    }
  }
}
