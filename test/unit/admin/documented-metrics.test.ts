import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createMetrics } from "../../../src/admin/metrics.ts";

const OPERATIONS = new URL("../../../docs/operations.md", import.meta.url);
const OWN = /^(?:sip|workqueue|controller_runtime|rest_client|leader_election)_\w+$/;

test("docs/operations.md names every metric, and none that is not there", async () => {
  const metrics = createMetrics("0.0.0");
  const none = { outbound: 0, inbound: 0 };
  metrics.observeTable(() => ({ domains: [], routeSets: 0, open: false, unwritten: 0, active: () => none }));
  const router = { reachable: true, inForce: true, entries: 0, pending: 0, programmings: 0, questions: 0 };
  metrics.observeRouter(() => router);
  metrics.observeProbes(() => []);
  metrics.observeMemory(() => Promise.resolve(undefined));
  metrics.observeTls(() => undefined);
  metrics.mirrorCounters(() => Promise.resolve([]));
  metrics.observeXmpp(() => ({ isUp: true, subscriptions: none, messages: 0 }));
  const { body } = await metrics.text();
  const exposed = [...body.matchAll(/^# TYPE (\S+)/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => OWN.test(name));
  const section = /^## Metrics\n(.*?)^\[Monitoring\]/ms.exec(readFileSync(OPERATIONS, "utf8"))?.[1] ?? "";
  const documented = [...section.matchAll(/`(\w+)(?:\{[\w,]*\})?`/g)]
    .map(([, name = ""]) => name)
    .filter((name) => OWN.test(name));
  assert.deepEqual(documented.sort(), exposed.sort());
});
