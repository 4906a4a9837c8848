/** The Grafana dashboard of the chart. */
import { dashboard, type Panel, type Query, type Row } from "./grafana.ts";

export const dashboardPath = "charts/sip-federation/monitoring/dashboard.json";

/** Everything below is of the namespaces that are chosen above. */
const SCOPE = 'namespace=~"$namespace"';

/** A selector, with more matchers where told. */
const of = (metric: string, ...matchers: string[]): string => `${metric}{${[SCOPE, ...matchers].join(", ")}}`;
const rate = (by: string, ...selector: [string, ...string[]]): string =>
  `sum by (${by}) (rate(${of(...selector)}[$__rate_interval]))`;
const relayed = (direction: string): readonly [string, ...string[]] => [
  "sip_requests_total",
  'outcome="relayed"',
  `direction="${direction}"`,
];

const stat = (title: string, expression: string, more: Partial<Panel> = {}): Panel => ({
  title,
  type: "stat",
  width: 4,
  height: 4,
  unit: "short",
  queries: [[expression, title]],
  ...more,
});

const graph = (title: string, queries: readonly Query[], more: Partial<Panel> = {}): Panel => ({
  title,
  type: "timeseries",
  width: 8,
  height: 8,
  unit: "short",
  queries,
  ...more,
});

const NOW: Row = {
  title: "Now",
  panels: [
    stat("Routers in force", `sum(${of("sip_router_in_force")})`, { alarm: [1, "below"] }),
    stat("Default route", `max(${of("sip_federation_open")})`, { words: { 0: "closed", 1: "open" } }),
    stat("Domains known", `max(sum by (pod, instance) (${of("sip_federation_domains")}))`, {
      description: "What Cisco calls the domain cache.",
    }),
    stat(
      "Next hops that answer nobody",
      `count(max by (next_hop) (${of("sip_next_hop_up")}) == 0) or vector(0)`,
      {
        alarm: [1, "above"],
      },
    ),
    stat("Certificate ends", `min(${of("sip_tls_certificate_expiry_seconds")}) * 1000`, {
      unit: "dateTimeFromNow",
    }),
    stat("Leaders", `sum(${of("leader_election_master_status")})`, { alarm: [1, "below"] }),
  ],
};

/** Cisco's counters of SIP federation have in and out of these. */
const COUNTED = ["MESSAGE", "NOTIFY", "INVITE", "SUBSCRIBE", "BYE"];

function counted(direction: string, name: string): Panel {
  const selector = of(...relayed(direction), `method=~"${COUNTED.join("|")}"`);
  return stat(name, `sum by (method) (increase(${selector}[$__range]))`, {
    description: "In the time that is shown.",
    width: 12,
    queries: [[`sum by (method) (increase(${selector}[$__range]))`, "{{method}}"]],
  });
}

const TRAFFIC: Row = {
  title: "Traffic",
  panels: [
    counted("inbound", "In"),
    counted("outbound", "Out"),
    graph("Inbound", [[rate("method", ...relayed("inbound")), "{{method}}"]], { unit: "reqps" }),
    graph("Outbound", [[rate("method", ...relayed("outbound")), "{{method}}"]], { unit: "reqps" }),
    graph("Within the inside", [[rate("method", ...relayed("internal")), "{{method}}"]], { unit: "reqps" }),
    graph(
      "Answered by the router itself",
      [[rate("outcome", "sip_requests_total", 'outcome!="relayed"'), "{{outcome}}"]],
      { unit: "reqps", description: "By status; `invalid` is what nobody can read." },
    ),
    graph(
      "Refused by the limits for strangers",
      [
        [rate("limit, by", "sip_limited_total"), "{{limit}} ({{by}})"],
        [rate("namespace", "sip_recipients_not_counted_total"), "recipients not counted"],
      ],
      { unit: "reqps" },
    ),
    graph("Next hops passed over", [[rate("namespace", "sip_next_hop_failures_total"), "{{namespace}}"]], {
      unit: "reqps",
    }),
  ],
};

const DOMAINS: Row = {
  title: "Domains",
  panels: [
    graph("Known domains", [
      [
        `max by (protocol, policy, trust) (${of("sip_federation_domains")})`,
        "{{protocol}} {{policy}} {{trust}}",
      ],
      [`max(${of("sip_federation_unwritten_domains")})`, "not written down yet"],
      [`max by (direction) (${of("sip_federation_active_domains")})`, "active, {{direction}}"],
    ]),
    graph("Questions about unknown domains", [
      [rate("direction, verdict", "sip_federation_discoveries_total"), "{{direction}}: {{verdict}}"],
      [rate("result", "sip_questions_total"), "router: {{result}}"],
      [`sum(${of("sip_router_questions")})`, "waiting now"],
    ]),
    graph("Domains that answered for the first time", [
      [rate("direction", "sip_federation_learned_total"), "{{direction}}"],
      [rate("result", "sip_federation_domain_writes_total"), "write: {{result}}"],
    ]),
  ],
};

