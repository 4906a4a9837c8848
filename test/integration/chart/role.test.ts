/** What the chart allows the operator, asked of a real API server. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { KubectlError, type KubernetesApi, createNamespace } from "../../support/control-plane.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { render } from "./release.ts";

const GROUP = "sipfederation.io";
const LEASES = "coordination.k8s.io";

/** As in a SubjectAccessReview. */
interface Question {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
}

let api: KubernetesApi;
let namespace: string;
let operator: string;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
  operator = `system:serviceaccount:${namespace}:edge-sip-federation`;
  const rbac = ["ServiceAccount", "Role", "RoleBinding"];
  const objects = (await render(namespace)).filter(({ kind }) => rbac.includes(kind));
  await create(objects);
});

async function create(items: readonly object[], ...args: string[]): Promise<string> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  return (await runKubectl(api.kubeconfig, ["create", ...args, "-f", "-"], list)).stdout;
}

/** The questions that the API server answers with yes. */
async function allowed(questions: readonly Question[], user = operator): Promise<readonly Question[]> {
  const reviews = questions.map((question) => ({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user,
      groups: ["system:serviceaccounts", "system:authenticated"],
      resourceAttributes: { namespace, ...question },
    },
  }));
  const answers = await create(reviews, "-o", 'jsonpath={.status.allowed}{"\\n"}');
  return questions.filter((_, index) => answers.split("\n")[index] === "true");
}

const route = { group: GROUP, resource: "staticroutes" };
const domain = { group: GROUP, resource: "federateddomains" };
const lease = { group: LEASES, resource: "leases" };

const secret = { resource: "secrets" };

const NEEDED: readonly Question[] = [
  ...["list", "watch"].flatMap((verb) => [route, domain, lease].map((what) => ({ verb, ...what }))),
  { verb: "patch", ...route, name: "default" },
  { verb: "create", ...domain },
  { verb: "patch", ...route, name: "any", subresource: "status" },
  { verb: "patch", ...domain, name: "partner.example", subresource: "status" },
  ...["get", "create", "update", "patch"].map((verb) => ({ verb, ...lease, name: "edge-0" })),
  ...["edge-sip-federation-dialog-key", "edge-sip-federation-xmpp-presence"].flatMap((name) =>
    ["get", "create", "patch"].map((verb) => ({ verb, ...secret, name })),
  ),
  { verb: "create", group: "events.k8s.io", resource: "events" },
];

const REFUSED: readonly Question[] = [
  ...["update", "patch", "delete"].flatMap((verb) => [
    { verb, ...route, name: "of-a-person" },
    { verb, ...domain, name: "partner.example" },
  ]),
  { verb: "create", ...route },
  { verb: "delete", ...route, name: "default" },
  { verb: "deletecollection", ...domain },
  { verb: "delete", ...lease, name: "edge-0" },
  ...["list", "watch", "create"].map((verb) => ({ verb, ...secret })),
  ...["get", "create", "patch"].map((verb) => ({ verb, ...secret, name: "of-somebody-else" })),
  { verb: "delete", ...secret, name: "edge-sip-federation-dialog-key" },
  ...["create", "update", "delete"].map((verb) => ({ verb, resource: "pods", name: "edge-0" })),
  { verb: "create", resource: "pods", subresource: "exec", name: "edge-0" },
  { verb: "create", resource: "serviceaccounts", subresource: "token", name: "default" },
  ...["escalate", "bind", "update"].map((verb) => ({
    verb,
    group: "rbac.authorization.k8s.io",
    resource: "roles",
    name: "edge-sip-federation",
  })),
];

test("the operator may do what it needs", async () => {
  assert.deepEqual(await allowed(NEEDED), NEEDED);
});

test("it changes no spec, deletes nothing, and gains nothing", async () => {
  assert.deepEqual(await allowed(REFUSED), []);
});

test("it may do nothing in other namespaces, nor in the whole cluster", async () => {
  const elsewhere = ["default", ""].flatMap((other) => NEEDED.map((what) => ({ ...what, namespace: other })));
  assert.deepEqual(await allowed(elsewhere), []);
});

const REVIEWS: readonly Question[] = [
  { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews", namespace: "" },
  { verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews", namespace: "" },
];

test("without console and monitoring it has no right in the cluster", async () => {
  const objects = await render(namespace);
  assert.deepEqual(
    objects.filter(({ kind }) => kind.startsWith("Cluster")),
    [],
  );
  assert.deepEqual(await allowed(REVIEWS), []);
});

for (const [what, values] of [
  ["the console", "console.enabled=true"],
  ["the metrics", "monitoring.enabled=true"],
  ["a ServiceMonitor", "monitoring.serviceMonitor.enabled=true"],
  ["both", "console.enabled=true,monitoring.enabled=true"],
] as const) {
  test(`for ${what} it may ask who somebody is and what they may, and nothing else outside of its namespace`, async () => {
    const other = await createNamespace(api);
    const objects = await render(other, "--set", values);
    const name = `${other}-edge-sip-federation-reviews`;
    const granted = objects.filter(
      ({ kind, metadata }) => kind === "ServiceAccount" || metadata.name === name,
    );
    await create(granted);
    const user = `system:serviceaccount:${other}:edge-sip-federation`;
    const elsewhere = ["default", ""].flatMap((where) =>
      NEEDED.map((asked) => ({ ...asked, namespace: where })),
    );
    assert.deepEqual(await allowed([...REVIEWS, ...elsewhere], user), REVIEWS);
  });
}

/** As docs/monitoring.md asks. It fails after a no. */
async function assertMayGetMetrics(user: string): Promise<void> {
  const { stdout } = await runKubectl(api.kubeconfig, ["auth", "can-i", "get", "/metrics", `--as=${user}`]);
  assert.equal(stdout.trim(), "yes");
}

test("the account for Prometheus may read metrics, and nothing else", async () => {
  const other = await createNamespace(api);
  const rbac = ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];
  const objects = await render(other, "--set", "monitoring.enabled=true");
  await create(objects.filter(({ kind }) => rbac.includes(kind)));
  const scraper = `system:serviceaccount:${other}:edge-sip-federation-metrics`;
  const elsewhere = NEEDED.map((asked) => ({ ...asked, namespace: other }));
  assert.deepEqual(await allowed([...elsewhere, ...REVIEWS], scraper), []);
  await assertMayGetMetrics(scraper);
  await assert.rejects(
    assertMayGetMetrics(`system:serviceaccount:${other}:edge-sip-federation`),
    KubectlError,
  );
});

test("it can apply the predefined route, and no other", async () => {
  const apply = (name: string) => {
    const metadata = { name, namespace };
    const object = {
      apiVersion: `${GROUP}/v1alpha1`,
      kind: "StaticRoute",
      metadata,
      spec: { destinationPattern: ".*" },
    };
    const args = ["apply", "--server-side", "--field-manager=test", `--as=${operator}`, "-f", "-"];
    return runKubectl(api.kubeconfig, args, JSON.stringify(object));
  };
  assert.match((await apply("default")).stdout, /serverside-applied/);
  await assert.rejects(apply("other"), /forbidden/i);
});
