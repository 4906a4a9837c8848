/** The XMPP gateway of the chart: there when it is wanted, and without a say in what does without it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseConfig } from "../../../src/config/load.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { type Container, type Rendered, find, podOf, render } from "./release.ts";

const NAMESPACE = "voice";
const ON = ["--set", "xmpp.enabled=true,replicas=1,xmpp.tls.secretName=xmpp-tls"];

function container(objects: readonly Rendered[], name: string): Container {
  const { initContainers, containers } = podOf(objects);
  const found = [...initContainers, ...containers].find((it) => it.name === name);
  if (found === undefined) throw new Error(`the pod has no container ${name}`);
  return found;
}

function environment(objects: readonly Rendered[], name: string): Record<string, string | undefined> {
  return Object.fromEntries((container(objects, name).env ?? []).map((it) => [it.name, it.value]));
}

function xmppSettings(objects: readonly Rendered[]) {
  const text = find(objects, "ConfigMap").data?.["config.yaml"] ?? "";
  const around = { podName: "edge-0", podUid: "u", podNamespace: NAMESPACE, addresses: ["10.2.0.9"] };
  const loaded = parseConfig(text, around);
  assert(loaded.ok);
  return loaded.config.xmpp;
}

test("without xmpp.enabled there is nothing of it, whatever else is set", async () => {
  const objects = await render(NAMESPACE, "--set", "config.xmpp.timeoutSeconds=1,xmpp.service.port=5270");
  assert.deepEqual(
    podOf(objects).initContainers.map(({ name }) => name),
    ["operator"],
  );
  assert.equal(
    objects.some(({ kind, metadata }) => kind === "Service" && metadata.name.endsWith("-xmpp")),
    false,
  );
  assert.equal("GATEWAY_PORT" in environment(objects, "sip-router"), false);
  assert.equal(xmppSettings(objects), undefined);
});

test("what cannot work is refused, and says why", async () => {
  for (const [values, complaint] of [
    ["xmpp.enabled=true,xmpp.tls.secretName=x", /xmpp\.enabled needs replicas: 1/],
    ["xmpp.enabled=true,replicas=1", /needs a certificate for the local domains/],
    ["config.xmpp.componentPort=1", /'componentPort' not allowed/],
    ["config.xmpp.enabled=true", /'enabled' not allowed/],
    ["xmpp.dnsServers={dns.example.com}", /dnsServers\/0/],
    ["xmpp.allowedNetworks={10.0.0.0}", /allowedNetworks\/0/],
    ["xmpp.maxConnections=0", /maxConnections/],
    ["xmpp.maxConnectionsPerSource=0", /maxConnectionsPerSource/],
    ["xmpp.logLevel=alert", /'error', 'warn', 'info', 'debug'/],
  ] as const) {
    await assert.rejects(render(NAMESPACE, "--set", values), complaint, values);
  }
});

test("the operator, the router and the gateway find each other", async () => {
  const objects = await render(NAMESPACE, ...ON, "--set", "config.xmpp.timeoutSeconds=1");
  const settings = xmppSettings(objects);
  const gateway = environment(objects, "xmpp-gateway");
  const router = environment(objects, "sip-router");
  assert.equal(settings?.timeoutSeconds, 1);
  assert.equal(settings.componentHost, "127.0.0.1");
  assert.equal(String(settings.componentPort), gateway.XMPP_COMPONENT_PORT);
  assert.equal(settings.componentSecretFile, gateway.XMPP_COMPONENT_SECRET_FILE);
  assert.equal(String(settings.sipPort), router.GATEWAY_PORT);
  assert.equal(String(settings.routerSipPort), router.GATEWAY_LISTEN_PORT);
});

test("it starts before the others, and neither they nor readiness wait for it", async () => {
  const objects = await render(NAMESPACE, ...ON);
  const { initContainers } = podOf(objects);
  assert.deepEqual(
    initContainers.map(({ name, restartPolicy }) => [name, restartPolicy]),
    [
      ["xmpp-component-secret", undefined],
      ["xmpp-gateway", "Always"],
      ["operator", "Always"],
    ],
  );
  const gateway = container(objects, "xmpp-gateway");
  assert.equal(gateway.readinessProbe, undefined, "SIP goes on without it");
  assert.equal(gateway.startupProbe, undefined, "the others would not start without it");
  assert.deepEqual((gateway.livenessProbe as { tcpSocket: unknown }).tcpSocket, { port: "xmpp-server" });
});

test("what is rendered twice is the same: the secret of the component is the pod's own", async () => {
  assert.deepEqual(await render(NAMESPACE, ...ON), await render(NAMESPACE, ...ON));
});

test("its limits and its log are those of the values, and unless told those that prosody-run would take", async () => {
  const limitsOf = async (...args: string[]) => {
    const { XMPP_MAX_CONNECTIONS, XMPP_MAX_PER_SOURCE, XMPP_LOG_LEVEL } = environment(
      await render(NAMESPACE, ...ON, ...args),
      "xmpp-gateway",
    );
    return { XMPP_MAX_CONNECTIONS, XMPP_MAX_PER_SOURCE, XMPP_LOG_LEVEL };
  };
  const header = readFileSync(join(repositoryRoot, "src/xmpp/prosody-run"), "utf8");
  for (const [name, value] of Object.entries(await limitsOf()))
    assert.equal(new RegExp(`^#   ${name} \\((\\w+)\\)`, "m").exec(header)?.[1], value, name);
  const values = "xmpp.maxConnections=2000000,xmpp.maxConnectionsPerSource=8,xmpp.logLevel=info";
  assert.deepEqual(await limitsOf("--set", values), {
    XMPP_MAX_CONNECTIONS: "2000000",
    XMPP_MAX_PER_SOURCE: "8",
    XMPP_LOG_LEVEL: "info",
  });
});

test("it serves the local domains as Prosody writes them, where the values say", async () => {
  const objects = await render(
    NAMESPACE,
    ...["--set", "xmpp.enabled=true,replicas=1,tls.secretName=edge-tls,xmpp.service.type=NodePort"],
    ...["--set", "xmpp.service.nodePort=30269,config.localDomains={Example.com.,example.net}"],
    ...["--set", "xmpp.dnsServers={10.0.0.10@5353},xmpp.allowedNetworks={10.1.0.0/16,10.2.0.0/16}"],
    ...["--set", "xmpp.tls.authorities.configMapName=roots,xmpp.tls.authorities.key=roots.pem"],
  );
  const { XMPP_DOMAINS, XMPP_DNS_SERVERS, XMPP_ALLOWED_NETWORKS } = environment(objects, "xmpp-gateway");
  assert.equal(XMPP_DOMAINS, "example.com,example.net");
  assert.equal(XMPP_DNS_SERVERS, "10.0.0.10@5353");
  assert.equal(XMPP_ALLOWED_NETWORKS, "10.1.0.0/16,10.2.0.0/16");
  const { spec } = find(objects, "Service", "edge-sip-federation-xmpp");
  assert.deepEqual(spec?.ports, [
    { name: "xmpp-server", protocol: "TCP", port: 5269, targetPort: 5269, nodePort: 30269 },
  ]);
  const volumes = podOf(objects).volumes as readonly { name: string; projected?: { sources: unknown } }[];
  const sources = volumes.find(({ name }) => name === "xmpp-tls")?.projected?.sources;
  assert.deepEqual(sources, [
    {
      secret: {
        name: "edge-tls",
        items: ["tls.crt", "tls.key"].map((key) => ({ key, path: key })),
      },
    },
    { configMap: { name: "roots", items: [{ key: "roots.pem", path: "ca.crt" }] } },
  ]);
});
