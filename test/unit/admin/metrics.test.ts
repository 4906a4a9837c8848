import assert from "node:assert/strict";
import { test } from "node:test";
import { type Metrics, createMetrics } from "../../../src/admin/metrics.ts";

async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const { body } = await metrics.text();
  return body.split("\n").filter((line) => line.startsWith(name));
}

async function assertLines(metrics: Metrics, ...lines: string[]): Promise<void> {
  const { body } = await metrics.text();
  const all = new Set(body.split("\n"));
  for (const line of lines) assert(all.has(line), `${line} is missing from\n${body}`);
}

test("a work queue reports under client-go's names", async () => {
  const metrics = createMetrics("0.0.0");
  metrics.workQueue.observeDepth("status", () => 7);
  metrics.workQueue.added("status");
  metrics.workQueue.added("status");
  metrics.workQueue.retried("status");
  metrics.workQueue.processed("status", 500);
  await assertLines(
    metrics,
    'workqueue_adds_total{name="status"} 2',
    'workqueue_retries_total{name="status"} 1',
    'workqueue_depth{name="status"} 7',
    'workqueue_work_duration_seconds_sum{name="status"} 0.5',
  );
});

test("reconciliations are counted by result, and errors pass on", async () => {
  const metrics = createMetrics("0.0.0");
  assert.equal(await metrics.reconcile("router", () => Promise.resolve(5)), 5);
  await assert.rejects(
    metrics.reconcile("router", () => Promise.reject(new Error("no"))),
    /no/,
  );
  await assertLines(
    metrics,
    'controller_runtime_reconcile_total{controller="router",result="success"} 1',
    'controller_runtime_reconcile_total{controller="router",result="error"} 1',
    'controller_runtime_reconcile_errors_total{controller="router"} 1',
    'controller_runtime_reconcile_time_seconds_count{controller="router"} 2',
  );
});

test("calls of the Kubernetes API and leadership", async () => {
  const metrics = createMetrics("0.0.0");
  metrics.apiCall("PATCH", 200, 20);
  metrics.apiCall("GET", undefined, 1000);
  metrics.leading("sip-federation", true);
  await assertLines(
    metrics,
    'rest_client_requests_total{method="PATCH",code="200"} 1',
    'rest_client_requests_total{method="GET",code="<error>"} 1',
    'rest_client_request_duration_seconds_sum{verb="PATCH"} 0.02',
    'leader_election_master_status{name="sip-federation"} 1',
  );
  metrics.leading("sip-federation", false);
  await assertLines(metrics, 'leader_election_master_status{name="sip-federation"} 0');
});

test("watches, programming and learning are counted", async () => {
  const metrics = createMetrics("0.0.0");
  metrics.watch.listed("StaticRoute");
  metrics.watch.watchEnded("StaticRoute", "expired");
  metrics.watch.event("StaticRoute", "ADDED");
  metrics.watch.handlerFailed("StaticRoute");
  metrics.programming.programmed(0.02);
  metrics.programming.failed();
  metrics.learning.discovered("outbound", "default");
  metrics.learning.learned("inbound");
  metrics.learning.written("created");
  await assertLines(
    metrics,
    'sip_federation_lists_total{kind="StaticRoute"} 1',
    'sip_federation_watches_ended_total{kind="StaticRoute",outcome="expired"} 1',
    'sip_federation_watch_events_total{kind="StaticRoute",type="ADDED"} 1',
    'sip_federation_watch_handler_failures_total{kind="StaticRoute"} 1',
    'sip_federation_programming_lag_seconds_bucket{le="0.025"} 1',
    'sip_federation_programming_lag_seconds_bucket{le="0.01"} 0',
    "sip_federation_programming_failures_total 1",
    'sip_federation_discoveries_total{direction="outbound",verdict="default"} 1',
    'sip_federation_learned_total{direction="inbound"} 1',
    'sip_federation_domain_writes_total{result="created"} 1',
  );
});

test("table and router are read at each scrape", async () => {
  const metrics = createMetrics("0.0.0");
  const domains = [{}, {}, { protocol: "XMPP", policy: "Block", trust: "Limited" }];
  const table = {
    domains,
    routeSets: 2,
    open: false,
    unwritten: 0,
    active: () => ({ outbound: 3, inbound: 1 }),
  };
  const router = { reachable: true, inForce: true, entries: 9, pending: 1, programmings: 2, questions: 4 };
  metrics.observeTable(() => table);
  metrics.observeRouter(() => router);
  await assertLines(
    metrics,
    'sip_federation_domains{protocol="SIP",policy="Allow",trust="Full"} 2',
    'sip_federation_domains{protocol="XMPP",policy="Block",trust="Limited"} 1',
    'sip_federation_domains{protocol="XMPP",policy="Allow",trust="Full"} 0',
    "sip_federation_open 0",
    'sip_federation_active_domains{direction="outbound"} 3',
    'sip_federation_active_domains{direction="inbound"} 1',
    "sip_router_up 1",
    "sip_router_entries 9",
    "sip_router_questions 4",
  );
  table.open = true;
  router.reachable = false;
  await assertLines(metrics, "sip_federation_open 1", "sip_router_up 0");
});

