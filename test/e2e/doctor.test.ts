/** `sipfed doctor` on an installation that really runs; the kubelet alone is played. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Finding } from "../../src/cli/doctor/types.ts";
import { createRestrictedUser, type PolicyRule } from "../support/control-plane.ts";
import { freePort } from "../support/free-port.ts";
import { Kubelet } from "../support/kubelet.ts";
import { run } from "../support/sipfed.ts";
import { waitFor } from "../support/wait-for.ts";
import { Federation } from "./support/federation.ts";
import { domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** What docs/sipfed.md says a person needs. */
const RULES: readonly PolicyRule[] = [
  { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
  { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get", "create"] },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["get"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["list"] },
  { apiGroups: ["sipfederation.io"], resources: ["staticroutes", "federateddomains"], verbs: ["list"] },
  { apiGroups: ["authorization.k8s.io"], resources: ["localsubjectaccessreviews"], verbs: ["create"] },
];

const cleanUps: (() => unknown)[] = [];
let federation: Federation;
let kubelet: Kubelet;
let partner: Party;
let kubeconfig: string;

before(async () => {
  federation = await Federation.start();
  const { api, namespace, localDomain } = federation.environment;
  const admin = new URL(federation.replica.adminUrl);
  const scope = { after: (cleanUp: () => unknown) => cleanUps.push(cleanUp) };
  kubelet = await Kubelet.start(scope, api, namespace, () => ({
    host: admin.hostname,
    port: Number(admin.port),
  }));
  await federation.environment.apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "edge" },
    data: { "config.yaml": `localDomains: [${localDomain}]\n` },
  });
  const pod = { serviceAccount: "sip-federation", configMap: "edge", version };
  await kubelet.run({ name: "sip-federation-0", ready: true, ...pod });
  ({ kubeconfig } = await createRestrictedUser(api, { namespace, rules: RULES }));
  partner = await federation.party("partner");
  await federation.cluster.apply(
    open(to(partner)),
    route("inside", localDomain, to(federation.inside)),
    domain("partner.example"),
  );
});
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await federation.stop();
});

async function doctor(
  ...args: string[]
): Promise<{ code: number; findings: readonly Finding[]; out: string }> {
  const { code, out, err } = await run("doctor", "--kubeconfig", kubeconfig, "-o", "json", ...args);
  assert.equal(err, "");
  return { code, findings: (JSON.parse(out) as { findings: Finding[] }).findings, out };
}

test("of an installation that is well it says so, of every part", async () => {
  await waitFor("both next hops to be probed", async () => {
    const { code, out } = await doctor("--only", "routes");
    assert.equal(code, 0, out);
    return true;
  });
  const { code, out, err } = await run("doctor", "--kubeconfig", kubeconfig);
  assert.deepEqual([code, err], [0, ""], out);
  const { server } = federation.environment.api;
  assert.equal(
    out.replace(/^( {2}ok {2}Kubernetes is) v1\.\S+$/m, "$1 ?"),
    `API server
  ok  ${server} answers; namespace ${federation.environment.namespace}

Definitions
  ok  sipfederation.io/v1alpha1 is served, with every field of this version

Rights of the operator
  ok  the operator has all 22 rights that it needs

Operators and routers
  ok  1 of 1 pod ready
  ok  sip-federation-0 leads

Clocks
  ok  the clock here agrees with that of the API server
  ok  the clocks of the replicas agree with that of the API server

Versions
  ok  Kubernetes is ?
  ok  operators and sipfed are ${version}

Routes
  ok  2 routes accepted and in force
  ok  federation is open, by default

Domains
  ok  1 domain, none with a problem

All is well.
`,
  );
});

test("of a domain it says what happens here, too", async () => {
  const server = await freePort("127.0.0.1");
  const { findings } = await doctor(
    "--only",
    "api,dns",
    "--domain",
    "partner.example",
    "--dns-server",
    `127.0.0.1:${server}`,
  );
  const here = findings.find(({ message }) => message.startsWith("here, by its routes"));
  assert.match(here?.message ?? "", /INVITE sip:partner\.example: relayed to .* \(StaticRoute default\)/);
});

test("problems, each with what to do", async () => {
  const nobody = { nextHop: "127.0.0.1", nextHopPort: await freePort("127.0.0.1") };
  await federation.cluster.submit(
    route("dead", "dead.example", nobody),
    route("wrong", "wrong.example", to({ host: federation.replica.address, port: 5060 })),
  );
  await federation.cluster.submit(domain(federation.environment.localDomain));
  await kubelet.run({
    name: "sip-federation-1",
    ready: false,
    serviceAccount: "sip-federation",
    containerStatuses: [
      {
        ...{ name: "sip-router", image: "x", imageID: "x", ready: false, restartCount: 7 },
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: {
          terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: new Date().toISOString() },
        },
      },
    ],
  });
  const expected = [
    /^pod sip-federation-1: sip-router does not run, CrashLoopBackOff, it ended with OOMKilled$/,
    /^StaticRoute dead: .*127\.0\.0\.1/,
    /^StaticRoute wrong has no effect: /,
    /^without effect: example\.com \(example\.com is a local domain/,
  ];
  await waitFor(
    "the problems to be found",
    async () => {
      const { code, findings, out } = await doctor();
      assert.equal(code, 2);
      for (const problem of expected)
        assert.ok(
          findings.some(({ state, message }) => state === "problem" && problem.test(message)),
          out,
        );
      return true;
    },
    { timeout: 30_000 },
  );
});

test("who may not look at something is told which right that takes", async () => {
  const { api, namespace } = federation.environment;
  const poor = await createRestrictedUser(api, { namespace, rules: RULES.slice(0, 1) });
  const { code, out } = await run("doctor", "--kubeconfig", poor.kubeconfig);
  assert.notEqual(code, 0, out);
  for (const right of [
    "get and create pods/portforward",
    "create localsubjectaccessreviews, as the ClusterRole admin has it",
    `list leases in namespace ${namespace}`,
    `list staticroutes in namespace ${namespace}`,
    `list federateddomains in namespace ${namespace}`,
  ])
    assert.ok(out.includes(`→ ask for the right to ${right}\n`), out);
});
