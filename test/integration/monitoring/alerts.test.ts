/** The alerts of the chart, judged by Prometheus's own tool: each fires when it should, and keeps quiet when it should. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dump, load } from "js-yaml";
import { runCommand } from "../../../tools/setup/commands.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const RULES = join(repositoryRoot, "charts/sip-federation/monitoring/alerts.yaml");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Series by name and labels, with values a minute apart, as promtool writes them. */
type Series = Readonly<Record<string, string>>;

interface Case {
  readonly alert: string;
  readonly fires: Series;
  readonly silent: Series;
  /** When it fires; earlier than that it does not. */
  readonly at: string;
  readonly notYet?: string;
  /** Beside the severity. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How annotations write the value. */
  readonly value?: string;
}

const POD = 'namespace="voice", pod="edge-0", instance="10.2.0.9:8065"';
const OTHER = 'namespace="voice", pod="edge-1", instance="10.2.0.10:8065"';
const pod = { namespace: "voice", pod: "edge-0", instance: "10.2.0.9:8065" };
const voice = { namespace: "voice" };

const NEVER = "0x60";
const ONCE_A_MINUTE = "0+1x60";

/** A gauge of a pod that stays below or above what is good. */
const gauge = (alert: string, metric: string, times: { at: string; notYet: string }, more = {}): Case => ({
  alert,
  fires: { [`${metric}{${POD}}`]: NEVER },
  silent: { [`${metric}{${POD}}`]: "1x60" },
  labels: pod,
  ...times,
  ...more,
});

/** A counter that goes up, of which the namespace is told. */
const counter = (alert: string, series: string, more: Partial<Case> = {}): Case => ({
  alert,
  fires: { [series]: ONCE_A_MINUTE },
  silent: { [series]: "7x60" },
  at: "12m",
  labels: voice,
  ...more,
});

const CASES: readonly Case[] = [
  {
    alert: "SipFederationOperatorAbsent",
    fires: { 'up{namespace="voice"}': NEVER },
    silent: { [`sip_federation_info{${POD}, version="1"}`]: "1x60" },
    notYet: "4m",
    at: "6m",
  },
  {
    alert: "SipFederationOperatorRestarts",
    fires: {
      [`process_start_time_seconds{${POD}}`]: "1x4 2x4 3x4 4x4 5x4",
      [`sip_federation_info{${POD}, version="1"}`]: "1x60",
    },
    silent: { [`process_start_time_seconds{${POD}}`]: "1x4 2x4 3x4 4x4 5x4" },
    at: "24m",
    labels: pod,
    value: "4",
  },
  gauge("SipRouterAway", "sip_router_up", { notYet: "0m", at: "2m" }),
  {
    alert: "SipRouterNotInForce",
    fires: { [`sip_router_in_force{${POD}}`]: NEVER, [`sip_router_up{${POD}}`]: "1x60" },
    silent: { [`sip_router_in_force{${POD}}`]: NEVER, [`sip_router_up{${POD}}`]: NEVER },
    notYet: "0m",
    at: "2m",
    labels: pod,
  },
  {
    alert: "SipRouterMemoryShort",
    fires: { [`sip_router_memory_used_bytes{${POD}}`]: "95x9", [`sip_router_memory_bytes{${POD}}`]: "100x9" },
    silent: {
      [`sip_router_memory_used_bytes{${POD}}`]: "89x9",
      [`sip_router_memory_bytes{${POD}}`]: "100x9",
    },
    at: "2m",
    labels: pod,
    value: "95%",
  },
  {
    alert: "SipNextHopDown",
    fires: {
      [`sip_next_hop_up{${POD}, next_hop="sip:192.0.2.1:5060"}`]: NEVER,
      [`sip_next_hop_up{${OTHER}, next_hop="sip:192.0.2.1:5060"}`]: NEVER,
    },
    silent: {
      [`sip_next_hop_up{${POD}, next_hop="sip:192.0.2.1:5060"}`]: NEVER,
      [`sip_next_hop_up{${OTHER}, next_hop="sip:192.0.2.1:5060"}`]: "1x60",
    },
    notYet: "0m",
    at: "2m",
    labels: { ...voice, next_hop: "sip:192.0.2.1:5060" },
  },
  counter("SipRequestsWithoutNextHop", `sip_requests_total{${POD}, method="INVITE", outcome="500"}`, {
    value: "5",
  }),
  {
    alert: "SipTlsCertificateExpires",
    fires: { [`sip_tls_certificate_expiry_seconds{${POD}}`]: "604000x9" },
    silent: { [`sip_tls_certificate_expiry_seconds{${POD}}`]: "700000x9" },
    at: "1m",
    labels: pod,
    value: "6d 23h 45m 40s",
  },
  gauge("SipTlsFilesUnusable", "sip_tls_files_usable", { notYet: "4m", at: "6m" }),
  {
    alert: "SipFederationNoLeader",
    fires: { [`leader_election_master_status{${POD}, name="edge"}`]: NEVER },
    silent: {
      [`leader_election_master_status{${POD}, name="edge"}`]: NEVER,
      [`leader_election_master_status{${OTHER}, name="edge"}`]: "1x60",
    },
    notYet: "1m",
    at: "3m",
    labels: voice,
  },
  counter("SipFederationProgrammingFails", `sip_federation_programming_failures_total{${POD}}`, {
    labels: pod,
  }),
  {
    alert: "SipFederationDomainsUnwritten",
    fires: { [`sip_federation_unwritten_domains{${POD}}`]: "3x60" },
    silent: { [`sip_federation_unwritten_domains{${POD}}`]: NEVER },
    notYet: "9m",
    at: "11m",
    labels: pod,
    value: "3",
  },
  counter("SipFederationDomainsRefused", `sip_federation_domain_writes_total{${POD}, result="refused"}`),
  counter("SipQuestionsUnanswered", `sip_questions_total{${POD}, result="unanswered"}`),
  counter(
    "SipDiscoveryLimited",
    `sip_federation_discoveries_total{${POD}, direction="outbound", verdict="uncached"}`,
  ),
  counter("SipPartnerLimited", `sip_limited_total{${POD}, limit="rate", by="domain"}`, {
    labels: { ...voice, limit: "rate" },
  }),
  counter("SipUnprovenLimited", `sip_limited_total{${POD}, limit="unproven", by="source"}`),
  counter("SipFlood", `sip_limited_total{${POD}, limit="flood", by="source"}`),
  gauge("SipXmppGatewayAway", "sip_federation_xmpp_up", { notYet: "1m", at: "3m" }),
];

