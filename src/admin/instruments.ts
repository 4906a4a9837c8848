import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export function counter<Label extends string = never>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

/** `buckets`: upper bounds, in seconds. */
export function histogram<Label extends string = never>(
  registry: Registry,
  name: string,
  help: string,
  buckets: number[],
  labelNames: readonly Label[] = [],
): Histogram<Label> {
  return new Histogram({ name, help, labelNames, buckets, registers: [registry] });
}

/** A value that is read when metrics are scraped. */
export function observed(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** As `observed`, one value for each direction. */
export function observedByDirection(
  registry: Registry,
  name: string,
  help: string,
  read: () => { readonly outbound: number; readonly inbound: number },
): void {
  new Gauge({
    name,
    help,
    labelNames: ["direction"],
    registers: [registry],
    collect() {
      for (const [direction, value] of Object.entries(read())) this.set({ direction }, value);
    },
  });
}

/** As `observed`, one value for each of the names that are known by then. */
export function observedByName(
  registry: Registry,
  name: string,
  help: string,
  reads: ReadonlyMap<string, () => number>,
): void {
  new Gauge({
    name,
    help,
    labelNames: ["name"],
    registers: [registry],
    collect() {
      for (const [label, read] of reads) this.set({ name: label }, read());
    },
  });
}
