/** How pods live beside others, and how they are seen: rendered by real Helm, judged by a real API server and promtool. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { dump } from "js-yaml";
import { runCommand } from "../../../tools/setup/commands.ts";
import { type KubernetesApi, createNamespace } from "../../support/control-plane.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { type Container, type Rendered, find, podOf, render } from "./release.ts";

const NAME = "edge-sip-federation";

let api: KubernetesApi;
let namespace: string;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
});

async function rendered(...args: string[]): Promise<readonly Rendered[]> {
  return render(namespace, ...args);
}

const set = (...values: string[]): string[] => ["--set", values.join(",")];

function has(objects: readonly Rendered[], kind: string, name = NAME): boolean {
  return objects.some((object) => object.kind === kind && object.metadata.name === name);
}

/** The API server takes it, and has nothing to say against it. */
async function assertTaken(object: object): Promise<void> {
  const args = ["create", "--dry-run=server", "-n", namespace, "-f", "-"];
  const { stdout, stderr } = await runKubectl(api.kubeconfig, args, JSON.stringify(object));
  assert.doesNotMatch(stdout + stderr, /warning/i);
}

test("pods spread over nodes and zones where they can, unless told otherwise", async () => {
  const spread = async (...args: string[]) => podOf(await rendered(...args)).topologySpreadConstraints;
  const constraints = (await spread()) as { topologyKey: string; whenUnsatisfiable: string }[];
  assert.deepEqual(
    constraints.map(({ topologyKey, whenUnsatisfiable }) => `${topologyKey} ${whenUnsatisfiable}`),
    ["kubernetes.io/hostname ScheduleAnyway", "topology.kubernetes.io/zone ScheduleAnyway"],
  );
  assert.equal(await spread(...set("replicas=1")), undefined);
  assert.equal(await spread("--set-json", "topologySpreadConstraints=[]"), undefined);
  const own = { topologyKey: "rack", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" };
  assert.deepEqual(await spread("--set-json", `topologySpreadConstraints=${JSON.stringify([own])}`), [own]);
});

test("a drain takes one pod at a time, where there is more than one", async () => {
  const budget = find(await rendered(), "PodDisruptionBudget");
  assert.equal(budget.spec?.maxUnavailable, 1);
  await assertTaken(budget);
  const percentage = find(
    await rendered(...set("podDisruptionBudget.maxUnavailable=50%")),
    "PodDisruptionBudget",
  );
  await assertTaken(percentage);
  assert(!has(await rendered(...set("replicas=1")), "PodDisruptionBudget"));
  assert(!has(await rendered(...set("podDisruptionBudget.enabled=false")), "PodDisruptionBudget"));
  await assert.rejects(rendered(...set("podDisruptionBudget.maxUnavailable=0")), /maxUnavailable/);
});

interface Rule {
  readonly ports?: readonly { readonly protocol: string; readonly port: number }[];
  readonly from?: readonly object[];
  readonly to?: readonly { readonly ipBlock?: { readonly cidr: string; readonly except?: string[] } }[];
}
interface Policy {
  readonly policyTypes: readonly string[];
  readonly ingress: readonly Rule[];
  readonly egress?: readonly Rule[];
}

async function policy(...args: string[]): Promise<Policy> {
  const object = find(await rendered(...set("networkPolicy.enabled=true"), ...args), "NetworkPolicy");
  await assertTaken(object);
  return object.spec as unknown as Policy;
}

const portsOf = ({ ports = [] }: Rule): string =>
  ports.map(({ protocol, port }) => `${protocol} ${port}`).join(" ");

const PLATFORM = { ipBlock: { cidr: "10.20.0.0/16" } };

test("a NetworkPolicy admits SIP, XMPP and monitoring, and the inside from your platform alone", async () => {
  const inside = set("config.insideNetworks={10.20.0.0/16}");
  const plain = await policy(...inside);
  assert.deepEqual(plain.policyTypes, ["Ingress"]);
  assert.deepEqual(plain.ingress.map(portsOf), [
    "UDP 5060 TCP 5060",
    "UDP 5070 TCP 5070",
    "TCP 8065 TCP 8060",
  ]);
  assert.equal(plain.ingress[0]?.from, undefined, "everybody");
  assert.deepEqual(plain.ingress[1]?.from, [PLATFORM]);
  const all = await policy(
    ...inside,
    ...set("tls.secretName=edge-tls,replicas=1,xmpp.enabled=true"),
    ...["--set-json", 'networkPolicy.outside.from=[{"ipBlock":{"cidr":"192.0.2.0/24"}}]'],
  );
  assert.deepEqual(all.ingress.map(portsOf), [
    "UDP 5060 TCP 5060 TCP 5061",
    "UDP 5070 TCP 5070 TCP 5071",
    "TCP 5269",
    "TCP 8065 TCP 8060",
  ]);
  assert.deepEqual(all.ingress[0]?.from?.slice(0, 1), [{ ipBlock: { cidr: "192.0.2.0/24" } }]);
  const closed = await policy(...set("inside.enabled=false"));
  assert.deepEqual(closed.ingress.map(portsOf), ["UDP 5060 TCP 5060", "TCP 8065 TCP 8060"]);
  await assert.rejects(
    rendered(...set("networkPolicy.enabled=true")),
    /name it in networkPolicy.inside.from/,
  );
});

test("helm test reaches the pods whatever the policy says, and no Service sends it anything", async () => {
  const narrow = ["--set-json", 'networkPolicy.outside.from=[{"ipBlock":{"cidr":"192.0.2.0/24"}}]'];
  const { ingress } = await policy(...set("inside.enabled=false"), ...narrow);
  const objects = await rendered();
  const pod = objects.find(({ kind }) => kind === "Pod") as Rendered & { metadata: { labels: object } };
  await assertTaken(pod);
  const { labels } = pod.metadata;
  for (const rule of ingress) {
    const { matchLabels } = (rule.from?.at(-1) as { podSelector: { matchLabels: object } }).podSelector;
    assert.deepEqual({ ...labels, ...matchLabels }, labels);
  }
  for (const { spec } of objects.filter(({ kind }) => kind === "Service")) {
    assert.notDeepEqual({ ...labels, ...(spec?.selector as object) }, labels);
  }
});

test("restricted egress leaves DNS, the API server, and SIP to all but what is refused", async () => {
  const { policyTypes, egress = [] } = await policy(
    ...set("inside.enabled=false,networkPolicy.egress.restricted=true,config.insideNetworks={10.20.0.0/16}"),
    ...set(
      "config.dialogs.refusedNetworks={10.0.0.0/8,fd00::/8},config.dialogs.allowedNetworks={10.9.0.0/24}",
    ),
    ...["--set-json", 'config.nextHops.dnsServers=["10.0.0.10:5353","[2001:db8::53]:5354"]'],
    ...["--set-json", 'networkPolicy.egress.to=[{"podSelector":{"matchLabels":{"app":"sbc"}}}]'],
  );
  assert.deepEqual(policyTypes, ["Ingress", "Egress"]);
  assert.deepEqual(egress.map(portsOf), [
    "UDP 53 TCP 53 UDP 5353 TCP 5353 UDP 5354 TCP 5354",
    "TCP 443 TCP 6443",
    "",
  ]);
  assert.deepEqual(egress[2]?.to, [
    { ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } },
    { ipBlock: { cidr: "::/0", except: ["fd00::/8"] } },
    { ipBlock: { cidr: "10.20.0.0/16" } },
    { ipBlock: { cidr: "10.9.0.0/24" } },
    { podSelector: { matchLabels: { app: "sbc" } } },
  ]);
});

