/** The command line, what DNS and TLS show of others, and how it is told. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { before, test, type TestContext } from "node:test";
import { createServer, type TlsOptions } from "node:tls";
import { Authority, type CertificateOptions } from "../../../support/authority.ts";
import { DnsServer, refusal } from "../../../support/dns-server.ts";
import { freePort } from "../../../support/free-port.ts";
import { run } from "../../../support/sipfed.ts";
import { temporaryDirectory } from "../../../support/temporary.ts";

const LOOPBACK = "127.0.0.1";
const authority = new Authority();
let dns: DnsServer;

before(async (t) => {
  dns = await DnsServer.start(LOOPBACK, await freePort(LOOPBACK));
  (t as TestContext).after(() => dns.stop());
});

async function doctor(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  const { code, out, err } = await run("doctor", ...args);
  assert.equal(err, "");
  return { code, out };
}

function lookUp(domain: string): ReturnType<typeof doctor> {
  return doctor("--only", "dns", "--domain", domain, "--dns-server", dns.address);
}

test("DNS: what a domain publishes, and what a client would take of it", async () => {
  dns.set("_sips._tcp.full.test", "SRV", 60, {
    priority: 10,
    weight: 1,
    port: 5061,
    target: "sbc.full.test",
  });
  dns.set("_sip._tcp.full.test", "SRV", 60, { priority: 1, weight: 1, port: 5060, target: "lost.full.test" });
  dns.set("_xmpp-server._tcp.full.test", "SRV", 60, {
    priority: 0,
    weight: 5,
    port: 5269,
    target: "xmpp.full.test",
  });
  dns.set("sbc.full.test", "A", 60, "192.0.2.1");
  dns.set("sbc.full.test", "AAAA", 60, "2001:db8::1");
  dns.set("xmpp.full.test", "A", 60, "192.0.2.2");
  const { code, out } = await lookUp("Full.test.");
  assert.equal(
    out,
    `DNS
  ok       _sips._tcp.full.test leads to sbc.full.test:5061 (priority 10, weight 1), 192.0.2.1, 2001:db8::1
  warning  _sip._tcp.full.test leads to lost.full.test:5060 (priority 1, weight 1), which has no address
           → its owner has to publish an A or AAAA record for it
  ok       _xmpp-server._tcp.full.test leads to xmpp.full.test:5269 (priority 0, weight 5), 192.0.2.2
  ok       full.test has no _sip._udp
  ok       who follows DNS reaches it by SIP over TLS, at sbc.full.test:5061

0 problems, 1 warning.
`,
  );
  assert.equal(code, 1);
});

test("DNS: an address alone, nothing at all, and a service that is not offered", async () => {
  dns.set("plain.test", "A", 60, "192.0.2.9");
  dns.set("_sip._udp.plain.test", "SRV", 60, { priority: 0, weight: 0, port: 0, target: "." });
  const plain = await lookUp("plain.test");
  assert.match(plain.out, /\n {2}ok {2}_sip\._udp\.plain\.test says that the domain does not offer it\n/);
  assert.match(plain.out, /\n {2}ok {2}who follows DNS reaches it at its own address, 192\.0\.2\.9\n/);
  assert.equal(plain.code, 0);
  const nothing = await lookUp("nothing.test");
  assert.match(nothing.out, /by DNS nobody reaches nothing\.test over SIP/);
  assert.equal(nothing.code, 1);
});

test("DNS: a name server that fails is told of", async (t) => {
  const { network } = dns;
  t.after(() => (dns.network = network));
  dns.network = (asked, reply) => [asked.type === "SRV" ? refusal(reply, "SERVFAIL") : reply];
  const { out } = await lookUp("plain.test");
  assert.match(out, /warning {2}_sips\._tcp\.plain\.test: the name server says SERVFAIL/);
});

async function listen(t: TestContext, server: Server): Promise<string> {
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    t.after(() => socket.destroy());
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  t.after(() => server.close());
  return `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

function tlsServer(
  t: TestContext,
  certificate: CertificateOptions,
  options: TlsOptions = {},
): Promise<string> {
  const server = createServer({ ...authority.issue(certificate), ...options });
  server.on("tlsClientError", () => undefined);
  return listen(t, server);
}

function connect(place: string, ...args: string[]): ReturnType<typeof doctor> {
  return doctor("--only", "tls", "--next-hop", place, "--authorities", authority.certificateFile, ...args);
}

test("TLS: a next hop as it should be", async (t) => {
  const place = await tlsServer(t, { names: ["URI:sip:partner.test", "DNS:sbc.partner.test"] });
  const { code, out } = await connect(place, "--server-name", "Partner.test");
  assert.match(
    out,
    /^TLS\n {2}ok {2}\S+ answers at 127\.0\.0\.1 with TLSv1\.3\n {2}ok {2}\S+: its certificate is signed by an authority of \S+\n {2}ok {2}\S+: its certificate is for partner\.test \(RFC 5922\)\n {2}ok {2}\S+: its certificate is valid until \d{4}-\d\d-\d\d\n\nAll is well\.\n$/,
  );
  assert.equal(code, 0);
});

const WRONG: Readonly<Record<string, readonly [CertificateOptions, expected: RegExp]>> = {
  "another name": [
    { names: ["DNS:sbc.partner.test"] },
    /problem {2}\S+: its certificate is for sbc\.partner\.test, not for partner\.test\n +→ set tls\.serverName of the StaticRoute to sbc\.partner\.test/,
  ],
  "a wildcard": [
    { names: ["DNS:*.test"] },
    /problem {2}\S+: its certificate is for no name that counts, not for partner\.test\n +→ wildcards do not count/,
  ],
  "another use": [
    { names: ["DNS:partner.test"], extendedKeyUsage: "emailProtection" },
    /problem {2}\S+: its certificate is for other uses than SIP/,
  ],
  "the end of its time": [
    { names: ["DNS:partner.test"], days: 5 },
    /warning {2}\S+: its certificate expires in [45] days/,
  ],
  "a time that is over": [
    { names: ["DNS:partner.test"], days: -1 },
    /problem {2}\S+: its certificate expired on \d{4}-\d\d-\d\d/,
  ],
};

for (const [what, [certificate, expected]] of Object.entries(WRONG)) {
  test(`TLS: a certificate with ${what}`, async (t) => {
    const { code, out } = await connect(await tlsServer(t, certificate), "--server-name", "partner.test");
    assert.match(out, expected);
    assert.notEqual(code, 0);
    // what is not for servers is refused along with its chain
    const expectedCount = what === "another use" ? 2 : 1;
    assert.equal(out.match(/problem {2}|warning {2}/g)?.length, expectedCount, out);
  });
}

test("TLS: a certificate by an authority that nobody knows", async (t) => {
  const place = await tlsServer(t, { names: ["DNS:partner.test"] });
  const stranger = new Authority().certificateFile;
  const { code, out } = await doctor(
    "--only",
    "tls",
    "--next-hop",
    place,
    "--server-name",
    "partner.test",
    "--authorities",
    stranger,
  );
  assert.match(
    out,
    /problem {2}\S+: no authority that is known here has signed its certificate; its issuer is CN=Test Authority\n/,
  );
  assert.equal(code, 2);
});

test("TLS: a next hop that wants a certificate of ours gets it", async (t) => {
  const options = { requestCert: true, rejectUnauthorized: true, ca: authority.certificate };
  const place = await tlsServer(t, { names: ["IP:127.0.0.1"] }, options);
  const without = await connect(place);
  assert.match(
    without.out,
    /warning {2}\S+ closes the connection after the handshake \(.*\)\n +→ it wants a certificate of ours/,
  );
  const directory = temporaryDirectory("certificate");
  const [certificate, key] = [join(directory, "tls.crt"), join(directory, "tls.key")];
  const own = authority.issue({ names: ["URI:sip:local.test"] });
  writeFileSync(certificate, own.cert);
  writeFileSync(key, own.key);
  const { code, out } = await connect(place, "--certificate", certificate, "--key", key);
  assert.equal(code, 0, out);
});

test("TLS: nobody there, and somebody who speaks something else", async (t) => {
  const nobody = await connect(`${LOOPBACK}:${await freePort(LOOPBACK)}`);
  assert.match(nobody.out, /problem {2}\S+: it refuses connections\n/);
  const plain = createTcpServer((socket) => socket.end("SIP/2.0 400 Bad Request\r\n\r\n"));
  assert.match(
    (await connect(await listen(t, plain))).out,
    /problem {2}\S+: what answers there does not speak TLS\n/,
  );
});

test("as JSON, with a summary", async (t) => {
  const place = await tlsServer(t, { names: ["DNS:sbc.test"], days: 5 });
  const { code, out } = await connect(place, "-o", "json");
  const { summary, findings } = JSON.parse(out) as {
    summary: object;
    findings: { state: string; fix?: string }[];
  };
  assert.deepEqual(summary, { ok: 2, warnings: 1, problems: 1 });
  assert.ok(findings.every(({ state, fix }) => (state === "ok") === (fix === undefined)));
  assert.equal(code, 2);
});

test("an API server that does not answer is all that is told", async () => {
  const directory = temporaryDirectory("kubeconfig");
  const file = join(directory, "config");
  const cluster = {
    server: `https://${LOOPBACK}:${await freePort(LOOPBACK)}`,
    "insecure-skip-tls-verify": true,
  };
  const content = {
    clusters: [{ name: "away", cluster }],
    contexts: [{ name: "away", context: { cluster: "away" } }],
    "current-context": "away",
  };
  writeFileSync(file, JSON.stringify(content));
  const { code, out } = await doctor("--kubeconfig", file);
  assert.match(
    out,
    /^API server\n {2}problem {2}the API server https:\S+ does not answer \(.*ECONNREFUSED.*\): .*\n +→ .*\n\n1 problem, 0 warnings\.\n$/,
  );
  assert.equal(code, 2);
});

const MISUSES: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["now"], /^sipfed: doctor takes options alone, and now is none; see sipfed doctor --help/],
  [["--only", "weather"], /--only is api, definitions, .* or tls, not weather/],
  [["--domain", "a b"], /--domain is a domain such as partner\.example, not a b/],
  [["--dns-server", "a b"], /--dns-server is an address such as/],
  [["--next-hop", "sbc.test"], /--next-hop is host:port such as sbc\.example\.com:5061, not sbc\.test/],
  [["--next-hop", "sbc.test:70000"], /--next-hop is host:port/],
  [["--server-name", "x"], /--server-name is for --next-hop/],
  [["--next-hop", "sbc.test:5061", "--key", "x"], /--certificate and --key go together/],
  [
    ["--only", "tls", "--next-hop", "127.0.0.1:1", "--authorities", "/nowhere"],
    /\/nowhere cannot be read: ENOENT/,
  ],
];

for (const [args, message] of MISUSES) {
  test(`misuse: doctor ${args.join(" ")}`, async () => {
    const { code, out, err } = await run("doctor", ...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
  });
}
