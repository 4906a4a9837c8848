import { deepEqual, equal, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Lease } from "../../../src/kubernetes/lease.ts";
import { ReplicaLease, type ReplicaLeaseTiming } from "../../../src/kubernetes/replica-lease.ts";
import { EMPTY_REPORT, fromAnnotations, toAnnotations } from "../../../src/kubernetes/replica-report.ts";
import { fakeApi } from "./setup.ts";

const PATH = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";

async function setup(t: TestContext, timing: Partial<ReplicaLeaseTiming> = {}) {
  const { server, client, log } = await fakeApi(t);
  const pod = { name: "pod-a", uid: "uid-a" };
  const replica = new ReplicaLease({ client, installation: "edge", pod, log, timing });
  t.after(() => replica.stop());
  return { server, replica };
}

test("the Lease is named like the pod, owned by it, and says what is programmed", async (t) => {
  const { server, replica } = await setup(t);
  replica.publish({ ready: true, applied: { StaticRoute: "12" }, failed: { "StaticRoute/x": "why" } });
  replica.start();
  const patch = await server.call();
  deepEqual([patch.method, patch.path], ["PATCH", `${PATH}/pod-a`]);
  patch.refuse(404, "NotFound");
  const create = await server.call();
  deepEqual([create.method, create.path], ["POST", PATH]);
  const { metadata, spec } = create.body as Lease & { metadata: { ownerReferences: unknown } };
  equal(metadata.name, "pod-a");
  deepEqual(metadata.labels, { "sipfederation.io/replica-of": "edge" });
  deepEqual(metadata.ownerReferences, [{ apiVersion: "v1", kind: "Pod", name: "pod-a", uid: "uid-a" }]);
  deepEqual(fromAnnotations(metadata.annotations), replica.report);
  deepEqual([spec?.holderIdentity, spec?.leaseDurationSeconds], ["pod-a", 15]);
  create.respond(201, {});
});

test("a change is written at once, a burst of changes in one more write", async (t) => {
  const { server, replica } = await setup(t, { spacingMs: 200, renewMs: 60_000 });
  replica.start();
  (await server.call()).respond(200, {});
  const firstAt = performance.now();
  for (let version = 1; version <= 100; version += 1)
    replica.publish({ applied: { StaticRoute: String(version) } });
  const second = await server.call();
  ok(performance.now() - firstAt >= 150, "spaced");
  deepEqual(fromAnnotations((second.body as Lease).metadata.annotations).applied, { StaticRoute: "100" });
  replica.publish({ ready: true });
  second.respond(200, {});
  const third = await server.call();
  equal(
    fromAnnotations((third.body as Lease).metadata.annotations).ready,
    true,
    "what changed meanwhile follows",
  );
  third.respond(200, {});
});

test("it is renewed without any change", async (t) => {
  const { server, replica } = await setup(t, { renewMs: 30, spacingMs: 1 });
  replica.start();
  const times = new Set<string | undefined>();
  for (let renewals = 0; renewals < 3; renewals += 1) {
    const call = await server.call();
    times.add((call.body as Lease).spec?.renewTime);
    call.respond(200, {});
  }
  equal(times.size, 3);
});

test("a write that failed is repeated", async (t) => {
  const { server, replica } = await setup(t, { renewMs: 60_000 });
  replica.publish({ applied: { StaticRoute: "5" } });
  replica.start();
  (await server.call()).refuse(503, "ServiceUnavailable");
  const again = await server.call();
  deepEqual(fromAnnotations((again.body as Lease).metadata.annotations).applied, { StaticRoute: "5" });
  again.respond(200, {});
});

test("at the end it says that the replica is gone", async (t) => {
  const { server, client, log } = await fakeApi(t);
  const replica = new ReplicaLease({ client, installation: "edge", pod: { name: "pod-a" }, log });
  replica.start();
  const first = await server.call();
  equal("ownerReferences" in (first.body as Lease).metadata, false, "nothing owns it outside a pod");
  first.respond(200, {});
  const stopping = replica.stop();
  const last = await server.call();
  equal((last.body as Lease).spec?.holderIdentity, "");
  last.respond(200, {});
  await stopping;
});

test("a report keeps within the size of annotations; what cannot be read was not said", () => {
  const failed = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, index) => [`StaticRoute/${index}`, "x".repeat(9_000)]),
  );
  const unreachable = Array.from({ length: 5_000 }, (_, index) => `${"r".repeat(200)}${index}`);
  const throttled = Object.fromEntries(unreachable.map((name) => [name, ["rate", "failures"]]));
  const annotations = toAnnotations({
    ready: true,
    applied: { FederatedDomain: "9" },
    failed,
    unreachable,
    throttled,
    dialogKeys: ["0a", "1b"],
  });
  deepEqual(fromAnnotations(annotations).dialogKeys, ["0a", "1b"]);
  ok(JSON.stringify(annotations).length < 49_152);
  deepEqual(fromAnnotations(annotations).applied, { FederatedDomain: "9" });
  const told = fromAnnotations(annotations).unreachable;
  deepEqual(told, unreachable.slice(0, told.length));
  ok(told.length > 50);
  const limited = Object.entries(fromAnnotations(annotations).throttled);
  deepEqual(limited, Object.entries(throttled).slice(0, limited.length));
  ok(limited.length > 50);
  deepEqual(fromAnnotations(), EMPTY_REPORT);
  const broken = {
    "sipfederation.io/applied": '{"StaticRoute":"abc","FederatedDomain":"7"}',
    "sipfederation.io/failed": "{",
  };
  const applied = { FederatedDomain: "7" };
  deepEqual(fromAnnotations(broken), { ...EMPTY_REPORT, applied });
});
