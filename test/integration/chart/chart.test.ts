/** The chart, rendered by real Helm and judged by a real API server. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { parseConfig } from "../../../src/config/load.ts";
import { formatProblems } from "../../../src/config/problems.ts";
import { type KubernetesApi, applyObjects, createNamespace, kubectl } from "../../support/control-plane.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { CHART, LOCAL_DOMAIN, type Rendered, find, helm, podOf, render } from "./release.ts";

/** Everything that a person can switch on. */
const ALL = [
  ...["--set", "outside.advertise.ipv4=sip.example.com,outside.advertise.ipv6=2001:db8::5"],
  ...["--set", "outside.service.nodePort=30060,outside.service.loadBalancerClass=example.com/lb"],
  ...["--set", "outside.service.loadBalancerSourceRanges={192.0.2.0/24}"],
  ...["--set", "inside.service.type=NodePort,inside.advertise.ipv4=10.0.0.7,inside.advertise.port=5080"],
  ...["--set-json", 'config.trustedPeers=[{"sources":["192.0.2.10/32"],"domains":["*"]}]'],
  ...["--set-json", "config.discovery.timeoutSeconds=1.5"],
  ...["--set", "tls.secretName=edge-tls,tls.authorities.configMapName=roots,tls.authorities.key=roots.pem"],
  ...["--set", "outside.advertise.tlsPort=443,config.insideCertificateNames={platform.example.com}"],
  ...["--set-json", 'tolerations=[{"key":"sip","operator":"Exists"}]'],
  ...["--set", "config.discovery.maxQuestions=100000"],
  ...["--set", "replicas=1,xmpp.enabled=true,xmpp.service.type=NodePort,xmpp.service.nodePort=30269"],
  ...["--set", "config.discovery.burst=5,podLabels.team=voice,nodeSelector.sip=yes"],
  ...["--set", "networkPolicy.enabled=true,networkPolicy.egress.restricted=true"],
  ...["--set", "config.insideNetworks={10.20.0.0/16},monitoring.dashboard.enabled=true"],
  ...["--set", "images.pullSecrets[0].name=registry,priorityClassName=system-cluster-critical"],
];

let api: KubernetesApi;
let namespace: string;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
  const level = "pod-security.kubernetes.io/enforce=restricted";
  await kubectl(api, "label", "namespace", namespace, level);
});

/** Asks the API server, which stores nothing, what it thinks of an object. */
async function dryRun(object: object): Promise<string> {
  const args = ["create", "--dry-run=server", "-n", namespace, "-f", "-"];
  const { stdout, stderr } = await runKubectl(api.kubeconfig, args, JSON.stringify(object));
  return stdout + stderr;
}

function configOf(objects: readonly Rendered[]) {
  const text = find(objects, "ConfigMap").data?.["config.yaml"] ?? "";
  const around = { podName: "edge-0", podUid: "u", podNamespace: namespace, addresses: ["10.2.0.9"] };
  const loaded = parseConfig(text, around);
  assert(loaded.ok, loaded.ok ? "" : formatProblems("config.yaml", loaded.problems));
  return loaded.config;
}

function environmentOf(objects: readonly Rendered[]): Record<string, string | undefined> {
  const router = podOf(objects).containers.find(({ name }) => name === "sip-router");
  return Object.fromEntries((router?.env ?? []).map(({ name, value }) => [name, value]));
}

test("Helm finds nothing wrong with the chart", async () => {
  assert.match(await helm(["lint", "--strict", CHART, ...LOCAL_DOMAIN]), /0 chart\(s\) failed/);
});

test("values that cannot work are refused before anything is installed", async () => {
  for (const [value, complaint] of [
    ["config.localDomains=null", /localDomains/],
    ["config.insideNetwork={10.0.0.0/8}", /insideNetwork' not allowed/],
    ["config.router.rpcPort=1", /'router' not allowed/],
    ["config.localDomains={example..com}", /localDomains\/0/],
    ["config.insideNetworks={0.0.0.0/0}", /insideNetworks\/0/],
    ["config.nextHops.dnsServers={dns.example.com}", /dnsServers\/0/],
    ["outside.advertise.ipv4=sip:edge.example.com", /advertise\/ipv4/],
    ["config.inbound.unproven=allow", /'serve', 'refuse'/],
    ["config.insideCertificateNames={*.example.com}", /insideCertificateNames\/0/],
    ["replica=3", /'replica' not allowed/],
    ["outside.service.type=Ingress", /'ClusterIP', 'NodePort', 'LoadBalancer'/],
  ] as const) {
    await assert.rejects(render(namespace, "--set", value), complaint, value);
  }
});

for (const [what, values] of [
  ["the defaults", []],
  ["everything on", ALL],
  ["no inside listener", ["--set", "inside.enabled=false"]],
] as const) {
  test(`a real API server takes every object, and the pod is "restricted": ${what}`, async () => {
    const objects = await render(namespace, ...values);
    for (const object of objects) {
      assert.doesNotMatch(await dryRun(object), /warning/i, `${object.kind} ${object.metadata.name}`);
    }
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "edge" },
      spec: withoutAccount(podOf(objects)),
    };
    assert.match(await dryRun(pod), /pod\/edge created/);
  });
}

/** The ServiceAccount is not there in a dry run. */
function withoutAccount(spec: object): object {
  return { ...spec, serviceAccountName: "default" };
}

