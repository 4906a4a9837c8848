import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Direction } from "../federation/types.ts";

/** How large the routing table is; read when metrics are scraped. */
export interface TableSize {
  readonly domains: number;
  readonly routeSets: number;
  /** Whether the default route is open. */
  readonly open: boolean;
  /** Learned domains whose FederatedDomain is not written yet. */
  readonly unwritten: number;
}

const LAG_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PREFIX = "sip_federation";

/** What this operator does, beyond what every controller does. No label is ever a domain: strangers choose those. */
export class FederationMetrics {
  readonly #registers: Registry[];
  readonly #lag;
  readonly #failures;
  readonly #discoveries;
  readonly #learned;
  readonly #watchRestarts;
  readonly #statusWrites;

  constructor(registry: Registry) {
    this.#registers = [registry];
    this.#lag = new Histogram({
      name: `${PREFIX}_programming_lag_seconds`,
      help: "From seeing a change to routing by it.",
      buckets: LAG_BUCKETS,
      registers: this.#registers,
    });
    this.#failures = this.#counter("programming_failures_total", "Changes that the router did not take.", []);
    this.#discoveries = this.#counter("discoveries_total", "Questions about unknown domains.", [
      "direction",
      "verdict",
    ]);
    this.#learned = this.#counter("learned_total", "Domains that were reached for the first time.", [
      "direction",
      "result",
    ]);
    this.#watchRestarts = this.#counter("watch_restarts_total", "Watches begun anew.", [
      "resource",
      "reason",
    ]);
    this.#statusWrites = this.#counter("status_writes_total", "Status writes.", ["resource", "result"]);
  }

  programmed(lagSeconds: number): void {
    this.#lag.observe(lagSeconds);
  }

  programmingFailed(): void {
    this.#failures.inc();
  }

  discovered(direction: Direction, verdict: string): void {
    this.#discoveries.inc({ direction, verdict });
  }

  learned(direction: Direction, result: string): void {
    this.#learned.inc({ direction, result });
  }

  watchRestarted(resource: string, reason: string): void {
    this.#watchRestarts.inc({ resource, reason });
  }

  statusWritten(resource: string, result: string): void {
    this.#statusWrites.inc({ resource, result });
  }

  /** Where the size of the table is read from. Called once. */
  observeTable(read: () => TableSize): void {
    this.#gauge("domains", "Known domains.", () => read().domains);
    this.#gauge("route_sets", "Patterns with at least one accepted StaticRoute.", () => read().routeSets);
    this.#gauge("open", "1 while the default route is open.", () => (read().open ? 1 : 0));
    this.#gauge("unwritten_domains", "Learned domains that are still to be written.", () => read().unwritten);
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `${PREFIX}_${name}`,
      help,
      registers: this.#registers,
      collect() {
        this.set(read());
      },
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: `${PREFIX}_${name}`, help, labelNames, registers: this.#registers });
  }
}
