/** What this operator does beyond what every controller does. No label is a domain: strangers choose those. */
import { Gauge, type Registry } from "prom-client";
import { counter, histogram, observed, observedByDirection } from "./instruments.ts";

const PREFIX = "sip_federation";
const DIRECTIONS = ["inbound", "outbound"];
const VERDICTS = ["default", "uncached", "refused", "gateway"];
const WRITE_RESULTS = ["created", "exists", "refused", "failed"];
const LAG_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Tells the version of the operator, as a label of something that is always 1. */
export function tellVersion(registry: Registry, version: string): void {
  const help = "Version of the operator, as a label; 1.";
  const registers = [registry];
  new Gauge({ name: `${PREFIX}_info`, help, labelNames: ["version"], registers }).set({ version }, 1);
}

/** What list+watch reports to. */
export function watchMetrics(registry: Registry) {
  const lists = counter(registry, `${PREFIX}_lists_total`, "Complete lists.", ["kind"]);
  const ends = counter(registry, `${PREFIX}_watches_ended_total`, "Watches that ended.", ["kind", "outcome"]);
  const events = counter(registry, `${PREFIX}_watch_events_total`, "Events of watches.", ["kind", "type"]);
  const failures = counter(registry, `${PREFIX}_watch_handler_failures_total`, "Events not handled.", [
    "kind",
  ]);
  return {
    listed: (kind: string): void => {
      lists.inc({ kind });
    },
    watchEnded: (kind: string, outcome: string): void => {
      ends.inc({ kind, outcome });
    },
    event: (kind: string, type: string): void => {
      events.inc({ kind, type });
    },
    handlerFailed: (kind: string): void => {
      failures.inc({ kind });
    },
  };
}

/** Follows changes into the router. */
export function programmingMetrics(registry: Registry) {
  const help = "From seeing a change to routing by it.";
  const lag = histogram(registry, `${PREFIX}_programming_lag_seconds`, help, LAG_BUCKETS);
  const failures = counter(
    registry,
    `${PREFIX}_programming_failures_total`,
    "Changes that the router did not take.",
  );
  return {
    programmed: (lagSeconds: number): void => {
      lag.observe(lagSeconds);
    },
    failed: (): void => {
      failures.inc();
    },
  };
}

/** Follows unknown domains to their FederatedDomain. */
export function learningMetrics(registry: Registry) {
  const questions = counter(registry, `${PREFIX}_discoveries_total`, "Questions about unknown domains.", [
    "direction",
    "verdict",
  ]);
  const learned = counter(registry, `${PREFIX}_learned_total`, "Domains that answered for the first time.", [
    "direction",
  ]);
  const written = counter(
    registry,
    `${PREFIX}_domain_writes_total`,
    "Attempts to create a FederatedDomain.",
    ["result"],
  );
  // What begins with 0 has a rate when the first one is counted
  for (const direction of DIRECTIONS) {
    learned.inc({ direction }, 0);
    for (const verdict of VERDICTS) questions.inc({ direction, verdict }, 0);
  }
  for (const result of WRITE_RESULTS) written.inc({ result }, 0);
  return {
    discovered: (direction: string, verdict: string): void => {
      questions.inc({ direction, verdict });
    },
    learned: (direction: string): void => {
      learned.inc({ direction });
    },
    written: (result: string): void => {
      written.inc({ result });
    },
  };
}

/** What known domains are counted by. */
export interface CountedDomain {
  readonly protocol?: string | undefined;
  readonly policy?: string | undefined;
  readonly trust?: string | undefined;
}

const PROTOCOLS = ["SIP", "XMPP"];
const POLICIES = ["Allow", "Block"];
const TRUSTS = ["Full", "Limited"];

/** How large the routing table is. */
export interface TableSize {
  /** What is not said has the default of the definition. */
  readonly domains: Iterable<CountedDomain>;
  readonly routeSets: number;
  /** Whether the default route is open. */
  readonly open: boolean;
  /** Learned domains whose FederatedDomain is not written yet. */
  readonly unwritten: number;
  /** Domains with requests in the last twenty minutes, as far as this replica knows. */
  active(): { readonly outbound: number; readonly inbound: number };
}

/** Where the size of the table is read from. Called once. */
export function observeTable(registry: Registry, read: () => TableSize): void {
  observeDomains(registry, () => read().domains);
  observed(registry, `${PREFIX}_route_sets`, "Patterns that are routed.", () => read().routeSets);
  observed(registry, `${PREFIX}_open`, "1 while the default route is open.", () => (read().open ? 1 : 0));
  observed(registry, `${PREFIX}_unwritten_domains`, "Learned, but not written yet.", () => read().unwritten);
  observedByDirection(
    registry,
    `${PREFIX}_active_domains`,
    "Domains with requests in the last twenty minutes.",
    () => read().active(),
  );
}

/** All labels are there from the start: what was never counted is 0, not absent. */
function observeDomains(registry: Registry, read: () => Iterable<CountedDomain>): void {
  new Gauge({
    name: `${PREFIX}_domains`,
    help: "Known domains.",
    labelNames: ["protocol", "policy", "trust"],
    registers: [registry],
    collect() {
      const counts = new Map<string, number>();
      for (const { protocol = "SIP", policy = "Allow", trust = "Full" } of read()) {
        const key = `${protocol} ${policy} ${trust}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      for (const protocol of PROTOCOLS)
        for (const policy of POLICIES)
          for (const trust of TRUSTS)
            this.set({ protocol, policy, trust }, counts.get(`${protocol} ${policy} ${trust}`) ?? 0);
    },
  });
}
