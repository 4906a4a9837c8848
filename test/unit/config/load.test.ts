import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig, parseConfig } from "../../../src/config/load.ts";
import { formatProblems } from "../../../src/config/problems.ts";
import type { Surroundings } from "../../../src/config/surroundings.ts";

const POD: Surroundings = {
  podName: "edge-0",
  podUid: "11111111-2222-3333-4444-555555555555",
  podNamespace: "voice",
  addresses: ["127.0.0.1", "::1", "10.2.0.9"],
};

/** The problems of a file that holds these lines beside a valid `localDomains`. */
function problemsOf(lines: string, around = POD): string[] {
  const loaded = parseConfig(`localDomains: [example.com]\n${lines}`, around);
  assert(!loaded.ok, "expected the configuration to be refused");
  return loaded.problems.map(({ path, message }) => `${path}: ${message}`);
}

function configOf(lines: string, around = POD) {
  const loaded = parseConfig(lines, around);
  assert(loaded.ok, loaded.ok ? "" : formatProblems("file", loaded.problems));
  return loaded.config;
}

test("a file with the local domain alone is complete by defaults", () => {
  const { federation, ...config } = configOf("localDomains: [example.com]");
  assert.deepEqual(config, {
    kubernetes: {
      namespace: "voice",
      kubeconfig: undefined,
      installation: "sip-federation",
      pod: { name: "edge-0", uid: POD.podUid },
    },
    router: {
      host: "127.0.0.1",
      controlPort: 8061,
      rpcPort: 8062,
      eventPort: 8063,
      snapshotDirectory: "/var/lib/sip-federation",
    },
    discovery: {
      timeoutSeconds: 2,
      maxQuestions: 5000,
      ratePerSecond: 10,
      burst: 100,
      maxLimitedDomains: 20_000,
    },
    limits: {
      requestsPerSecond: 20,
      recipientsPerDay: 1000,
      failingPercent: 80,
      failingAnswers: 20,
      failingRequestsPerSecond: 1,
      unprovenPerSecond: 200,
      floodPerSecond: 500,
    },
    nextHops: { probeIntervalSeconds: 10, probeTimeoutSeconds: 2, dnsServers: [] },
    dialogs: {
      lifetimeDays: 7,
      keyRotationDays: 30,
      refusedNetworks: [
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "::ffff:0:0/96",
        "fe80::/10",
        "ff00::/8",
      ],
      allowedNetworks: [],
    },
    xmpp: undefined,
    status: { writesPerSecond: 50 },
    admin: { host: "127.0.0.1", port: 8064 },
    console: undefined,
    monitoring: undefined,
    tls: undefined,
    log: { level: "info" },
  });
  assert.deepEqual(
    { ...federation, ownAddresses: undefined },
    {
      localDomains: ["example.com"],
      insideNetworks: [],
      insideCertificateNames: [],
      trustedPeers: [],
      unprovenInbound: "serve",
      transports: ["UDP", "TCP"],
      xmpp: false,
      ownAddresses: undefined,
    },
  );
});

test("domains and networks are canonical and listed once", () => {
  const { federation } = configOf(`
localDomains: [Example.COM., example.com, Bücher.example]
insideNetworks: [10.0.0.0/8, "2001:DB8:0::/48", 10.0.0.0/8]
trustedPeers: [{ sources: [192.0.2.7/32], domains: [Partner.Example.] }, { sources: ["2001:db8::/32"], domains: ["*"] }]
`);
  assert.deepEqual(federation.localDomains, ["example.com", "xn--bcher-kva.example"]);
  assert.deepEqual(federation.insideNetworks, ["10.0.0.0/8", "2001:db8::/48"]);
  assert.deepEqual(federation.trustedPeers, [
    { sources: ["192.0.2.7/32"], certificateNames: [], domains: ["partner.example"] },
    { sources: ["2001:db8::/32"], certificateNames: [], domains: ["*"] },
  ]);
});

test("TLS: where its files are, and that routes may use it", () => {
  const { tls, federation } = configOf(`
localDomains: [example.com]
insideCertificateNames: [Platform.Example.com.]
trustedPeers: [{ certificateNames: [SBC.example.net], domains: ["*"] }]
tls: { directory: /etc/tls }
`);
  assert.deepEqual(tls, {
    certificateFile: "/etc/tls/tls.crt",
    keyFile: "/etc/tls/tls.key",
    caFile: "/etc/tls/ca.crt",
  });
  assert.deepEqual(federation.transports, ["UDP", "TCP", "TLS"]);
  assert.deepEqual(federation.insideCertificateNames, ["platform.example.com"]);
  assert.deepEqual(federation.trustedPeers, [
    { sources: [], certificateNames: ["sbc.example.net"], domains: ["*"] },
  ]);
  const { tls: other } = configOf(
    "localDomains: [example.com]\ntls: { directory: /etc/tls, caFile: /etc/roots.pem }",
  );
  assert.equal(other?.caFile, "/etc/roots.pem");
});