test("the memory of the router and its TLS certificate are shown while they are known", async () => {
  const metrics = createMetrics("0.0.0");
  let memory: { total: number; used: number } | undefined = { total: 100, used: 60 };
  let tls: { notAfter: number; reloads: number; problem: string | undefined } | undefined = undefined;
  metrics.observeMemory(() => Promise.resolve(memory));
  metrics.observeTls(() => tls);
  await assertLines(metrics, "sip_router_memory_bytes 100", "sip_router_memory_used_bytes 60");
  assert.deepEqual(await linesOf(metrics, "sip_tls_"), []);
  memory = undefined;
  tls = { notAfter: 5000, reloads: 2, problem: "no" };
  assert.deepEqual(await linesOf(metrics, "sip_router_memory"), []);
  await assertLines(
    metrics,
    "sip_tls_certificate_expiry_seconds 5",
    "sip_tls_reloads 2",
    "sip_tls_files_usable 0",
  );
});

test("probes are shown by next hop, once there is a result, and no longer than the next hop is there", async () => {
  const metrics = createMetrics("0.0.0");
  const hops = [
    { uri: "sip:192.0.2.1:5060;transport=tcp", alive: true, latencyMs: 12 },
    { uri: "sip:192.0.2.2:5060;transport=tcp", alive: false, latencyMs: undefined },
    { uri: "sip:192.0.2.3:5060;transport=tcp", alive: undefined, latencyMs: undefined },
  ];
  metrics.observeProbes(() => hops);
  await assertLines(
    metrics,
    'sip_next_hop_up{next_hop="sip:192.0.2.1:5060;transport=tcp"} 1',
    'sip_next_hop_up{next_hop="sip:192.0.2.2:5060;transport=tcp"} 0',
    'sip_next_hop_probe_duration_seconds{next_hop="sip:192.0.2.1:5060;transport=tcp"} 0.012',
  );
  assert.equal((await metrics.text()).body.includes("192.0.2.3"), false);
  hops.shift();
  assert.equal((await metrics.text()).body.includes("192.0.2.1"), false);
});

test("the router's counters are mirrored, start over with it, and are absent while it is silent", async () => {
  const metrics = createMetrics("0.0.0");
  let counters = [
    { name: "MESSAGE:relayed", count: 12 },
    { name: "MESSAGE:relayed:inbound", count: 13 },
    { name: "INVITE:403", count: 1 },
    { name: "questions:asked", count: 5 },
    { name: "questions:outstanding", count: 2 },
    { name: "next_hop:failed", count: 3 },
    { name: "limited:rate:domain", count: 4 },
    { name: "recipients:not_counted", count: 6 },
    { name: "gateway:sent", count: 7 },
    { name: "gateway:away", count: 8 },
  ];
  let reads = 0;
  metrics.mirrorCounters(() => {
    reads += 1;
    return Promise.resolve(counters);
  });
  await assertLines(metrics, 'sip_questions_total{result="asked"} 5', "sip_next_hop_failures_total 3");
  assert.equal(reads, 1, "one scrape asks the router once");
  await assertLines(
    metrics,
    'sip_limited_total{limit="rate",by="domain"} 4',
    "sip_recipients_not_counted_total 6",
    'sip_gateway_requests_total{result="sent"} 7',
    'sip_gateway_requests_total{result="away"} 8',
  );
  const first = [
    'sip_requests_total{method="MESSAGE",outcome="relayed",direction="outbound"} 12',
    'sip_requests_total{method="MESSAGE",outcome="relayed",direction="inbound"} 13',
    'sip_requests_total{method="INVITE",outcome="403"} 1',
  ];
  assert.deepEqual(await linesOf(metrics, "sip_requests_total"), first);
  assert.deepEqual(await linesOf(metrics, "sip_questions_total"), ['sip_questions_total{result="asked"} 5']);
  assert.deepEqual(await linesOf(metrics, "sip_requests_total"), first, "a second scrape adds nothing up");
  counters = [{ name: "MESSAGE:relayed", count: 1 }];
  assert.deepEqual(await linesOf(metrics, "sip_requests_total"), [
    'sip_requests_total{method="MESSAGE",outcome="relayed",direction="outbound"} 1',
  ]);
  counters = [];
  assert.deepEqual(await linesOf(metrics, "sip_requests_total"), []);
});

test("process metrics are there", async () => {
  const metrics = createMetrics("0.0.0");
  assert.equal((await linesOf(metrics, "process_resident_memory_bytes")).length, 1);
  assert.equal((await linesOf(metrics, "nodejs_eventloop_lag_seconds ")).length, 1);
});
