/** Statuses as a real API server stores them, written through the chart's Role. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { withCondition } from "../../../src/api/conditions.ts";
import type { FederatedDomain } from "../../../src/api/types.ts";
import type { Cached } from "../../../src/kubernetes/cached.ts";
import { FEDERATED_DOMAINS, type Kind, STATIC_ROUTES } from "../../../src/kubernetes/resources.ts";
import { DOMAIN_STATUS, ROUTE_STATUS } from "../../../src/kubernetes/status-shapes.ts";
import { type StatusKind, StatusWriter } from "../../../src/kubernetes/status-writer.ts";
import { applyObjects, kubectl } from "../../support/control-plane.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { waitFor } from "../../support/wait-for.ts";
import { domain, type OwnNamespace, ownNamespace, read, startOperator } from "./setup.ts";

interface Statuses {
  /** What `Accepted` shall say of every object. */
  reason: string;
  status: "True" | "False";
}

async function startStatusWriter(t: TestContext, own: OwnNamespace, wanted: Statuses) {
  const operator = await startOperator(t, own, {
    touched: (kind, name) => {
      writer.enqueue(kind, name, true);
    },
  });
  const desired: StatusKind["desired"] = ({ object: { generation } }, previous, now) => ({
    observedGeneration: generation,
    conditions: withCondition(
      previous,
      { type: "Accepted", ...wanted, message: "", observedGeneration: generation },
      now,
    ),
  });
  const writer = new StatusWriter({
    client: own.client,
    kinds: {
      StaticRoute: { resource: STATIC_ROUTES, shape: ROUTE_STATUS, cache: operator.routes, desired },
      FederatedDomain: {
        resource: FEDERATED_DOMAINS,
        shape: DOMAIN_STATUS,
        cache: operator.domains,
        desired,
      },
    },
    isReady: () => operator.synced,
    writesPerSecond: 0,
    log: own.log,
  });
  t.after(() => writer.stop());
  writer.start();
  const cached = (kind: Kind, name: string): Cached<{ generation: number }> | undefined =>
    kind === "StaticRoute" ? operator.routes.get(name) : operator.domains.get(name);
  const settled = (): Promise<boolean> => waitFor("the writer to rest", () => writer.depth === 0);
  return { operator, writer, cached, settled };
}

test("statuses: written once, put right when tampered with, others' conditions left alone", async (t) => {
  const api = await sharedControlPlane();
  const own = await ownNamespace(t, api);
  const { namespace } = own;
  const wanted: Statuses = { reason: "Fine", status: "True" };
  const { writer, operator, settled } = await startStatusWriter(t, own, wanted);
  const accepted = async () => {
    const { metadata, status } = await read<FederatedDomain>(api, namespace, "fd", "a.example");
    return {
      version: metadata.resourceVersion,
      status,
      condition: status.conditions.find(({ type }) => type === "Accepted"),
    };
  };

  await applyObjects(api, namespace, [domain("a.example")]);
  const first = await waitFor("the first status", async () => {
    const now = await accepted();
    return now.condition && { ...now, condition: now.condition };
  });
  equal(first.status.observedGeneration, 1);
  ok(Math.abs(Date.parse(first.condition.lastTransitionTime) - Date.now()) < 60_000);

  await waitFor("the cache", () => operator.domains.get("a.example")?.resourceVersion === first.version);
  writer.enqueueAll("FederatedDomain");
  await settled();
  equal((await accepted()).version, first.version, "a second pass writes nothing");

  const foreign = {
    type: "example.com/Checked",
    status: "True",
    reason: "Yes",
    message: "",
    lastTransitionTime: "2020-01-01T00:00:00Z",
  };
  const tampered = { ...first.condition, reason: "Tampered", lastTransitionTime: "2020-01-01T00:00:00Z" };
  const patch = { status: { observedGeneration: 1, conditions: [tampered, foreign] } };
  await kubectl(
    api,
    "patch",
    "fd",
    "a.example",
    "-n",
    namespace,
    "--subresource=status",
    "--type=merge",
    "-p",
    JSON.stringify(patch),
  );
  const repaired = await waitFor("the repair", async () => {
    const now = await accepted();
    return now.condition?.reason === "Fine" && now;
  });
  equal(
    repaired.condition?.lastTransitionTime,
    "2020-01-01T00:00:00Z",
    "the status did not change, so neither does its time",
  );
  deepEqual(
    repaired.status.conditions.find(({ type }) => type === foreign.type),
    foreign,
  );

  wanted.status = "False";
  writer.enqueueAll("FederatedDomain");
  const changed = await waitFor("the change", async () => {
    const now = await accepted();
    return now.condition?.status === "False" && now;
  });
  ok((changed.condition?.lastTransitionTime ?? "") > "2020-01-01T00:00:00Z");
  ok(changed.status.conditions.some(({ type }) => type === foreign.type));
});

test("an object that is deleted and made anew at once gets a status of its own", async (t) => {
  const api = await sharedControlPlane();
  const own = await ownNamespace(t, api);
  const { cached } = await startStatusWriter(t, own, { reason: "Fine", status: "True" });
  await applyObjects(api, own.namespace, [domain("a.example")]);
  await waitFor("the status", () => (cached("FederatedDomain", "a.example")?.statusDigest ?? 0) !== 0);
  await kubectl(api, "delete", "fd", "a.example", "-n", own.namespace);
  await applyObjects(api, own.namespace, [domain("a.example")]);
  const { uid } = (await read<FederatedDomain>(api, own.namespace, "fd", "a.example")).metadata;
  await waitFor("the new status", () => {
    const entry = cached("FederatedDomain", "a.example");
    return entry?.uid === uid && entry.statusDigest !== 0;
  });
});