const HOST =
  "hostNetwork.enabled=true,hostNetwork.dedicatedNodes=true,inside.enabled=false,nodeSelector.sip=yes";

test("the network of the node is taken only where that is safe", async () => {
  for (const [values, complaint] of [
    ["hostNetwork.enabled=true", /needs inside\.enabled=false/],
    ["hostNetwork.enabled=true,inside.enabled=false", /needs nodes of its own/],
    [
      "hostNetwork.enabled=true,inside.enabled=false,hostNetwork.dedicatedNodes=true",
      /needs nodes of its own/,
    ],
    [`${HOST},replicas=1,xmpp.enabled=true,tls.secretName=x`, /do not go together/],
    [`${HOST},networkPolicy.enabled=true`, /do not go together/],
  ] as const) {
    await assert.rejects(rendered(...set(values)), complaint, values);
  }
  const objects = await rendered(...set(HOST));
  const pod = podOf(objects);
  assert.equal(pod.hostNetwork, true);
  assert.equal(pod.dnsPolicy, "ClusterFirstWithHostNet");
  const deployment = find(objects, "Deployment");
  await assertTaken(deployment);
  const { rollingUpdate } = deployment.spec?.strategy as { rollingUpdate: object };
  assert.deepEqual(
    rollingUpdate,
    { maxSurge: 0, maxUnavailable: 1 },
    "a new pod waits for the ports of an old one",
  );
});

interface Port {
  readonly name: string;
  readonly protocol: string;
}

