/** From the first release to this one and back, with real Helm: what people wrote stays, and an upgrade opens nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { helm, LOCAL_DOMAIN } from "../integration/chart/release.ts";
import { kubectl, startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { runKubectl } from "../support/control-plane/kubectl.ts";
import { read } from "../support/crd-objects.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { domain, route, to, type Manifest } from "./support/objects.ts";

const FIRST = join(import.meta.dirname, "testdata/first-release");
const NOW = join(repositoryRoot, "charts");
const NAMESPACE = "voice";

/** Every field that the first release has. */
const WRITTEN: readonly Manifest[] = [
  route("sbc", "*.example.net", {
    description: "to the SBC",
    nextHop: "sbc.example.net",
    nextHopPort: 5061,
    protocolType: "TLS",
    priority: 2,
    weight: 3,
    allowLessSpecificRoute: false,
    service: "Disabled",
    blockRoute: false,
    trustIdentity: true,
    tls: { serverName: "edge.example.net" },
  }),
  route("number", "+1555*", {
    routeType: "User",
    nextHop: "192.0.2.7",
    nextHopPort: 5060,
    protocolType: "UDP",
  }),
  route("blocked", "bad.example", { blockRoute: true }),
  domain("partner.example", {
    description: "a partner",
    policy: "Allow",
    protocol: "SIP",
    trust: "Full",
    sources: ["192.0.2.0/24", "2001:db8::/32"],
  }),
  domain("enemy.example", { policy: "Block" }),
];

let api: ControlPlane;
let federation: Federation | undefined;

before(async () => {
  api = await startControlPlane();
  await kubectl(api, "create", "namespace", NAMESPACE);
});
after(async () => {
  await federation?.stop();
  await api.stop();
});

async function release(action: "install" | "upgrade", charts: string, ...args: string[]): Promise<void> {
  await helm(
    [action, "definitions", join(charts, "sip-federation-crds"), "-n", "kube-system"],
    api.kubeconfig,
  );
  const established = ["--for=condition=Established", "--timeout=30s"];
  await kubectl(api, "wait", ...established, "crd/staticroutes.sipfederation.io");
  await kubectl(api, "wait", ...established, "crd/federateddomains.sipfederation.io");
  await helm([action, "edge", join(charts, "sip-federation"), "-n", NAMESPACE, ...args], api.kubeconfig);
}

/** What people wrote, and how often it was changed since. */
async function objects(): Promise<unknown[]> {
  const found = WRITTEN.map(async ({ kind, metadata: { name } }) => {
    const { spec, metadata } = await read(api, NAMESPACE, kind, name);
    return { kind, name, spec, uid: metadata.uid, generation: metadata.generation };
  });
  return Promise.all(found);
}

async function image(): Promise<string> {
  const path = "jsonpath={.spec.template.spec.initContainers[?(@.name=='operator')].image}";
  return (await kubectl(api, "get", "deployment/edge-sip-federation", "-n", NAMESPACE, "-o", path)).stdout;
}

async function names(kind: string): Promise<string[]> {
  const { stdout } = await kubectl(api, "get", kind, "-n", NAMESPACE, "-o", "name");
  return stdout.split("\n").filter(Boolean);
}

let written: unknown[];

test("the first release is installed, and people write their objects", async () => {
  await release("install", FIRST, ...LOCAL_DOMAIN, "--set", "images.operator.tag=first");
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: WRITTEN });
  await runKubectl(api.kubeconfig, ["apply", "-n", NAMESPACE, "-f", "-"], list);
  written = await objects();
  assert.match(await image(), /:first$/);
  assert.deepEqual(await names("poddisruptionbudgets"), []);
});

test("values of an earlier release are refused with what to do instead, and nothing changes", async () => {
  const upgrade = ["upgrade", "edge", join(NOW, "sip-federation"), "-n", NAMESPACE, "--reuse-values"];
  await assert.rejects(helm(upgrade, api.kubeconfig), /--reset-then-reuse-values instead of --reuse-values/);
});

test("the upgrade leaves them as they were, and takes the new values beside those that were set", async () => {
  await release("upgrade", NOW, "--reset-then-reuse-values");
  assert.deepEqual(await objects(), written);
  assert.match(await image(), /:first$/, "what was set is still set");
  assert.deepEqual(await names("poddisruptionbudgets"), ["poddisruptionbudget.policy/edge-sip-federation"]);
});

test("a namespace that never had a route .* gets the predefined one, which is blocked", async () => {
  federation = await Federation.start({ api, namespace: NAMESPACE });
  const { cluster } = federation;
  const predefined = await cluster.get("StaticRoute", "default");
  assert.deepEqual(
    Object.keys(predefined.spec).filter((field) => /block|hop/i.test(field)),
    [],
  );
  assert.equal(predefined.spec.destinationPattern, ".*");
  assert.equal(conditionOf(predefined, "Ready"), "True Blocked");
  assert.equal(await federation.fromInside({ to: "bob@unknown.example" }), "403");
});

test("what people wrote before is in force, and was not touched", async () => {
  assert(federation);
  const { cluster } = federation;
  const partner = await federation.party("partner");
  await cluster.ready(...WRITTEN);
  assert.deepEqual(await objects(), written);
  assert.equal(await federation.fromInside({ to: "bob@enemy.example" }), "403");
  assert.equal(await federation.fromInside({ to: "bob@bad.example" }), "403");
  await cluster.apply(route("partner", "partner.example", to(partner)));
  assert.equal(await federation.fromInside({ to: "bob@partner.example" }), "200 at partner");
});

test("the way back leaves everything too, what the later release wrote included", async () => {
  assert(federation);
  const before = await federation.cluster.everything();
  await release("upgrade", FIRST, "--reset-then-reuse-values");
  assert.deepEqual(await objects(), written);
  assert.deepEqual(await names("poddisruptionbudgets"), []);
  const after = await federation.cluster.everything();
  const shape = (all: typeof before) => all.map(({ kind, metadata, spec }) => [kind, metadata.name, spec]);
  assert.deepEqual(shape(after), shape(before));
  const stored = "jsonpath={.status.storedVersions}";
  for (const crd of await names("crd")) {
    assert.equal((await kubectl(api, "get", crd, "-o", stored)).stdout, '["v1alpha1"]');
  }
});

test("and forth again", async () => {
  await release("upgrade", NOW, "--reset-then-reuse-values");
  assert.deepEqual(await objects(), written);
});
