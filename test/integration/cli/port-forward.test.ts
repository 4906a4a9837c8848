/**
 * `sipfed` by way of a real API server: its authorization, its list of pods, its way to the kubelet. The kubelet is
 * played, and what is in the pod.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  applyObjects,
  createNamespace,
  createRestrictedUser,
  kubectl,
  startControlPlane,
  type ControlPlane,
  type PolicyRule,
} from "../../support/control-plane.ts";
import { servePortForward } from "../../support/port-forward.ts";
import { run, startOperator } from "../../support/sipfed.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

/** What docs/sipfed.md says a person needs. */
const LIST: PolicyRule = { apiGroups: [""], resources: ["pods"], verbs: ["list"] };
const FORWARD: PolicyRule = { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get", "create"] };
const QUESTION = ["explain", "sip:bob@partner.example"];

const directory = temporaryDirectory("control-plane");
const cleanUps: (() => unknown)[] = [];
/** What the kubelet was asked for. */
const asked: string[] = [];
let api: ControlPlane;
let namespace: string;

before(async () => {
  api = await startControlPlane({ directory });
  namespace = await createNamespace(api);
  await createNode("node-1", await startKubelet());
  await createPod("edge-0", false);
  await createPod("edge-1", true);
});
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await api.stop();
});

/** The kubelet of a node; its certificate is that of the API server, which does not look at it. */
async function startKubelet(): Promise<AddressInfo> {
  const operator = await startOperator({ after: (cleanUp) => cleanUps.push(cleanUp) });
  const [key, cert] = ["apiserver.key", "apiserver.crt"].map((file) => readFileSync(join(directory, file)));
  const kubelet = createServer({ key, cert });
  servePortForward(kubelet, (path, port) => {
    asked.push(`${path} ${port}`);
    return operator;
  });
  kubelet.listen(0, "127.0.0.1");
  await once(kubelet, "listening");
  cleanUps.push(() => {
    kubelet.closeAllConnections();
    kubelet.close();
  });
  return kubelet.address() as AddressInfo;
}

async function createNode(name: string, { address, port: Port }: AddressInfo): Promise<void> {
  const status = {
    addresses: [{ type: "InternalIP", address }],
    daemonEndpoints: { kubeletEndpoint: { Port } },
  };
  await applyObjects(api, namespace, [{ apiVersion: "v1", kind: "Node", metadata: { name }, status }]);
  await setStatus("node", name, status);
}

/** As the chart makes it, as far as sipfed looks. */
async function createPod(name: string, ready: boolean): Promise<void> {
  const labels = { "app.kubernetes.io/name": "sip-federation", "app.kubernetes.io/instance": "edge" };
  const spec = {
    nodeName: "node-1",
    automountServiceAccountToken: false,
    containers: [{ name: "sip-router", image: "sip-router" }],
  };
  await applyObjects(api, namespace, [{ apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec }]);
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  await setStatus("pod", name, { phase: "Running", conditions });
}

async function setStatus(kind: string, name: string, status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  await kubectl(
    api,
    "patch",
    kind,
    name,
    "-n",
    namespace,
    "--subresource=status",
    "--type=merge",
    "-p",
    patch,
  );
}

test("a person with the rights that the documentation names is answered by a pod that is ready", async () => {
  const { kubeconfig } = await createRestrictedUser(api, { namespace, rules: [LIST, FORWARD] });
  const { code, out, err } = await run(...QUESTION, "--kubeconfig", kubeconfig);
  assert.equal(err, "");
  assert.match(out, new RegExp(`\\nTold by {5}pod edge-1 in namespace ${namespace}\\n$`));
  assert.equal(code, 0);
  assert.deepEqual(asked, [`/portForward/${namespace}/edge-1 8064`]);
});

test("rights that are missing are named", async () => {
  const errorOf = async (rules: readonly PolicyRule[], ...args: string[]): Promise<string> => {
    const { kubeconfig } = await createRestrictedUser(api, { namespace, rules });
    return (await run(...QUESTION, "--kubeconfig", kubeconfig, ...args)).err;
  };
  assert.match(await errorOf([FORWARD]), /you may not list pods in namespace/);
  assert.match(await errorOf([LIST]), /the rights get and create on pods\/portforward/);
  assert.match(await errorOf([FORWARD], "--pod", "edge-7"), /has no pod edge-7/);
});