test("UDP has a Service of its own where load balancers want it, and no route leads back to it", async () => {
  const objects = await rendered(...set("outside.service.separateUdp=true,tls.secretName=edge-tls"));
  const ports = (suffix: string) =>
    (find(objects, "Service", `${NAME}-outside${suffix}`).spec?.ports as Port[]).map(
      ({ name, protocol }) => `${name} ${protocol}`,
    );
  assert.deepEqual(ports(""), ["sip-tcp TCP", "sip-tls TCP"]);
  assert.deepEqual(ports("-udp"), ["sip-udp UDP"]);
  for (const { spec } of objects.filter(
    ({ kind, metadata }) => kind === "Service" && metadata.name.includes("outside"),
  ))
    assert.equal(spec?.externalTrafficPolicy, "Local");
  assert.match(find(objects, "ConfigMap").data?.["config.yaml"] ?? "", new RegExp(`${NAME}-outside-udp\\.`));
  const both = set("outside.service.separateUdp=true,outside.service.nodePort=30060");
  await assert.rejects(rendered(...both), /two Services cannot have the same node port/);
});

test("Prometheus and Grafana get nothing unless asked for, and then what they look for", async () => {
  for (const { kind } of await rendered()) assert.doesNotMatch(kind, /ServiceMonitor|PrometheusRule/);
  assert(!has(await rendered(), "ConfigMap", `${NAME}-dashboard`));
  const objects = await rendered(
    ...set("monitoring.serviceMonitor.enabled=true,monitoring.serviceMonitor.labels.release=prometheus"),
    ...set("monitoring.prometheusRule.enabled=true,monitoring.prometheusRule.without={SipFlood}"),
    ...set("monitoring.dashboard.enabled=true,monitoring.dashboard.annotations.grafana_folder=Voice"),
  );
  const monitor = find(objects, "ServiceMonitor");
  assert.equal((monitor.metadata as { labels?: Record<string, string> }).labels?.release, "prometheus");
  const { matchLabels } = monitor.spec?.selector as { matchLabels: object };
  const service = find(objects, "Service", `${NAME}-metrics`).metadata as unknown as { labels: object };
  assert.deepEqual({ ...service.labels, ...matchLabels }, service.labels);
  const dashboard = find(objects, "ConfigMap", `${NAME}-dashboard`);
  await assertTaken(dashboard);
  assert.equal(
    (JSON.parse(dashboard.data?.["sip-federation.json"] ?? "") as { uid: string }).uid,
    "sip-federation",
  );
});

test("whoever scrapes gets an account of its own, and its token alone is sent in the clear", async () => {
  const SCRAPER = `${NAME}-metrics`;
  for (const kind of ["ServiceAccount", "Secret"]) assert(!has(await rendered(), kind, SCRAPER), kind);
  for (const value of ["monitoring.enabled=true", "monitoring.serviceMonitor.enabled=true"]) {
    const objects = await rendered(...set(value));
    for (const [kind, name] of [
      ["ServiceAccount", SCRAPER],
      ["Secret", SCRAPER],
      ["ClusterRole", `${namespace}-${SCRAPER}`],
      ["ClusterRoleBinding", `${namespace}-${SCRAPER}`],
    ] as const) {
      await assertTaken(find(objects, kind, name));
    }
    assert.equal(has(objects, "ServiceMonitor"), value.startsWith("monitoring.serviceMonitor"));
  }
  const objects = await rendered(...set("monitoring.serviceMonitor.enabled=true"));
  const [endpoint] = find(objects, "ServiceMonitor").spec?.endpoints as [{ authorization: object }];
  assert.deepEqual(endpoint.authorization, {
    type: "Bearer",
    credentials: { name: SCRAPER, key: "token" },
  });
});

test("helm test has the token where there is one", async () => {
  const envOf = async (...args: string[]) => {
    const pod = (await rendered(...args)).find(({ kind }) => kind === "Pod") as Rendered & {
      spec: { containers: readonly [Container] };
    };
    await assertTaken(pod);
    return pod.spec.containers[0].env?.find(({ name }) => name === "METRICS_TOKEN");
  };
  assert.equal(await envOf(), undefined);
  assert.deepEqual(await envOf(...set("monitoring.enabled=true")), {
    name: "METRICS_TOKEN",
    valueFrom: { secretKeyRef: { name: `${NAME}-metrics`, key: "token" } },
  });
});

test("promtool takes the rules of the chart, which are those of the namespace", async () => {
  const without = set("monitoring.prometheusRule.enabled=true,monitoring.prometheusRule.without={SipFlood}");
  const text = dump(find(await rendered(...without), "PrometheusRule").spec);
  const file = join(temporaryDirectory("rules"), "rules.yaml");
  writeFileSync(file, text);
  assert.match(await runCommand("promtool", ["check", "rules", file]), /SUCCESS: 18 rules found/);
  assert.doesNotMatch(text, /SipFlood|\.\*"/);
  assert(text.includes(`namespace="${namespace}"`));
});
