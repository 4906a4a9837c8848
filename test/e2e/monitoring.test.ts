/** What an administrator sees: a real Prometheus scrapes an installation that works, and the dashboard and alerts find all of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { load } from "js-yaml";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { viewerOf } from "../support/console-viewers.ts";
import { freePort } from "../support/free-port.ts";
import { Prometheus } from "../support/prometheus.ts";
import { familyOf, labelsOf, metricsOf } from "../support/promql.ts";
import { scraperOf } from "../support/scrapers.ts";
import { waitFor } from "../support/wait-for.ts";
import { XmppClient } from "../support/xmpp-client.ts";
import { Federation } from "./support/federation.ts";
import { CHART, helm, LOCAL_DOMAIN } from "../integration/chart/release.ts";
import { domain, open, route, to } from "./support/objects.ts";

const DIRECTORY = join(repositoryRoot, "charts/sip-federation/monitoring");
const RULES = join(DIRECTORY, "alerts.yaml");
const XMPP_DOMAIN = "chat.example";

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const dashboard = JSON.parse(readFileSync(join(DIRECTORY, "dashboard.json"), "utf8")) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const { groups } = load(readFileSync(RULES, "utf8")) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};

/** With what Grafana puts in place of its variables. */
const shown = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    what: title,
    expr: expr
      .replaceAll("$namespace", ".*")
      .replaceAll("$__rate_interval", "1m")
      .replaceAll("$__range", "1m"),
  })),
);
const alerts = groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ what: alert, expr })));

let federation: Federation;
let prometheus: Prometheus;
let juliet: XmppClient;
/** host:port of the listener that pods reach. */
let monitoring: string;
let scraper: string;

before(async () => {
  const monitoringPort = await freePort("::");
  monitoring = `127.0.0.1:${monitoringPort}`;
  federation = await Federation.start({ xmpp: true, monitoringPort });
  const { environment, cluster } = federation;
  scraper = (await scraperOf(environment.api, environment.namespace)).token;
  const partner = await federation.party("partner");
  const platform = await federation.party("platform");
  const accounts = { juliet: "balcony" };
  const server = await environment.xmpp.server(environment.peerAddress(), { domain: XMPP_DOMAIN, accounts });
  juliet = await XmppClient.login({ server, user: "juliet" });
  await cluster.apply(
    open(to(partner)),
    route("local", environment.localDomain, to(platform, "UDP")),
    domain("partner.example"),
    domain("blocked.example", { policy: "Block" }),
  );
  const labels = { namespace: environment.namespace, pod: "edge-0" };
  prometheus = await Prometheus.start([{ address: monitoring, labels }], RULES, scraper);
});
after(async () => {
  await prometheus.stop();
  await juliet.close();
  await federation.stop();
});

/** The increase of what was relayed, by method. */
async function relayed(direction: string): Promise<Record<string, number>> {
  const selector = `sip_requests_total{outcome="relayed", direction="${direction}"}`;
  const samples = await prometheus.query(`sum by (method) (${selector})`);
  return Object.fromEntries(samples.map(({ metric, value }) => [metric.method ?? "", Number(value[1])]));
}

test("what Cisco counts in and out is counted in and out", async () => {
  const [alice, bob] = ["alice@example.com", "bob@partner.example"];
  for (const method of ["MESSAGE", "MESSAGE", "SUBSCRIBE", "NOTIFY", "INVITE"]) {
    assert.equal(await federation.fromInside({ method, to: bob, from: alice }), "200 at partner", method);
  }
  for (const method of ["MESSAGE", "SUBSCRIBE", "SUBSCRIBE", "NOTIFY"]) {
    assert.equal(await federation.fromOutside({ method, to: alice, from: bob }), "200 at platform", method);
  }
  await federation.fromInside({ method: "MESSAGE", to: alice, from: alice });
  await federation.fromInside({ method: "MESSAGE", to: "bob@blocked.example", from: alice });
  await waitFor("the next scrape", async () => {
    assert.deepEqual(await relayed("outbound"), { MESSAGE: 2, SUBSCRIBE: 1, NOTIFY: 1, INVITE: 1 });
    assert.deepEqual(await relayed("inbound"), { MESSAGE: 1, SUBSCRIBE: 2, NOTIFY: 1 });
    assert.deepEqual(await relayed("internal"), { MESSAGE: 1 });
    return true;
  });
});

test("messages and subscriptions of XMPP too", async () => {
  const headers = [["Content-Type", "text/plain"]] as const;
  const to = `juliet@${XMPP_DOMAIN}`;
  const message = { method: "MESSAGE", to, from: "alice@example.com", body: "Soft!", headers };
  assert.match(await federation.fromInside(message), /^200/);
  await juliet.message("alice@example.com", "Good night");
  await waitFor("both directions", async () => {
    const samples = await prometheus.query('sip_federation_xmpp_requests_total{method="MESSAGE"} > 0');
    return new Set(samples.map(({ metric }) => metric.direction)).size === 2;
  });
  const known = await prometheus.query('sip_federation_domains{protocol="XMPP", policy="Allow"}');
  assert.deepEqual(known.map(({ metric }) => metric.trust).sort(), ["Full", "Limited"]);
});

