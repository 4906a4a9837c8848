/** What a person meets with kubectl. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Schema } from "../../../tools/generate/schema.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { applyObjects, createNamespace, kubectl, type KubernetesApi } from "../../support/control-plane.ts";
import { manifest, patchStatus } from "../../support/crd-objects.ts";
import { schemaOf } from "../../support/crds.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";

const NOW = "2026-01-01T00:00:00Z";
const condition = (type: string, status: string, reason: string): object => ({
  type,
  status,
  reason,
  message: "As wanted.",
  lastTransitionTime: NOW,
});

async function apiWith(objects: readonly object[]): Promise<{ api: KubernetesApi; namespace: string }> {
  const api = await sharedControlPlane();
  const namespace = await createNamespace(api);
  await applyObjects(api, namespace, objects);
  return { api, namespace };
}

/** The rows of a table as lists of cells, which two spaces keep apart; AGE left out. */
async function table(api: KubernetesApi, ...args: string[]): Promise<string[][]> {
  const { stdout } = await kubectl(api, "get", ...args);
  const [header = "", ...rows] = stdout.trimEnd().split("\n");
  const columns = [...header.matchAll(/\S+( \S+)*/g)].map(({ 0: name, index }) => ({ name, start: index }));
  const cells = (line: string): string[] =>
    columns
      .map(({ name, start }, at) => ({ name, text: line.slice(start, columns[at + 1]?.start).trim() }))
      .filter(({ name }) => name !== "AGE")
      .map(({ text }) => text);
  return [header, ...rows].map(cells);
}

test("kubectl get shows a route at a glance", async () => {
  const { api, namespace } = await apiWith([
    manifest("StaticRoute", "partner", {
      spec: { destinationPattern: "*.example.com", nextHop: "2001:db8::1" },
    }),
  ]);
  await patchStatus(api, namespace, "StaticRoute", "partner", {
    effectivePort: 5060,
    conditions: [condition("Ready", "True", "Serving"), condition("NextHopReachable", "False", "Timeout")],
  });
  assert.deepEqual(await table(api, "sroute", "-n", namespace), [
    ["NAME", "PATTERN", "NEXT HOP", "PORT", "PROTOCOL", "READY", "REASON"],
    ["partner", "*.example.com", "2001:db8::1", "5060", "TCP", "True", "Serving"],
  ]);
  const [header, row] = await table(api, "staticroute", "-n", namespace, "-o", "wide");
  const wide = ["BLOCKED", "SERVICE", "TYPE", "PRIORITY", "WEIGHT", "REACHABLE", "DESCRIPTION", "MESSAGE"];
  assert.deepEqual(header?.slice(-8), wide);
  assert.deepEqual(row?.slice(-8), ["", "Enabled", "Domain", "1", "1", "False", "", "As wanted."]);
});

test("kubectl get shows a domain at a glance", async () => {
  const discovered = manifest("FederatedDomain", "a.example", { spec: { trust: "Limited" } });
  const { api, namespace } = await apiWith([discovered]);
  await kubectl(api, "label", "fd/a.example", "-n", namespace, "sipfederation.io/origin=discovered");
  await patchStatus(api, namespace, "FederatedDomain", "a.example", {
    conditions: [
      condition("Ready", "True", "Serving"),
      condition("Routed", "True", "DefaultRoute"),
      condition("Throttled", "False", "WithinLimits"),
    ],
  });
  assert.deepEqual(await table(api, "fd", "-n", namespace), [
    ["NAME", "PROTOCOL", "POLICY", "TRUST", "ROUTED", "READY"],
    ["a.example", "SIP", "Allow", "Limited", "DefaultRoute", "True"],
  ]);
  const [header, row] = await table(api, "federateddomain", "-n", namespace, "-o", "wide");
  assert.deepEqual(header?.slice(-4), ["ORIGIN", "THROTTLED", "SOURCES", "DESCRIPTION"]);
  assert.deepEqual(row?.slice(-4), ["discovered", "False", "", ""]);
});

test("kubectl get sipfederation lists both kinds", async () => {
  const { api, namespace } = await apiWith([
    manifest("StaticRoute", "default", { spec: { destinationPattern: ".*" } }),
    manifest("FederatedDomain", "a.example", {}),
  ]);
  const { stdout } = await kubectl(api, "get", "sipfederation", "-n", namespace, "-o", "name");
  assert.deepEqual(stdout.trim().split("\n").sort(), [
    "federateddomain.sipfederation.io/a.example",
    "staticroute.sipfederation.io/default",
  ]);
});

test("domains are selected by trust, policy and protocol", async () => {
  const { api, namespace } = await apiWith([
    manifest("FederatedDomain", "a.example", {}),
    manifest("FederatedDomain", "b.example", { spec: { trust: "Limited" } }),
    manifest("FederatedDomain", "c.example", { spec: { trust: "Limited", policy: "Block" } }),
    manifest("FederatedDomain", "d.example", { spec: { protocol: "XMPP" } }),
  ]);
  const selected = async (selector: string): Promise<string> => {
    const { stdout } = await kubectl(
      api,
      "get",
      "fd",
      "-n",
      namespace,
      "-o",
      "name",
      "--field-selector",
      selector,
    );
    return stdout.replaceAll("federateddomain.sipfederation.io/", "").trim().split("\n").join(" ");
  };
  assert.equal(await selected("spec.trust=Limited"), "b.example c.example");
  assert.equal(await selected("spec.policy=Block"), "c.example");
  assert.equal(await selected("spec.protocol=XMPP"), "d.example");
  assert.equal(await selected("spec.trust=Limited,spec.policy!=Block"), "b.example");
});

test("kubectl explain tells every field", async () => {
  const api = await sharedControlPlane();
  for (const kind of ["StaticRoute", "FederatedDomain"] as const) {
    const singular = kind.toLowerCase();
    const schema = schemaOf(kind);
    assert.ok(await explains(api, singular, schema.description));
    for (const { path, fields } of [...objectsOf(schema, "spec"), ...objectsOf(schema, "status")]) {
      for (const [name, { description }] of Object.entries(fields)) {
        assert.ok(await explains(api, `${singular}.${path}`, description), `${singular}.${path}.${name}`);
      }
    }
  }
});

test("the examples of the documentation can be applied as they are", async () => {
  const api = await sharedControlPlane();
  const namespace = await createNamespace(api);
  const { stderr } = await kubectl(
    api,
    "apply",
    "-n",
    namespace,
    "-f",
    join(repositoryRoot, "docs/examples"),
  );
  assert.equal(stderr, "");
});

interface ObjectSchema {
  readonly path: string;
  readonly fields: Readonly<Record<string, Schema>>;
}

/** The objects in a property, itself among them, and their fields. */
function objectsOf(parent: Schema, path: string): ObjectSchema[] {
  const schema = parent.properties?.[path.slice(path.lastIndexOf(".") + 1)];
  const object = schema?.items ?? schema;
  if (object?.properties === undefined) return [];
  const inner = Object.keys(object.properties).flatMap((name) => objectsOf(object, `${path}.${name}`));
  return [{ path, fields: object.properties }, ...inner];
}

const explained = new Map<string, string>();

/** Whether `kubectl explain` says the text, line breaks aside. */
async function explains(api: KubernetesApi, path: string, text: string | undefined): Promise<boolean> {
  const words = explained.get(path) ?? (await kubectl(api, "explain", path)).stdout.replace(/\s+/g, " ");
  explained.set(path, words);
  return text !== undefined && words.includes(text);
}
