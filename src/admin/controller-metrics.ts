import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What a work queue reports. Durations are seconds. */
export interface WorkQueueInstruments {
  added(): void;
  /** An item is taken up, this long after it was added. */
  started(waited: number): void;
  finished(worked: number): void;
  retried(): void;
}

export type ReconcileResult = "success" | "error" | "requeue" | "requeue_after";

const WORK_QUEUE_BUCKETS = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The metrics that every controller has, under the names that controller-runtime (Go) gave them. */
export class ControllerMetrics {
  readonly #registers: Registry[];
  readonly #depths = new Map<string, () => number>();
  readonly #added;
  readonly #waited;
  readonly #worked;
  readonly #retried;
  readonly #reconciled;
  readonly #reconcileErrors;
  readonly #reconcileTime;
  readonly #apiRequests;
  readonly #leading;

  constructor(registry: Registry) {
    this.#registers = [registry];
    this.#depth();
    this.#added = this.#counter("workqueue_adds_total", "Items added to the work queue.", ["name"]);
    this.#retried = this.#counter("workqueue_retries_total", "Items put back for another try.", ["name"]);
    this.#waited = this.#histogram("workqueue_queue_duration_seconds", "How long an item waits.", ["name"]);
    this.#worked = this.#histogram("workqueue_work_duration_seconds", "How long an item is worked on.", [
      "name",
    ]);
    const reconcile = "controller_runtime_reconcile";
    this.#reconciled = this.#counter(`${reconcile}_total`, "Reconciliations.", ["controller", "result"]);
    this.#reconcileErrors = this.#counter(`${reconcile}_errors_total`, "Failed reconciliations.", [
      "controller",
    ]);
    this.#reconcileTime = this.#histogram(
      `${reconcile}_time_seconds`,
      "Time a reconciliation takes.",
      ["controller"],
      RECONCILE_BUCKETS,
    );
    const request = ["method", "code", "host"] as const;
    this.#apiRequests = this.#counter(
      "rest_client_requests_total",
      "Requests to the Kubernetes API.",
      request,
    );
    this.#leading = new Gauge({
      name: "leader_election_master_status",
      help: "1 where this replica holds the lease.",
      labelNames: ["name"],
      registers: this.#registers,
    });
  }

  /** The instruments of one queue; `depth` is read when metrics are scraped. */
  workQueue(name: string, depth: () => number): WorkQueueInstruments {
    this.#depths.set(name, depth);
    return {
      added: () => {
        this.#added.inc({ name });
      },
      started: (waited) => {
        this.#waited.observe({ name }, waited);
      },
      finished: (worked) => {
        this.#worked.observe({ name }, worked);
      },
      retried: () => {
        this.#retried.inc({ name });
      },
    };
  }

  reconciled(controller: string, result: ReconcileResult, seconds: number): void {
    this.#reconciled.inc({ controller, result });
    if (result === "error") this.#reconcileErrors.inc({ controller });
    this.#reconcileTime.observe({ controller }, seconds);
  }

  /** `code` is the HTTP status, or `<error>` where there was no answer (as client-go has it). */
  apiRequest(method: string, code: string, host: string): void {
    this.#apiRequests.inc({ method, code, host });
  }

  leading(lease: string, isLeader: boolean): void {
    this.#leading.set({ name: lease }, isLeader ? 1 : 0);
  }

  #depth(): void {
    const depths = this.#depths;
    new Gauge({
      name: "workqueue_depth",
      help: "Items in the work queue.",
      labelNames: ["name"],
      registers: this.#registers,
      collect() {
        for (const [name, depth] of depths) this.set({ name }, depth());
      },
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: this.#registers });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets = WORK_QUEUE_BUCKETS,
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: this.#registers });
  }
}
