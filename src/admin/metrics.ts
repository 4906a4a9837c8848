import { Registry, collectDefaultMetrics } from "prom-client";
import { ControllerMetrics } from "./controller-metrics.ts";
import { FederationMetrics } from "./federation-metrics.ts";
import { type RequestCount, mirrorRouter } from "./router-metrics.ts";

/** Every metric of the operator. The other rooms get its methods as plain callbacks. */
export class Metrics {
  readonly controller: ControllerMetrics;
  readonly federation: FederationMetrics;
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.controller = new ControllerMetrics(this.#registry);
    this.federation = new FederationMetrics(this.#registry);
  }

  /** Where the counters of the SIP router are read from, at each scrape. Called once. */
  mirrorRouter(read: () => Promise<readonly RequestCount[]>): void {
    mirrorRouter(this.#registry, read);
  }

  /** Everything in Prometheus's text format. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