const HOPS: Row = {
  title: "Next hops",
  panels: [
    graph("Answers probes", [[`max by (next_hop) (${of("sip_next_hop_up")})`, "{{next_hop}}"]], {
      width: 12,
    }),
    graph(
      "Time that the last answer took",
      [[`max by (next_hop) (${of("sip_next_hop_probe_duration_seconds")})`, "{{next_hop}}"]],
      { width: 12, unit: "s" },
    ),
  ],
};

const quantile = (metric: string, share: number): string =>
  `histogram_quantile(${share}, sum by (le) (rate(${of(`${metric}_bucket`)}[$__rate_interval])))`;

const XMPP: Row = {
  title: "XMPP",
  panels: [
    graph("Requests to and from the gateway", [
      [
        rate("direction, method, status", "sip_federation_xmpp_requests_total"),
        "{{direction}} {{method}}: {{status}}",
      ],
      [rate("result", "sip_gateway_requests_total"), "router: {{result}}"],
    ]),
    graph("Stanzas from XMPP servers", [[rate("kind", "sip_federation_xmpp_stanzas_total"), "{{kind}}"]]),
    graph("Presence subscriptions, messages under way", [
      [`sum by (direction) (${of("sip_federation_xmpp_subscriptions")})`, "subscriptions {{direction}}"],
      [`sum(${of("sip_federation_xmpp_messages_pending")})`, "messages"],
    ]),
    graph("Domains asked", [[rate("verdict", "sip_federation_xmpp_questions_total"), "{{verdict}}"]]),
    graph(
      "Time to their answer",
      [0.5, 0.99].map(
        (share) => [quantile("sip_federation_xmpp_question_seconds", share), `${share}`] as const,
      ),
      { unit: "s" },
    ),
    graph("Gateway is there", [[`min by (pod) (${of("sip_federation_xmpp_up")})`, "{{pod}}"]]),
  ],
};

const WITHIN: Row = {
  title: "Routers and operators",
  panels: [
    graph(
      "From seeing a change to routing by it",
      [0.5, 0.99].map(
        (share) => [quantile("sip_federation_programming_lag_seconds", share), `${share}`] as const,
      ),
      { unit: "s" },
    ),
    graph(
      "Shared memory of the routers",
      [
        [of("sip_router_memory_used_bytes"), "{{pod}}"],
        [`max(${of("sip_router_memory_bytes")})`, "all"],
      ],
      { unit: "bytes" },
    ),
    graph("Entries of the table", [
      [of("sip_router_entries"), "{{pod}}"],
      [of("sip_router_pending"), "{{pod}}: not in force yet"],
    ]),
    graph("Failures", [
      [rate("pod", "sip_federation_programming_failures_total"), "programming {{pod}}"],
      [rate("controller", "controller_runtime_reconcile_errors_total"), "reconciliation {{controller}}"],
      [rate("name", "workqueue_retries_total"), "retries {{name}}"],
    ]),
    graph("Waiting in queues", [[`sum by (name) (${of("workqueue_depth")})`, "{{name}}"]]),
    graph("Calls of the Kubernetes API", [
      [rate("method, code", "rest_client_requests_total"), "{{method}} {{code}}"],
      [rate("kind, outcome", "sip_federation_watches_ended_total"), "watch of {{kind}} {{outcome}}"],
    ]),
    graph(
      "Memory of the operators",
      [
        [
          `process_resident_memory_bytes{${SCOPE}} * on (instance) group_left () ${of("sip_federation_info")}`,
          "{{pod}}",
        ],
      ],
      { unit: "bytes" },
    ),
    graph(
      "Processor time of the operators",
      [
        [
          `rate(process_cpu_seconds_total{${SCOPE}}[$__rate_interval]) * on (instance) group_left () ${of("sip_federation_info")}`,
          "{{pod}}",
        ],
      ],
      { unit: "percentunit" },
    ),
    graph("Versions", [[`count by (version) (${of("sip_federation_info")})`, "{{version}}"]]),
  ],
};

/** The dashboard as JSON text. */
export function renderDashboard(): string {
  const head = { uid: "sip-federation", title: "SIP federation", metric: "sip_federation_info" };
  return `${JSON.stringify(dashboard(head, [NOW, TRAFFIC, DOMAINS, HOPS, XMPP, WITHIN]), null, 2)}\n`;
}