test("the operator accepts the configuration that the chart writes", async () => {
  const config = configOf(await render(namespace, ...ALL));
  assert.deepEqual(config.federation.localDomains, ["example.com"]);
  assert.deepEqual(config.federation.trustedPeers, [
    { sources: ["192.0.2.10/32"], certificateNames: [], domains: ["*"] },
  ]);
  assert.equal(config.discovery.burst, 5);
  assert.equal(config.kubernetes.installation, "edge-sip-federation");
  assert.deepEqual(config.monitoring, { host: "::", port: 8065 });
  assert.equal(config.admin.host, "127.0.0.1", "explain stays on loopback");
});

test("whatever leads back to this installation is no next hop", async () => {
  const own = configOf(await render(namespace, ...ALL)).federation.ownAddresses;
  for (const address of [
    `edge-sip-federation-outside.${namespace}.svc 5060`,
    `edge-sip-federation-inside.${namespace}.svc.cluster.local 5060`,
    "sip.example.com 5060",
    "2001:db8::5 5060",
    "10.0.0.7 5080",
    "10.2.0.9 5060",
    "10.2.0.9 5070",
    "10.2.0.9 5061",
    "10.2.0.9 5071",
    "sip.example.com 443",
    `edge-sip-federation-outside.${namespace}.svc 5061`,
  ]) {
    assert(
      own.some(({ host, port }) => `${host} ${port}` === address),
      address,
    );
  }
});

test("the router learns its advertised addresses, sides and limits from the environment", async () => {
  const environment = environmentOf(await render(namespace, ...ALL));
  assert.equal(environment.ADVERTISED_IPV4, "sip.example.com:5060");
  assert.equal(environment.ADVERTISED_IPV6, "[2001:db8::5]:5060");
  assert.equal(environment.INSIDE_ADVERTISED_IPV4, "10.0.0.7:5080");
  assert.equal(environment.SIP_INSIDE_PORT, "5070");
  assert.equal(environment.ADVERTISED_TLS_IPV4, "sip.example.com:443");
  assert.equal(environment.INSIDE_ADVERTISED_TLS_IPV4, "10.0.0.7:5061");
  assert.equal(environment.TLS_INSIDE_PORT, "5071");
  assert.equal(environment.HOLD_MS, "1500");
  assert.equal(environment.HOLD_LIMIT, "100000");
  assert.match(environment.OWN_HOSTS ?? "", /^edge-sip-federation-outside\.[\w-]+\.svc,.*,10\.0\.0\.7$/);
  const closed = environmentOf(await render(namespace, "--set", "inside.enabled=false"));
  assert.equal("SIP_INSIDE_PORT" in closed, false);
  assert.equal("TLS_DIRECTORY" in closed, false);
  assert.equal("ADVERTISED_IPV4" in closed, false);
  assert.equal(closed.HOLD_MS, "2000");
});

test("pods are replaced when the configuration changes, and only then", async () => {
  const checksum = async (...args: string[]) =>
    find(await render(namespace, ...args), "Deployment").spec?.template.metadata.annotations[
      "checksum/config"
    ];
  const [first, same, other] = await Promise.all([
    checksum(),
    checksum("--set", "replicas=5"),
    checksum("--set", "config.log.level=debug"),
  ]);
  assert.equal(first, same);
  assert.notEqual(first, other);
});

test("the router alone makes a pod ready, and it drains before the operator ends", async () => {
  const pod = podOf(await render(namespace));
  const [operator] = pod.initContainers;
  assert.equal(operator?.restartPolicy, "Always", "a native sidecar ends after the router");
  for (const probe of ["readinessProbe", "livenessProbe", "startupProbe"]) {
    assert.equal(operator[probe], undefined, `the operator's ${probe} could make the pod unready`);
  }
  const router = pod.containers.find(({ name }) => name === "sip-router");
  assert.deepEqual(router?.readinessProbe, {
    exec: { command: ["/app/kamailio-ready"] },
    periodSeconds: 2,
    timeoutSeconds: 2,
    failureThreshold: 3,
  });
  // HTTP would be refused while strangers have taken all connections
  assert.deepEqual((router.livenessProbe as { tcpSocket?: unknown }).tcpSocket, { port: "health" });
  const drain = (router.lifecycle as { preStop: { sleep: { seconds: number } } }).preStop.sleep.seconds;
  assert(Number(pod.terminationGracePeriodSeconds) > drain);
});

test("a release is installed, upgraded and removed, and leaves what people wrote", async () => {
  const route = {
    apiVersion: "sipfederation.io/v1alpha1",
    kind: "StaticRoute",
    metadata: { name: "platform" },
  };
  const spec = { destinationPattern: "example.com", nextHop: "192.0.2.1" };
  await applyObjects(api, namespace, [{ ...route, spec }]);
  const release = ["edge", CHART, "--namespace", namespace, ...LOCAL_DOMAIN];
  assert.match(await helm(["install", ...release], api.kubeconfig), /outside\.advertise is empty/);
  await helm(
    ["upgrade", ...release, "--set", "inside.service.type=NodePort,config.log.level=debug"],
    api.kubeconfig,
  );
  const { stdout } = await kubectl(api, "get", "deployment,service", "-n", namespace, "-o", "name");
  assert.deepEqual(stdout.trim().split("\n"), [
    "deployment.apps/edge-sip-federation",
    "service/edge-sip-federation-inside",
    "service/edge-sip-federation-metrics",
    "service/edge-sip-federation-outside",
  ]);
  await helm(["uninstall", "edge", "--namespace", namespace], api.kubeconfig);
  const left = await kubectl(api, "get", "deployment,service,staticroute", "-n", namespace, "-o", "name");
  assert.equal(left.stdout.trim(), "staticroute.sipfederation.io/platform");
});
