/** Part of main.ts: where metrics read what they show. */
import type { Metrics } from "../admin/metrics.ts";
import type { DomainObject, RoutingTable } from "../federation/types.ts";
import type { SipRouter } from "../router/sip-router.ts";

export interface ObservedJoints {
  readonly table: RoutingTable;
  readonly operator: { readonly domains: { entries: () => Iterable<{ readonly object: DomainObject }> } };
  readonly writer: { readonly depth: number };
  readonly statusWriter: { readonly depth: number };
  readonly learning: { readonly pending: number };
  /** Undefined until it is there. */
  readonly router: () => SipRouter | undefined;
}

const NO_ROUTER = { reachable: false, inForce: false, entries: 0, pending: 0, programmings: 0, questions: 0 };

export function observe(metrics: Metrics, joints: ObservedJoints): void {
  const { table, operator, writer, statusWriter, learning, router } = joints;
  metrics.workQueue.observeDepth("domains", () => writer.depth);
  metrics.workQueue.observeDepth("status", () => statusWriter.depth);
  metrics.observeTable(() => ({
    domains: specsOf(operator.domains.entries()),
    routeSets: table.routeSets.size,
    open: table.open,
    unwritten: learning.pending,
  }));
  metrics.observeRouter(() => router()?.state() ?? NO_ROUTER);
  metrics.observeProbes(() => router()?.probes() ?? []);
  metrics.observeMemory(() => router()?.memory() ?? Promise.resolve(undefined));
  metrics.observeTls(() => router()?.tls());
  metrics.mirrorCounters(() => router()?.counters() ?? Promise.resolve([]));
}

function* specsOf(entries: Iterable<{ readonly object: DomainObject }>): Iterable<DomainObject["spec"]> {
  for (const { object } of entries) yield object.spec;
}
