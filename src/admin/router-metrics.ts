import { Counter, Gauge, type Registry } from "prom-client";

/** Requests that the SIP router has ended, by SIP method (`OTHER` for what it does not know) and outcome. */
export interface RequestCount {
  readonly method: string;
  readonly outcome: string;
  readonly count: number;
}

/**
 * Mirrors the counters that the SIP router keeps itself. They begin at 0 when it restarts, as Prometheus expects
 * of counters. While the router does not answer, they are absent and `sip_router_up` is 0.
 */
export function mirrorRouter(registry: Registry, read: () => Promise<readonly RequestCount[]>): void {
  const registers = [registry];
  const counts = shared(async () => {
    try {
      return await read();
    } catch {
      return undefined;
    }
  });
  new Gauge({
    name: "sip_router_up",
    help: "1 where the SIP router of this pod answers its operator.",
    registers,
    async collect() {
      this.set((await counts()) === undefined ? 0 : 1);
    },
  });
  new Counter({
    name: "sip_requests_total",
    help: "SIP requests by method and outcome.",
    labelNames: ["method", "outcome"],
    registers,
    async collect() {
      const current = await counts();
      this.reset();
      for (const { method, outcome, count } of current ?? []) this.inc({ method, outcome }, count);
    },
  });
}

/** One call under way serves all who ask meanwhile: the metrics of one scrape are collected side by side. */
function shared<T>(call: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= call().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
