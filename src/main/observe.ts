/** Part of main.ts: where metrics read what they show. */
import type { Metrics } from "../admin/metrics.ts";
import type { DomainObject, RoutingTable } from "../federation/types.ts";
import type { SipRouter } from "../router/sip-router.ts";

export interface ObservedJoints {
  readonly model: { readonly table: RoutingTable };
  readonly operator: { readonly domains: { entries: () => Iterable<{ readonly object: DomainObject }> } };
  readonly writer: { readonly depth: number };
  readonly statusWriter: { readonly depth: number };
  readonly learning: { readonly pending: number };
  readonly activity: { active(now: number): { readonly outbound: number; readonly inbound: number } };
  /** Undefined until it is there. */
  readonly router: () => SipRouter | undefined;
}

const NO_ROUTER = { reachable: false, inForce: false, entries: 0, pending: 0, programmings: 0, questions: 0 };

export function observe(metrics: Metrics, joints: ObservedJoints): void {
  const { model, operator, writer, statusWriter, learning, activity, router } = joints;
  metrics.workQueue.observeDepth("domains", () => writer.depth);
  metrics.workQueue.observeDepth("status", () => statusWriter.depth);
  metrics.observeTable(() => ({
    domains: specsOf(operator.domains.entries()),
    routeSets: model.table.routeSets.size,
    open: model.table.open,
    unwritten: learning.pending,
    active: () => activity.active(Date.now()),
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