test("own addresses: wildcard listeners expand, advertised and control ports belong to them", () => {
  const { federation } = configOf(`
localDomains: [example.com]
sip:
  listeners: [{ host: 0.0.0.0, port: 5060 }, { host: "[2001:DB8::5]", port: 5070 }]
  advertised: [{ host: SIP.Example.com., port: 5060 }]
xmpp: { enabled: true }
`);
  const own = federation.ownAddresses.map(({ host, port }) => `${host} ${port}`);
  const expected = [
    "127.0.0.1 5060",
    "::1 5060",
    "10.2.0.9 5060",
    "2001:db8::5 5070",
    "sip.example.com 5060",
  ];
  for (const address of [
    ...expected,
    "127.0.0.1 8061",
    "127.0.0.1 8062",
    "localhost 8063",
    "127.0.0.1 8066",
    "localhost 8067",
    "127.0.0.1 8064",
  ]) {
    assert(own.includes(address), `${address} is missing from ${own.join(", ")}`);
  }
  assert.equal(new Set(own).size, own.length);
});

test("outside a pod the namespace has to be named", () => {
  const elsewhere = { ...POD, podNamespace: undefined, podUid: undefined };
  assert.deepEqual(problemsOf("", elsewhere), [
    "kubernetes.namespace: is required outside a pod. Name the namespace to serve.",
  ]);
  const named = configOf("localDomains: [example.com]\nkubernetes: { namespace: sip }", elsewhere);
  assert.equal(named.kubernetes.namespace, "sip");
  assert.equal(named.kubernetes.pod.uid, undefined);
});

/** Lines of a file, and the one problem that they are. */
const REFUSED: Record<string, string> = {
  "insideNetwork: []": "insideNetwork: unknown key; did you mean insideNetworks?",
  "inbound: { unprovn: serve }": "inbound.unprovn: unknown key; did you mean unproven?",
  "ratePerSecond: 5": "ratePerSecond: unknown key; did you mean discovery.ratePerSecond?",
  "log: { format: json }": "log.format: unknown key; known here: level",
  "inbound: { unproven: allow }": 'inbound.unproven: "allow" is none of serve, refuse',
  "insideNetworks: [0.0.0.0/0]":
    'insideNetworks[0]: "0.0.0.0/0" is everybody; list the networks that are meant, such as 10.0.0.0/8',
  'insideNetworks: ["::/0"]':
    'insideNetworks[0]: "::/0" is everybody; list the networks that are meant, such as 10.0.0.0/8',
  'insideNetworks: ["::ffff:0:0/96"]':
    'insideNetworks[0]: "::ffff:0:0/96" is IPv4 written as IPv6; write it as IPv4',
  "insideNetworks: [10.1.2.3/8]":
    'insideNetworks[0]: "10.1.2.3/8" has host bits set; write 10.0.0.0/8, or a longer prefix',
  "insideNetworks: [10.1.2.3]": 'insideNetworks[0]: "10.1.2.3" is one address; write 10.1.2.3/32',
  'insideNetworks: ["2001:db8::1"]': 'insideNetworks[0]: "2001:db8::1" is one address; write 2001:db8::1/128',
  "insideNetworks: [10/8]":
    'insideNetworks[0]: "10/8" is not a network; write one such as 10.0.0.0/8 or 2001:db8::/32',
  "insideNetworks: 10.0.0.0/8": 'insideNetworks: "10.0.0.0/8" must be a list (lines that start with a dash)',
  "trustedPeers: [{ sources: [192.0.2.0/24] }]":
    'trustedPeers[0].domains: is required. Domains that the peer may assert in From; `["*"]` means every domain.',
  "trustedPeers: [{ sources: [], domains: [a.example] }]":
    'trustedPeers[0]: {"sources":[],"domains":["a.example"],"certificateNames":[]} names neither sources nor certificateNames',
  "trustedPeers: [{ sources: [0.0.0.0/0], domains: ['*'] }]":
    'trustedPeers[0].sources[0]: "0.0.0.0/0" is everybody; list the networks that are meant, such as 10.0.0.0/8',
  "trustedPeers: [{ sources: [192.0.2.0/24], domains: ['*.a.example'] }]":
    'trustedPeers[0].domains[0]: "*.a.example" is not a domain name; write one such as example.com',
  "sip: { listeners: [{ host: 'a b', port: 5060 }] }":
    'sip.listeners[0].host: "a b" is neither a host name nor an IP address',
  "sip: { advertised: [{ host: a.example }] }": "sip.advertised[0].port: is required. SIP port.",
  "sip:": "sip: null must be a mapping of keys to values",
  "kubernetes: { namespace: My_Space }":
    'kubernetes.namespace: "My_Space" must be lower-case letters, digits and dashes (DNS label)',
  "kubernetes: { kubeconfig: '' }": 'kubernetes.kubeconfig: "" must not be empty',
  "nextHops: { dnsServers: [dns.example.com] }":
    'nextHops.dnsServers[0]: "dns.example.com" is not the address of a DNS server; write 10.0.0.10, 10.0.0.10:5353 or [2001:db8::1]:5353',
  'nextHops: { dnsServers: ["10.0.0.10:0"] }':
    'nextHops.dnsServers[0]: "10.0.0.10:0" is not the address of a DNS server; write 10.0.0.10, 10.0.0.10:5353 or [2001:db8::1]:5353',
  "dialogs: { refusedNetworks: [10.42.0.1/16] }":
    'dialogs.refusedNetworks[0]: "10.42.0.1/16" has host bits set; write 10.42.0.0/16, or a longer prefix',
  "dialogs: { lifetimeDays: 0 }": "dialogs.lifetimeDays: 0 is too small: the least is 1",
  "router: { host: 10.0.0.1 }": 'router.host: "10.0.0.1" is not a loopback address such as 127.0.0.1',
  "router: { rpcPort: 0 }": "router.rpcPort: 0 is too small: the least is 1",
  "admin: { port: 65536 }": "admin.port: 65536 is too large: the most is 65535",
  "discovery: { timeoutSeconds: 2s }": 'discovery.timeoutSeconds: "2s" must be a number',
  "discovery: { burst: 1.5 }": "discovery.burst: 1.5 must be an integer",
  "status: { writesPerSecond: -1 }": "status.writesPerSecond: -1 is too small: the least is 0",
};

