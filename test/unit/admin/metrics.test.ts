import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "../../../src/admin/metrics.ts";

async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const { body } = await metrics.text();
  return body.split("\n").filter((line) => line.startsWith(name));
}

test("a work queue reports under controller-runtime's names", async () => {
  const metrics = new Metrics();
  const queue = metrics.controller.workQueue("staticroute", () => 7);
  queue.added();
  queue.added();
  queue.started(0.05);
  queue.finished(0.5);
  queue.retried();
  assert.deepEqual(await linesOf(metrics, "workqueue_adds_total"), [
    'workqueue_adds_total{name="staticroute"} 2',
  ]);
  assert.deepEqual(await linesOf(metrics, "workqueue_depth"), ['workqueue_depth{name="staticroute"} 7']);
  assert.deepEqual(await linesOf(metrics, "workqueue_retries_total"), [
    'workqueue_retries_total{name="staticroute"} 1',
  ]);
  for (const [name, sum] of [
    ["workqueue_queue_duration_seconds_sum", 0.05],
    ["workqueue_work_duration_seconds_sum", 0.5],
  ] as const) {
    assert.deepEqual(await linesOf(metrics, name), [`${name}{name="staticroute"} ${sum}`]);
  }
});

test("reconciliations, API requests and leadership", async () => {
  const metrics = new Metrics();
  metrics.controller.reconciled("status", "success", 0.01);
  metrics.controller.reconciled("status", "error", 0.02);
  metrics.controller.apiRequest("PATCH", "200", "10.0.0.1:443");
  metrics.controller.leading("sip-federation", true);
  assert.deepEqual(await linesOf(metrics, "controller_runtime_reconcile_total"), [
    'controller_runtime_reconcile_total{controller="status",result="success"} 1',
    'controller_runtime_reconcile_total{controller="status",result="error"} 1',
  ]);
  assert.deepEqual(await linesOf(metrics, "controller_runtime_reconcile_errors_total"), [
    'controller_runtime_reconcile_errors_total{controller="status"} 1',
  ]);
  assert.deepEqual(await linesOf(metrics, "rest_client_requests_total"), [
    'rest_client_requests_total{method="PATCH",code="200",host="10.0.0.1:443"} 1',
  ]);
  metrics.controller.leading("sip-federation", false);
  assert.deepEqual(await linesOf(metrics, "leader_election_master_status"), [
    'leader_election_master_status{name="sip-federation"} 0',
  ]);
});

test("the routing table is read at each scrape", async () => {
  const metrics = new Metrics();
  const table = { domains: 3, routeSets: 2, open: false, unwritten: 0 };
  metrics.federation.observeTable(() => table);
  assert.deepEqual(await linesOf(metrics, "sip_federation_open"), ["sip_federation_open 0"]);
  table.open = true;
  table.domains = 4;
  assert.deepEqual(await linesOf(metrics, "sip_federation_open"), ["sip_federation_open 1"]);
  assert.deepEqual(await linesOf(metrics, "sip_federation_domains"), ["sip_federation_domains 4"]);
});

test("what the operator does is counted", async () => {
  const metrics = new Metrics();
  metrics.federation.programmed(0.02);
  metrics.federation.programmingFailed();
  metrics.federation.discovered("outbound", "default");
  metrics.federation.learned("inbound", "created");
  metrics.federation.watchRestarted("staticroutes", "expired");
  metrics.federation.statusWritten("federateddomains", "written");
  for (const line of [
    "sip_federation_programming_lag_seconds_count 1",
    "sip_federation_programming_failures_total 1",
    'sip_federation_discoveries_total{direction="outbound",verdict="default"} 1',
    'sip_federation_learned_total{direction="inbound",result="created"} 1',
    'sip_federation_watch_restarts_total{resource="staticroutes",reason="expired"} 1',
    'sip_federation_status_writes_total{resource="federateddomains",result="written"} 1',
  ]) {
    assert.deepEqual(await linesOf(metrics, line), [line]);
  }
});

test("the router's counters are mirrored, start over with it, and are absent while it is silent", async () => {
  const metrics = new Metrics();
  let answer: () => Promise<{ method: string; outcome: string; count: number }[]> = () =>
    Promise.resolve([{ method: "MESSAGE", outcome: "relayed", count: 12 }]);
  metrics.mirrorRouter(() => answer());
  const relayed = (count: number) => [`sip_requests_total{method="MESSAGE",outcome="relayed"} ${count}`];
  assert.deepEqual(await linesOf(metrics, "sip_requests_total"), relayed(12));
  assert.deepEqual(
    await linesOf(metrics, "sip_requests_total"),
    relayed(12),
    "a second scrape does not add up",
  );
  answer = () => Promise.resolve([{ method: "MESSAGE", outcome: "relayed", count: 1 }]);
  assert.deepEqual(await linesOf(metrics, "sip_requests_total"), relayed(1));
  assert.deepEqual(await linesOf(metrics, "sip_router_up"), ["sip_router_up 1"]);
  answer = () => Promise.reject(new Error("timeout"));
  assert.deepEqual(await linesOf(metrics, "sip_requests_total"), []);
  assert.deepEqual(await linesOf(metrics, "sip_router_up"), ["sip_router_up 0"]);
});

test("process metrics are there", async () => {
  const metrics = new Metrics();
  assert.equal((await linesOf(metrics, "process_resident_memory_bytes")).length, 1);
  assert.equal((await linesOf(metrics, "nodejs_eventloop_lag_seconds ")).length, 1);
});
