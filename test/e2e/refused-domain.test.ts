/** What the cluster forbids to write is served while federation is open, and never known to the router alone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { runKubectl } from "../support/control-plane/kubectl.ts";
import { waitFor } from "../support/wait-for.ts";
import { metric } from "./support/admin.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

const FORBIDDEN = "forbidden.example";

let federation: Federation;
let partner: Party;

before(async () => {
  federation = await Federation.start();
  partner = await federation.party("partner");
  await federation.cluster.apply(open(to(partner)));
});
after(() => federation.stop());

/** An admission policy of the cluster's administrator, in force in the namespace of this test alone. */
async function forbid(): Promise<() => Promise<unknown>> {
  const { api, namespace } = federation.environment;
  const name = `no-${namespace}`;
  const resourceRule = {
    apiGroups: ["sipfederation.io"],
    apiVersions: ["*"],
    operations: ["CREATE"],
    resources: ["federateddomains"],
  };
  const objects = [
    {
      kind: "ValidatingAdmissionPolicy",
      spec: {
        matchConstraints: { resourceRules: [resourceRule] },
        matchConditions: [{ name: "here", expression: `request.namespace == '${namespace}'` }],
        validations: [{ expression: `request.name != '${FORBIDDEN}'`, message: "not with them" }],
      },
    },
    { kind: "ValidatingAdmissionPolicyBinding", spec: { policyName: name, validationActions: ["Deny"] } },
  ].map((object) => ({ apiVersion: "admissionregistration.k8s.io/v1", metadata: { name }, ...object }));
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  await runKubectl(api.kubeconfig, ["apply", "-f", "-"], list);
  const attempt = ["create", "--dry-run=server", "-n", namespace, "-f", "-"];
  await waitFor("the policy to be in force", () =>
    runKubectl(api.kubeconfig, attempt, JSON.stringify(domain(FORBIDDEN))).then(
      () => false,
      () => true,
    ),
  );
  return () => runKubectl(api.kubeconfig, ["delete", "-f", "-"], list);
}

test("a domain that an admission policy refuses is served while open, and not once closed", async (t) => {
  t.after(await forbid());
  const { replica, cluster } = federation;
  assert.equal(await federation.fromInside({ to: `bob@${FORBIDDEN}` }), "200 at partner");
  await waitFor("the refusal", async () => {
    return (await metric(replica, "sip_federation_domain_writes_total", { result: "refused" })) === 1;
  });
  assert.equal(await metric(replica, "sip_federation_unwritten_domains"), 0);
  assert.equal(await federation.fromInside({ to: `bob@${FORBIDDEN}` }), "200 at partner");
  await cluster.apply(closed(to(partner)));
  await federation.eventually("403", federation.inside, { to: `bob@${FORBIDDEN}` });
  assert.deepEqual(await cluster.names("FederatedDomain"), []);
});
