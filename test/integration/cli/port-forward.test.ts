/**
 * `sipfed` by way of a real API server: its authorization, its list of pods, its way to the kubelet. The kubelet is
 * played, and what is in the pod.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  createNamespace,
  createRestrictedUser,
  type KubernetesApi,
  type PolicyRule,
} from "../../support/control-plane.ts";
import { Kubelet } from "../../support/kubelet.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { run, startOperator } from "../../support/sipfed.ts";

/** What docs/sipfed.md says a person needs. */
const LIST: PolicyRule = { apiGroups: [""], resources: ["pods"], verbs: ["list"] };
const FORWARD: PolicyRule = { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get", "create"] };
const QUESTION = ["explain", "sip:bob@partner.example"];

const cleanUps: (() => unknown)[] = [];
/** What the kubelet was asked for. */
const asked: string[] = [];
let api: KubernetesApi;
let namespace: string;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
  const scope = { after: (cleanUp: () => unknown) => cleanUps.push(cleanUp) };
  const operator = await startOperator(scope);
  const kubelet = await Kubelet.start(scope, api, namespace, (path, port) => {
    asked.push(`${path} ${port}`);
    return operator;
  });
  await kubelet.run({ name: "edge-0", ready: false });
  await kubelet.run({ name: "edge-1", ready: true });
});
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

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
