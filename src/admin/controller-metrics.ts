/** The metrics that every controller has, under the names that client-go and controller-runtime gave them. */
import { Gauge, type Registry } from "prom-client";
import { counter, histogram, observedByName } from "./instruments.ts";

const MILLISECONDS = 1000;
const WORK_BUCKETS = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100];
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const REQUEST_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** What work queues report to. */
export function workQueueMetrics(registry: Registry) {
  const adds = counter(registry, "workqueue_adds_total", "Keys added to the work queue.", ["name"]);
  const retries = counter(registry, "workqueue_retries_total", "Keys put back for another try.", ["name"]);
  const time = histogram(registry, "workqueue_work_duration_seconds", "Time in work.", WORK_BUCKETS, [
    "name",
  ]);
  const depths = new Map<string, () => number>();
  observedByName(registry, "workqueue_depth", "Keys that wait in the work queue.", depths);
  return {
    added: (name: string): void => {
      adds.inc({ name });
    },
    retried: (name: string): void => {
      retries.inc({ name });
    },
    processed: (name: string, milliseconds: number): void => {
      time.observe({ name }, milliseconds / MILLISECONDS);
    },
    /** Where the depth of a queue is read from. */
    observeDepth: (name: string, depth: () => number): void => {
      depths.set(name, depth);
    },
  };
}

/** Runs one reconciliation and counts it; what it throws is counted and passed on. */
export function reconcileMetrics(registry: Registry) {
  const prefix = "controller_runtime_reconcile";
  const total = counter(registry, `${prefix}_total`, "Reconciliations.", ["controller", "result"]);
  const errors = counter(registry, `${prefix}_errors_total`, "Reconciliations that failed.", ["controller"]);
  const time = histogram(
    registry,
    `${prefix}_time_seconds`,
    "Time a reconciliation takes.",
    RECONCILE_BUCKETS,
    ["controller"],
  );
  return async <T>(controller: string, reconcile: () => Promise<T>): Promise<T> => {
    const done = time.startTimer({ controller });
    try {
      const result = await reconcile();
      total.inc({ controller, result: "success" });
      return result;
    } catch (error) {
      total.inc({ controller, result: "error" });
      errors.inc({ controller });
      throw error;
    } finally {
      done();
    }
  };
}

/** Counts calls of the Kubernetes API. `status` is undefined where there was no answer. */
export function apiMetrics(registry: Registry) {
  const requests = counter(registry, "rest_client_requests_total", "Calls of the Kubernetes API.", [
    "method",
    "code",
  ]);
  const time = histogram(
    registry,
    "rest_client_request_duration_seconds",
    "Time they take.",
    REQUEST_BUCKETS,
    ["verb"],
  );
  return (method: string, status: number | undefined, milliseconds: number): void => {
    requests.inc({ method, code: status === undefined ? "<error>" : String(status) });
    time.observe({ verb: method }, milliseconds / MILLISECONDS);
  };
}

/** Tells which Leases this replica holds. */
export function leaderMetrics(registry: Registry) {
  const gauge = new Gauge({
    name: "leader_election_master_status",
    help: "1 where this replica holds the Lease.",
    labelNames: ["name"],
    registers: [registry],
  });
  return (lease: string, leading: boolean): void => {
    gauge.set({ name: lease }, leading ? 1 : 0);
  };
}
