import { deepEqual, equal } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { LeaseSpec } from "../../../src/kubernetes/lease.ts";
import { EMPTY_REPORT, type ReplicaReport, toAnnotations } from "../../../src/kubernetes/replica-report.ts";
import { ReplicaView } from "../../../src/kubernetes/replica-view.ts";
import { waitFor } from "../../support/wait-for.ts";
import { fakeApi } from "./setup.ts";

const END = { "k8s.io/initial-events-end": "true" };

async function setup(t: TestContext, own: Partial<ReplicaReport> = {}) {
  const { server, client, log } = await fakeApi(t);
  const changes: (bigint | undefined)[] = [];
  const self = { name: "pod-a", report: { ...EMPTY_REPORT, ...own } };
  const view = new ReplicaView({
    client,
    installation: "edge",
    own: self,
    changed: () => changes.push(view.programmedUpTo("StaticRoute")),
    log,
  });
  view.start();
  t.after(() => view.stop());
  const watch = await server.call();
  equal(watch.query.labelSelector, "sipfederation.io/replica-of=edge");
  return { watch, view, self, changes };
}

let version = 0;
function lease(name: string, applied: string | undefined, spec: LeaseSpec = {}, ready = true): object {
  version += 1;
  const report = {
    ...EMPTY_REPORT,
    ready,
    applied: applied === undefined ? {} : { StaticRoute: applied },
  };
  const held = { holderIdentity: name, leaseDurationSeconds: 60, renewTime: String(version) };
  return {
    metadata: { name, uid: name, resourceVersion: String(version), annotations: toAnnotations(report) },
    spec: { ...held, ...spec },
  };
}

const end = (): object => ({ metadata: { resourceVersion: String((version += 1)), annotations: END } });
const mark = (): object => ({ metadata: { resourceVersion: String((version += 1)) } });

test("what all fresh, ready replicas have programmed, by number and not by letter", async (t) => {
  const { watch, view, changes } = await setup(t, { ready: true, applied: { StaticRoute: "1000" } });
  equal(view.programmedUpTo("StaticRoute"), undefined, "the others are not known yet");
  watch.send("ADDED", lease("pod-b", "999"));
  watch.send("ADDED", lease("pod-c", "18446744073709551616"));
  watch.send("ADDED", lease("not-ready", "1", {}, false));
  watch.send("ADDED", lease("released", "2", { holderIdentity: "" }));
  watch.send("BOOKMARK", end());
  await waitFor("the replicas", () => view.programmedUpTo("StaticRoute") === 999n);
  watch.send("MODIFIED", lease("pod-b", "1002"));
  await waitFor("progress", () => view.programmedUpTo("StaticRoute") === 1000n);
  deepEqual(changes, [999n, 1000n]);
});

test("what this replica says counts before it is written", async (t) => {
  const { watch, view, self } = await setup(t, { ready: true, applied: { StaticRoute: "5" } });
  watch.send("ADDED", lease("pod-a", "3"));
  watch.send("BOOKMARK", end());
  await waitFor("its own report", () => view.programmedUpTo("StaticRoute") === 5n);
  self.report = { ...self.report, applied: { StaticRoute: "6" } };
  equal(view.programmedUpTo("StaticRoute"), 6n);
});

test("nothing is programmed where no replica is ready, or one has said nothing of a kind", async (t) => {
  const { watch, view } = await setup(t);
  watch.send("ADDED", lease("pod-b", "7", {}, false));
  watch.send("BOOKMARK", end());
  watch.send("ADDED", lease("pod-c", "7"));
  await waitFor("a ready replica", () => view.programmedUpTo("StaticRoute") === 7n);
  watch.send("DELETED", lease("pod-c", "7"));
  await waitFor("no ready replica", () => view.programmedUpTo("StaticRoute") === undefined);
  watch.send("ADDED", lease("pod-d", undefined));
  watch.send("ADDED", lease("pod-c", "8"));
  watch.send("BOOKMARK", mark());
  await waitFor("both", () => view.failure("StaticRoute", "x") === undefined);
  equal(view.programmedUpTo("StaticRoute"), undefined);
});