for (const [lines, problem] of Object.entries(REFUSED)) {
  test(`refused: ${lines}`, () => {
    assert.deepEqual(problemsOf(lines), [problem]);
  });
}

test("a local domain must be a name", () => {
  for (const [domain, why] of [
    ["192.0.2.1", "is an IP address; write a domain name"],
    ["sip:example.com", "is not a domain name; write one such as example.com"],
    ["%65xample.com", "is not a domain name; write one such as example.com"],
  ] as const) {
    const loaded = parseConfig(`localDomains: ["${domain}"]`, POD);
    assert.deepEqual(!loaded.ok && loaded.problems, [
      { path: "localDomains[0]", message: `${JSON.stringify(domain)} ${why}` },
    ]);
  }
});

test("all problems are reported at once, one a line", () => {
  const loaded = parseConfig("localDomain: [example.com]\nlog: { level: loud }", {
    ...POD,
    podNamespace: undefined,
  });
  assert(!loaded.ok);
  assert.equal(
    formatProblems("config.yaml", loaded.problems),
    [
      "config.yaml has 4 problems:",
      "  localDomains: is required. Domains that the inside serves. Every other domain is external.",
      "  localDomain: unknown key; did you mean localDomains?",
      '  log.level: "loud" is none of debug, info, warn, error',
      "  kubernetes.namespace: is required outside a pod. Name the namespace to serve.",
    ].join("\n"),
  );
});

test("what is not a YAML mapping is refused with the reason", () => {
  const first = (text: string) => {
    const loaded = parseConfig(text, POD);
    return loaded.ok ? undefined : loaded.problems[0];
  };
  assert.match(first("a: b: c")?.message ?? "", /^is not YAML: bad indentation of a mapping entry \(1:5\)/);
  assert.match(first("log: {}\nlog: {}")?.message ?? "", /^is not YAML: duplicated mapping key \(2:1\)/);
  assert.match(first("")?.message ?? "", /^is not YAML: .*empty/);
  assert.deepEqual(first("- a"), { path: "", message: '["a"] must be a mapping of keys to values' });
});

test("a file is read from disk, and a missing one is a problem like any other", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "config-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "config.yaml");
  const missing = await loadConfig(path, POD);
  assert.match(
    missing.ok ? "" : formatProblems(path, missing.problems),
    /config\.yaml: cannot be read: ENOENT/,
  );
  await writeFile(path, "localDomains: [example.com]\n");
  assert.equal((await loadConfig(path, POD)).ok, true);
});

test("the XMPP gateway is there when it is enabled, complete by defaults", () => {
  assert.deepEqual(
    configOf("localDomains: [example.com]\nxmpp: { enabled: true, askReserved: [Test.] }").xmpp,
    {
      componentHost: "127.0.0.1",
      componentPort: 5347,
      componentSecretFile: "/var/run/sip-federation/xmpp-component-secret",
      sipPort: 8066,
      routerSipPort: 8067,
      timeoutSeconds: 2,
      maxQuestions: 100,
      downgradeToSip: false,
      askReserved: ["test"],
      messageTimeoutSeconds: 10,
      maxSubscriptions: 8_000,
    },
  );
  assert.deepEqual(problemsOf("xmpp: { enabled: true, componentHost: 192.0.2.1 }"), [
    'xmpp.componentHost: "192.0.2.1" is not a loopback address such as 127.0.0.1',
  ]);
});
