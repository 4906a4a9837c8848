/** Who may change what without a conflict: the operator, a person with kubectl, GitOps by server-side apply. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  API_VERSION,
  DEFAULT_ROUTE_NAME,
  DEFAULT_ROUTE_PATTERN,
  ORIGIN_DISCOVERED,
  ORIGIN_LABEL,
} from "../../../src/api/names.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import {
  applyObjects,
  createNamespace,
  KubectlError,
  type KubernetesApi,
} from "../../support/control-plane.ts";
import { applyServerSide, manifest, read } from "../../support/crd-objects.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";

const PREDEFINED = manifest("StaticRoute", DEFAULT_ROUTE_NAME, {
  spec: { destinationPattern: DEFAULT_ROUTE_PATTERN },
});
const DEFAULTS = {
  destinationPattern: ".*",
  protocolType: "TCP",
  routeType: "Domain",
  priority: 1,
  weight: 1,
  allowLessSpecificRoute: true,
  service: "Enabled",
  trustIdentity: false,
};
const OPENED = {
  destinationPattern: ".*",
  nextHop: "edge.example.net",
  nextHopPort: 0,
  protocolType: "TLS",
  priority: 2,
  blockRoute: false,
};
const opened = manifest("StaticRoute", DEFAULT_ROUTE_NAME, { spec: OPENED });

async function withPredefinedRoute(): Promise<{ api: KubernetesApi; namespace: string }> {
  const api = await sharedControlPlane();
  const namespace = await createNamespace(api);
  await applyServerSide(api, namespace, PREDEFINED, { manager: "operator" });
  return { api, namespace };
}

test("the predefined route has every default, no next hop and no port", async () => {
  const { api, namespace } = await withPredefinedRoute();
  assert.deepEqual((await read(api, namespace, "StaticRoute", "default")).spec, DEFAULTS);
});

test("another manager adopts the predefined route by server-side apply, and the operator undoes nothing", async () => {
  const { api, namespace } = await withPredefinedRoute();
  await applyServerSide(api, namespace, opened, { manager: "gitops" });
  assert.deepEqual((await read(api, namespace, "StaticRoute", "default")).spec, { ...DEFAULTS, ...OPENED });
  await applyServerSide(api, namespace, PREDEFINED, { manager: "operator" });
  assert.deepEqual((await read(api, namespace, "StaticRoute", "default")).spec, { ...DEFAULTS, ...OPENED });
});

test("a person adopts the predefined route by plain kubectl apply, and takes settings back", async () => {
  const { api, namespace } = await withPredefinedRoute();
  await applyObjects(api, namespace, [opened]);
  assert.deepEqual((await read(api, namespace, "StaticRoute", "default")).spec, { ...DEFAULTS, ...OPENED });
  const closed = manifest("StaticRoute", DEFAULT_ROUTE_NAME, { spec: { destinationPattern: ".*" } });
  await applyObjects(api, namespace, [closed]);
  assert.deepEqual((await read(api, namespace, "StaticRoute", "default")).spec, DEFAULTS);
});

test("a manager that wants another pattern for the predefined route gets a conflict, not the route", async () => {
  const { api, namespace } = await withPredefinedRoute();
  const other = manifest("StaticRoute", DEFAULT_ROUTE_NAME, {
    spec: { destinationPattern: "example.com", nextHop: "192.0.2.1" },
  });
  await assert.rejects(
    applyServerSide(api, namespace, other, { manager: "gitops" }),
    (error) => error instanceof KubectlError && error.stderr.includes(".spec.destinationPattern"),
  );
});

test("a discovered domain is adopted by writing Full, and still tells where it came from", async () => {
  const api = await sharedControlPlane();
  const namespace = await createNamespace(api);
  const name = "partner.example.com";
  const discovered = {
    apiVersion: API_VERSION,
    kind: "FederatedDomain",
    metadata: { name, labels: { [ORIGIN_LABEL]: ORIGIN_DISCOVERED } },
    spec: { trust: "Limited" },
  };
  await runKubectl(api.kubeconfig, ["create", "-n", namespace, "-f", "-"], JSON.stringify(discovered));
  const found = await read(api, namespace, "FederatedDomain", name);
  assert.deepEqual(found.spec, { policy: "Allow", protocol: "SIP", trust: "Limited" });

  await applyObjects(api, namespace, [manifest("FederatedDomain", name, { spec: { trust: "Full" } })]);
  const adopted = await read(api, namespace, "FederatedDomain", name);
  assert.equal(adopted.spec.trust, "Full");
  assert.equal(adopted.metadata.labels?.[ORIGIN_LABEL], ORIGIN_DISCOVERED);
});

test("a FederatedDomain needs no spec at all", async () => {
  const api = await sharedControlPlane();
  const namespace = await createNamespace(api);
  await applyObjects(api, namespace, [manifest("FederatedDomain", "partner.example.com", {})]);
  const { spec } = await read(api, namespace, "FederatedDomain", "partner.example.com");
  assert.deepEqual(spec, { policy: "Allow", protocol: "SIP", trust: "Full" });
});