const { groups } = load(readFileSync(RULES, "utf8")) as { groups: { rules: Rule[] }[] };
const rules = new Map(groups.flatMap((group) => group.rules).map((rule) => [rule.alert, rule]));

/** Annotations as Prometheus writes them. */
function annotationsOf(rule: Rule, { labels = {}, value = "" }: Case): Record<string, string> {
  const filled = (text: string): string =>
    text
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_all, name: string) => labels[name] ?? "")
      .replace(/\{\{ \$value(?: \| \w+)? \}\}/g, value);
  return Object.fromEntries(Object.entries(rule.annotations).map(([key, text]) => [key, filled(text)]));
}

function promtoolTests(it: Case): object[] {
  const rule = rules.get(it.alert);
  assert(rule, it.alert);
  const alert = { exp_labels: { ...it.labels, ...rule.labels }, exp_annotations: annotationsOf(rule, it) };
  const at = (eval_time: string, exp_alerts: object[]) => ({ eval_time, alertname: it.alert, exp_alerts });
  const series = (all: Series) => Object.entries(all).map(([name, values]) => ({ series: name, values }));
  return [
    {
      interval: "1m",
      input_series: series(it.fires),
      alert_rule_test: [...(it.notYet === undefined ? [] : [at(it.notYet, [])]), at(it.at, [alert])],
    },
    { interval: "1m", input_series: series(it.silent), alert_rule_test: [at(it.at, [])] },
  ];
}

test("promtool takes the rules, and every one of them is tested", async () => {
  assert.match(await runCommand("promtool", ["check", "rules", RULES]), /SUCCESS/);
  assert.deepEqual(
    CASES.map(({ alert }) => alert),
    [...rules.keys()],
  );
});

test("everything is of one namespace, which the chart says", () => {
  for (const { alert, expr } of rules.values()) {
    const selectors = expr.match(/\b(?:sip|leader|process)_\w+(\{[^}]*\})?/g) ?? [];
    assert(selectors.length > 0, alert);
    for (const selector of selectors) assert.match(selector, /\{namespace=~"\.\*"/, `${alert}: ${selector}`);
  }
});

for (const it of CASES) {
  test(`${it.alert} fires when it should, and only then`, async () => {
    const file = join(temporaryDirectory("alerts"), "test.yaml");
    writeFileSync(file, dump({ rule_files: [RULES], tests: promtoolTests(it) }));
    assert.match(await runCommand("promtool", ["test", "rules", file]), /SUCCESS/);
  });
}
