import { Registry, collectDefaultMetrics } from "prom-client";
import { apiMetrics, leaderMetrics, reconcileMetrics, workQueueMetrics } from "./controller-metrics.ts";
import {
  type TableSize,
  learningMetrics,
  observeTable,
  programmingMetrics,
  tellVersion,
  watchMetrics,
} from "./federation-metrics.ts";
import {
  type ProbedNextHop,
  type RouterCondition,
  type RouterCounter,
  type RouterMemory,
  mirrorCounters,
  observeProbes,
  observeMemory,
  observeRouter,
  observeTls,
  type TlsCondition,
} from "./router-metrics.ts";

import { observeXmpp, xmppMetrics, type XmppSize } from "./xmpp-metrics.ts";

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Every metric of the operator, as callbacks that main.ts hands to the rooms.
 * @param version of the operator
 */
export function createMetrics(version: string) {
  const registry = new Registry();
  tellVersion(registry, version);
  collectDefaultMetrics({ register: registry });
  return {
    workQueue: workQueueMetrics(registry),
    reconcile: reconcileMetrics(registry),
    apiCall: apiMetrics(registry),
    leading: leaderMetrics(registry),
    watch: watchMetrics(registry),
    programming: programmingMetrics(registry),
    learning: learningMetrics(registry),
    xmpp: xmppMetrics(registry),
    observeTable: (read: () => TableSize): void => {
      observeTable(registry, read);
    },
    observeRouter: (read: () => RouterCondition): void => {
      observeRouter(registry, read);
    },
    observeProbes: (read: () => Iterable<ProbedNextHop>): void => {
      observeProbes(registry, read);
    },
    observeMemory: (read: () => Promise<RouterMemory | undefined>): void => {
      observeMemory(registry, read);
    },
    observeTls: (read: () => TlsCondition | undefined): void => {
      observeTls(registry, read);
    },
    observeXmpp: (read: () => XmppSize): void => {
      observeXmpp(registry, read);
    },
    mirrorCounters: (read: () => Promise<readonly RouterCounter[]>): void => {
      mirrorCounters(registry, read);
    },
    /** The sums of a counter of our own, by one of its labels. */
    sums: async (name: string, label: string): Promise<ReadonlyMap<string, number>> => {
      const sums = new Map<string, number>();
      const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
      for (const { labels, value } of values) {
        const key = String(labels[label] ?? "");
        sums.set(key, (sums.get(key) ?? 0) + value);
      }
      return sums;
    },
    /** Everything in Prometheus's text format. */
    text: async (): Promise<{ contentType: string; body: string }> => ({
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
  };
}