test("the installation exposes every metric that the dashboard and the alerts use", async () => {
  const exposed = await prometheus.metricNames();
  for (const { what, expr } of [...shown, ...alerts]) {
    const metrics = metricsOf(expr);
    assert(metrics.length > 0, `${what}: ${expr}`);
    for (const metric of metrics) assert(exposed.has(familyOf(metric)), `${what} uses ${metric}`);
  }
});

test("and every label, where there was something to count", async () => {
  for (const { what, expr } of [...shown, ...alerts]) {
    const samples = (await Promise.all(metricsOf(expr).map((metric) => prometheus.query(metric)))).flat();
    const there = new Set(samples.flatMap(({ metric }) => Object.keys(metric)));
    if (there.size === 0) continue;
    for (const label of labelsOf(expr)) assert(there.has(label), `${what}: ${label} in ${expr}`);
  }
});

/** What there is nothing to count of while all is well, and where nobody speaks TLS. */
const QUIET = [
  "Certificate ends",
  "Refused by the limits for strangers",
  "Refused by the limits for strangers",
  "Next hops passed over",
  "Failures",
  "Failures",
  "Calls of the Kubernetes API",
];

test("Prometheus understands every expression, and every panel has something to show", async () => {
  await waitFor("two scrapes of everything", async () => {
    const empty: string[] = [];
    for (const { what, expr } of shown) if ((await prometheus.query(expr)).length === 0) empty.push(what);
    assert.deepEqual(empty, QUIET);
    return true;
  });
});

test("an installation that is well raises no alert, and Prometheus has evaluated all of them", async () => {
  await waitFor("the alerts to be evaluated", async () => {
    const firing = await prometheus.query('ALERTS{alertstate="firing"}');
    assert.deepEqual(firing, []);
    return true;
  });
});

test("nobody else is shown the metrics on an address that others reach, and everybody its health", async () => {
  const { api, namespace } = federation.environment;
  const person = await viewerOf(api, namespace, ["*"]);
  const statusOf = async (path: string, token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return (await fetch(`http://${monitoring}${path}`, { headers })).status;
  };
  assert.deepEqual(
    [
      await statusOf("/metrics"),
      await statusOf("/metrics", "nonsense"),
      await statusOf("/metrics", person.token),
    ],
    [401, 401, 403],
  );
  assert.deepEqual([await statusOf("/healthz"), await statusOf("/readyz")], [200, 200]);
  assert.equal(await statusOf("/explain?uri=sip:bob@partner.example", scraper), 404);
});

/** What the container of the test pod runs, with what it would find by DNS. */
async function helmTest(environment: Record<string, string>): Promise<{ code: number; out: string }> {
  const text = await helm(["template", "edge", CHART, ...LOCAL_DOMAIN, "-s", "templates/tests/check.yaml"]);
  const { spec } = load(text) as { spec: { containers: [{ command: string[]; args: string[] }] } };
  const [{ command, args }] = spec.containers;
  const [, ...options] = command;
  const child = spawn(process.execPath, [...options, ...args], { env: { ...process.env, ...environment } });
  const [out, [code]] = (await Promise.all([readText(child.stdout), once(child, "exit")])) as [
    string,
    [number],
  ];
  return { code, out };
}

test("helm test finds the installation well, and says what is not", async () => {
  const SIP = `${federation.replica.address}:5060`;
  const allOk = ["ok", "ok", "ok", "ok"];
  const well = await helmTest({ MONITORING: monitoring, METRICS_TOKEN: scraper, SIP });
  assert.deepEqual([well.code, well.out.match(/^\w+/gm)], [0, allOk], well.out);
  assert.match(well.out, /routes by the current table \(operator \S+\)/);
  const unseen = await helmTest({ MONITORING: monitoring, SIP });
  assert.deepEqual([unseen.code, unseen.out.match(/^\w+/gm)], [0, allOk], unseen.out);
  assert.match(unseen.out, /^ok +pod \S+: ready$/m);
  const { code, out } = await helmTest({ MONITORING: monitoring, METRICS_TOKEN: "nonsense", SIP });
  assert.equal(code, 1);
  assert.match(out, /^FAIL +pod \S+: \/metrics says 401 the API server does not know this token$/m);
  const [nobody, nowhere] = [federation.environment.peerAddress(), "127.0.0.1:1"];
  const ill = await helmTest({ MONITORING: nowhere, SIP: `${nobody}:5060` });
  assert.equal(ill.code, 1);
  assert.deepEqual(ill.out.match(/^\w+/gm), ["ok", "FAIL", "FAIL", "FAIL"], ill.out);
});
