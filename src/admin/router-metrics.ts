import { Counter, Gauge, type Registry } from "prom-client";
import { observed } from "./instruments.ts";

/**
 * A counter of the SIP router, `what:outcome`: of requests `METHOD:outcome`, or `METHOD:relayed:direction` where that is
 * not outbound; else what kamailio.cfg counts.
 */
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
  const counters = shared(read);
  mirror(registry, counters, "sip_requests_total", "SIP requests by method and outcome.", requestLabels);
  mirror(
    registry,
    counters,
    "sip_questions_total",
    "Questions of the SIP router to its operator.",
    (what, result) => (what === "questions" && result !== "outstanding" ? { result } : undefined),
  );
  mirror(
    registry,
    counters,
    "sip_limited_total",
    "Requests refused by the limits for strangers, and messages dropped as a flood.",
    (what, limit, by) => (what === "limited" ? { limit, by } : undefined),
  );
  mirror(
    registry,
    counters,
    "sip_recipients_not_counted_total",
    "Recipients that were one too many to remember for the limits for strangers.",
    (what) => (what === "recipients" ? {} : undefined),
  );
  mirror(
    registry,
    counters,
    "sip_gateway_requests_total",
    "Requests that the SIP router sent to the XMPP gateway, received from it, or answered because it is away.",
    (what, result) => (what === "gateway" ? { result } : undefined),
  );
  mirror(
    registry,
    counters,
    "sip_next_hop_failures_total",
    "Next hops passed over after a failure.",
    (what) => (what === "next_hop" ? {} : undefined),
  );
}

/** Only what is relayed has a direction: of what is refused, nobody needs to know where it wanted to go. */
function requestLabels(what: string, outcome: string, by: string): Record<string, string> | undefined {
  if (!/^[A-Z]+$/.test(what)) return undefined;
  if (outcome !== "relayed") return { method: what, outcome };
  return { method: what, outcome, direction: by || "outbound" };
}

/** One metric of those counters for which there are labels. */
function mirror(
  registry: Registry,
  read: () => Promise<readonly RouterCounter[]>,
  name: string,
  help: string,
  labelsOf: (what: string, outcome: string, by: string) => Record<string, string> | undefined,
): void {
  new Counter({
    name,
    help,
    labelNames: ["method", "outcome", "direction", "result", "limit", "by"],
    registers: [registry],
    async collect() {
      const counters = await read();
      this.reset();
      for (const counter of counters) {
        const [what = "", outcome = "", by = ""] = counter.name.split(":");
        const labels = labelsOf(what, outcome, by);
        if (labels !== undefined) this.inc(labels, counter.count);
      }
    },
  });
}

/** A next hop as its probes found it. */
export interface ProbedNextHop {
  readonly uri: string;
  /** Undefined until that is known. */
  readonly alive: boolean | undefined;
  /** Undefined without an answer. */
  readonly latencyMs: number | undefined;
}

/** Where the results of probes are read from. Called once. Next hops are few, and named by those who write routes. */
export function observeProbes(registry: Registry, read: () => Iterable<ProbedNextHop>): void {
  gauge(
    registry,
    "sip_next_hop_up",
    "1 where a next hop answers probes, 0 where it does not.",
    read,
    ({ alive }) => (alive === undefined ? undefined : Number(alive)),
  );
  gauge(
    registry,
    "sip_next_hop_probe_duration_seconds",
    "Time that the last answer to a probe took.",
    read,
    ({ latencyMs }) => latencyMs && latencyMs / 1000,
  );
}

function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => Iterable<ProbedNextHop>,
  value: (hop: ProbedNextHop) => number | undefined,
): void {
  new Gauge({
    name,
    help,
    labelNames: ["next_hop"],
    registers: [registry],
    collect() {
      this.reset();
      for (const hop of read()) {
        const number = value(hop);
        if (number !== undefined) this.set({ next_hop: hop.uri }, number);
      }
    },
  });
}

/** Shared memory of the SIP router, in bytes. */
export interface RouterMemory {
  readonly total: number;
  readonly used: number;
}

/** Where it is read from; undefined while the router is away. Called once. */
export function observeMemory(registry: Registry, read: () => Promise<RouterMemory | undefined>): void {
  const current = shared(read);
  for (const [name, help, value] of [
    ["sip_router_memory_bytes", "Shared memory of the SIP router.", ({ total }: RouterMemory) => total],
    ["sip_router_memory_used_bytes", "Shared memory in use.", ({ used }: RouterMemory) => used],
  ] as const) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const memory = await current();
        if (memory) this.set(value(memory));
        else this.remove();
      },
    });
  }
}

/** The certificate that the SIP router shows. */
export interface TlsCondition {
  /** When it ends, in milliseconds since 1970; undefined while none was read. */
  readonly notAfter: number | undefined;
  readonly reloads: number;
  /** What keeps the router from using the files as they are. */
  readonly problem: string | undefined;
}

/** Where its state is read from; undefined where TLS is not spoken. Called once. */
export function observeTls(registry: Registry, read: () => TlsCondition | undefined): void {
  const gauges: Record<string, [help: string, value: (tls: TlsCondition) => number | undefined]> = {
    sip_tls_certificate_expiry_seconds: [
      "When the TLS certificate ends, in seconds since 1970.",
      ({ notAfter }) => notAfter && notAfter / 1000,
    ],
    sip_tls_reloads: [
      "Times that new TLS files were loaded since the operator started.",
      ({ reloads }) => reloads,
    ],
    sip_tls_files_usable: [
      "1 where the router can use the TLS files as they are, 0 where it keeps those it had.",
      ({ problem }) => Number(problem === undefined),
    ],
  };
  for (const [name, [help, value]] of Object.entries(gauges)) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        const tls = read();
        const number = tls && value(tls);
        if (number !== undefined) this.set(number);
        else this.remove();
      },
    });
  }
}

/** One call under way serves all who ask meanwhile: the metrics of a scrape are collected side by side. */
function shared<T>(call: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= call().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
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
