import { Counter, type Registry } from "prom-client";
import { observed } from "./instruments.ts";

/** A counter of the SIP router: `METHOD:outcome`, with `OTHER` for methods that it does not know. */
export interface RouterCounter {
  readonly name: string;
  readonly count: number;
}

export interface RouterCondition {
  /** Its control listener answers. */
  readonly reachable: boolean;
  /** It routes by the table of this operator. */
  readonly inForce: boolean;
  readonly entries: number;
  /** Changes that are not in force yet. */
  readonly pending: number;
  /** Full programmings since the operator started. */
  readonly programmings: number;
  /** Questions without a verdict. */
  readonly questions: number;
}

/** Mirrors the counters that the SIP router keeps itself. They begin at 0 with each of its starts. */
export function mirrorCounters(registry: Registry, read: () => Promise<readonly RouterCounter[]>): void {
  new Counter({
    name: "sip_requests_total",
    help: "SIP requests by method and outcome.",
    labelNames: ["method", "outcome"],
    registers: [registry],
    async collect() {
      const counters = await read();
      this.reset();
      for (const { name, count } of counters) this.inc(labelsOf(name), count);
    },
  });
}

/** Where the state of the SIP router is read from. Called once. */
export function observeRouter(registry: Registry, read: () => RouterCondition): void {
  const gauges: Record<string, [help: string, value: (router: RouterCondition) => number]> = {
    sip_router_up: ["1 where the SIP router answers its operator.", ({ reachable }) => Number(reachable)],
    sip_router_in_force: ["1 where it routes by this operator's table.", ({ inForce }) => Number(inForce)],
    sip_router_entries: ["Entries of its routing table.", ({ entries }) => entries],
    sip_router_pending: ["Changes that are not in force yet.", ({ pending }) => pending],
    sip_router_programmings: [
      "Full programmings since the operator started.",
      ({ programmings }) => programmings,
    ],
    sip_router_questions: ["Unknown domains that wait for a verdict.", ({ questions }) => questions],
  };
  for (const [name, [help, value]] of Object.entries(gauges))
    observed(registry, name, help, () => value(read()));
}

function labelsOf(name: string): { method: string; outcome: string } {
  const [method = "", outcome = ""] = name.split(":");
  return { method, outcome };
}