test("a replica that is not heard of any more counts no longer, and that is told", async (t) => {
  const { watch, view, changes } = await setup(t, { ready: true, applied: { StaticRoute: "9" } });
  watch.send("ADDED", lease("dead", "4", { leaseDurationSeconds: 1 }));
  watch.send("BOOKMARK", end());
  await waitFor("the dead one to count", () => view.programmedUpTo("StaticRoute") === 4n);
  const seen = changes.length;
  await waitFor("its end to be told", () => changes.length > seen);
  deepEqual(changes.at(-1), 9n);
});

test("a route reaches nobody where every other ready replica says so", async (t) => {
  const { watch, view } = await setup(t);
  equal(view.othersReachNobody("gone"), true, "there are no others");
  const saying = (name: string, unreachable: readonly string[]): object => {
    const it = lease(name, "1") as { metadata: { annotations: object } };
    it.metadata.annotations = toAnnotations({ ...EMPTY_REPORT, ready: true, unreachable });
    return it;
  };
  watch.send("ADDED", saying("pod-b", ["gone", "other"]));
  watch.send("ADDED", saying("pod-c", ["gone"]));
  watch.send("ADDED", lease("pod-d", "1", {}, false));
  watch.send("BOOKMARK", end());
  await waitFor("the replicas", () => !view.othersReachNobody("other"));
  equal(view.othersReachNobody("gone"), true);
});

test("the limits that bite elsewhere, by subject", async (t) => {
  const { watch, view } = await setup(t, { ready: true, throttled: { "own.test": ["rate"] } });
  const saying = (name: string, throttled: ReplicaReport["throttled"]): object => {
    const it = lease(name, "1") as { metadata: { annotations: object } };
    it.metadata.annotations = toAnnotations({ ...EMPTY_REPORT, ready: true, throttled });
    return it;
  };
  watch.send("ADDED", saying("pod-b", { "a.test": ["rate", "failures"], ".*": ["rate/inbound"] }));
  watch.send("ADDED", saying("pod-c", { "a.test": ["recipients"] }));
  watch.send("BOOKMARK", end());
  await waitFor("the replicas", () => [...view.othersThrottled()].length === 3);
  deepEqual(
    [...view.othersThrottled()],
    [
      ["a.test", ["rate", "failures"]],
      [".*", ["rate/inbound"]],
      ["a.test", ["recipients"]],
    ],
  );
});

test("what failed on a replica is told with its name", async (t) => {
  const { watch, view } = await setup(t);
  const failed = { ...EMPTY_REPORT, ready: true, failed: { "StaticRoute/bad": "refused" } };
  const broken = lease("pod-b", "1") as { metadata: { annotations: object } };
  broken.metadata.annotations = toAnnotations(failed);
  watch.send("ADDED", broken);
  watch.send("BOOKMARK", end());
  const failure = await waitFor("the failure", () => view.failure("StaticRoute", "bad"));
  deepEqual(failure, { replica: "pod-b", message: "refused" });
  equal(view.failure("FederatedDomain", "bad"), undefined);
});

test("a dialog key is accepted by all when every fresh, ready replica says so", async (t) => {
  const { watch, view, self } = await setup(t, { ready: true, dialogKeys: ["old", "new"] });
  const saying = (name: string, dialogKeys: readonly string[], ready = true): object => {
    const it = lease(name, "1") as { metadata: { annotations: object } };
    it.metadata.annotations = toAnnotations({ ...EMPTY_REPORT, ready, dialogKeys });
    return it;
  };
  equal(view.allAcceptDialogKey("new"), false, "the others are not known yet");
  watch.send("ADDED", saying("pod-b", ["old"]));
  watch.send("ADDED", saying("not-ready", [], false));
  watch.send("BOOKMARK", end());
  await waitFor("the replicas", () => view.allAcceptDialogKey("old"));
  equal(view.allAcceptDialogKey("new"), false);
  watch.send("MODIFIED", saying("pod-b", ["old", "new"]));
  await waitFor("the other replica", () => view.allAcceptDialogKey("new"));
  self.report = { ...self.report, dialogKeys: ["old"] };
  equal(view.allAcceptDialogKey("new"), false, "this replica has not");
});
