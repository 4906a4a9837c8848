/** The images of the Dockerfile, in a pod that the chart renders, run by a real container runtime. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { API_VERSION, STATIC_ROUTE } from "../../../src/api/names.ts";
import { Authority } from "../../support/authority.ts";
import { debianComponents } from "../../../tools/supply-chain/bill.ts";
import { runCommand } from "../../../tools/setup/commands.ts";
import { tlsFor } from "../../support/router-bed.ts";
import { waitFor } from "../../support/wait-for.ts";
import { XmppClient } from "../../support/xmpp-client.ts";
import { obstacle, podman } from "./containers.ts";
import { imageName } from "./images.ts";
import { RunningPod } from "./running-pod.ts";

/** Packages of Debian that each image has, beside the base. */
const MADE_OF = {
  operator: [],
  "sip-router": ["kamailio", "kamailio-extra-modules", "kamailio-tls-modules", "libssl3t64"],
  "xmpp-gateway": ["prosody", "lua5.4", "lua-unbound", "ca-certificates"],
} as const;

/** Building from nothing downloads packages and compiles. */
const BUILD_TIMEOUT = 540_000;

function route(name: string, spec: object): object {
  return { apiVersion: API_VERSION, kind: STATIC_ROUTE.kind, metadata: { name }, spec };
}

suite("pods", { skip: obstacle(), timeout: BUILD_TIMEOUT }, () => {
  const authority = new Authority();
  let pod: RunningPod;

  before(
    async () => {
      pod = await RunningPod.start(authority);
    },
    { timeout: BUILD_TIMEOUT },
  );
  after(() => pod.remove());

  test("the pod gets ready, and the operator has created the predefined route", async () => {
    await pod.waitUntilReady();
    const route = await waitFor("the predefined route", () =>
      pod.kubectl("get", "staticroute", "default", "-o", "name"),
    );
    assert.match(route, /staticroute\.sipfederation\.io\/default/);
  });

  test("the router is ready by the probe of its container", async () => {
    assert.equal(await pod.exec("sip-router", "/app/kamailio-ready && echo ready"), "ready");
  });

  test("health and metrics answer on the address of the pod, explain on loopback alone", async () => {
    assert.equal((await pod.get(8065, "/healthz")).status, 200);
    assert.match(await (await pod.get(8065, "/metrics")).text(), /^sip_router_up 1$/m);
    assert.equal((await pod.get(8065, "/explain?uri=sip:bob@partner.example")).status, 404);
  });

  test("SIP flows through the pod, both ways, and a domain is discovered", async (t) => {
    const [platform, partner] = await Promise.all([pod.userAgent(), pod.userAgent()]);
    t.after(() => Promise.all([platform.close(), partner.close()]));
    await pod.apply(
      route("default", { destinationPattern: ".*", nextHop: partner.host, blockRoute: false }),
      route("platform", { destinationPattern: "example.com", nextHop: platform.host }),
    );
    await pod.kubectl("wait", "--for=condition=Programmed", "--timeout=60s", "staticroute", "--all");

    const alice = "sip:alice@example.com";
    const bob = "sip:bob@partner.example";
    const inside = { host: pod.address, port: 5070, transport: "udp" } as const;
    const outside = { host: pod.address, port: 5060, transport: "tcp" } as const;
    const out = await platform.request({ method: "MESSAGE", uri: bob, from: alice, target: inside });
    assert.equal(out.status, 200);
    assert.deepEqual(
      partner.received.filter(({ method }) => method !== "OPTIONS").map(({ uri }) => uri),
      [bob],
    );
    await waitFor("the domain to be listed", () => pod.kubectl("get", "federateddomain", "partner.example"));

    const back = await partner.request({ method: "MESSAGE", uri: alice, from: bob, target: outside });
    assert.equal(back.status, 200);
    const relayed = { method: "MESSAGE", uri: "sip:eve@third.example", from: bob, target: outside };
    assert.equal((await partner.request(relayed)).status, 403, "the outside port is no relay");
    assert.match(
      await (await pod.get(8065, "/metrics")).text(),
      /^sip_requests_total\{method="MESSAGE",outcome="\w+"\} \d+$/m,
    );
  });

  test("SIP over TLS flows through the pod, to a peer with the right certificate", async (t) => {
    const { tls } = tlsFor(authority, { names: ["DNS:secure.example"] });
    const [platform, partner] = await Promise.all([pod.userAgent(), pod.userAgent(tls)]);
    t.after(() => Promise.all([platform.close(), partner.close()]));
    const spec = { destinationPattern: "secure.example", nextHop: partner.host, protocolType: "TLS" };
    await pod.apply(route("secure", spec));
    await pod.kubectl("wait", "--for=condition=Programmed", "--timeout=60s", "staticroute/secure");
    const target = { host: pod.address, port: 5070, transport: "udp" } as const;
    const sent = { method: "MESSAGE", uri: "sip:bob@secure.example", from: "sip:alice@example.com", target };
    assert.equal((await platform.request(sent)).status, 200);
    assert.equal(partner.received.at(-1)?.transport, "tls");
  });

  test("servers of other domains find the XMPP gateway, with a certificate for the local domain", async () => {
    await waitFor("the port that its probe asks", () => pod.accepts(5269));
    const verified = ["-verify_return_error", "-verify_hostname", "example.com", "-CAfile"];
    await runCommand("openssl", [
      ...[
        "s_client",
        "-connect",
        `${pod.address}:5269`,
        "-starttls",
        "xmpp-server",
        "-xmpphost",
        "example.com",
      ],
      ...[...verified, authority.certificateFile],
    ]);
  });

  test("the operator is admitted to it, by a secret that the SIP router has not", async () => {
    const secret = "cat /run/xmpp-component/secret";
    assert.match(await pod.exec("operator", secret), /^[A-Za-z0-9+/]{43}=$/);
    await assert.rejects(pod.exec("sip-router", secret), /No such file/);
    await waitFor("the component stream", async () =>
      /"domain":"example.com".*connected to the XMPP gateway/.test(await pod.logs("operator")),
    );
  });

  test("messages flow through the pod to another domain of XMPP, and back", async (t) => {
    const accounts = { juliet: "balcony" };
    const server = await pod.xmppServer({ domain: "chat.example", authority, accounts });
    const juliet = await XmppClient.login({ server, user: "juliet" });
    const platform = await pod.userAgent();
    t.after(() => Promise.all([juliet.close(), platform.close(), server.process.stop()]));
    await pod.apply(route("platform", { destinationPattern: "example.com", nextHop: platform.host }));
    await pod.kubectl("wait", "--for=condition=Programmed", "--timeout=60s", "staticroute", "--all");
    const target = { host: pod.address, port: 5070, transport: "udp" } as const;
    const headers = [["Content-Type", "text/plain"]] as const;
    const [from, uri, body] = ["sip:alice@example.com", "sip:juliet@chat.example", "Soft!"];
    const sent = { method: "MESSAGE", uri, from, target, headers, body };
    assert.equal((await platform.request(sent)).status, 200);
    await juliet.nextMessage("Soft!");
    await juliet.message("alice@example.com", "Good night");
    await platform.waitForRequest("the answer", (request) => request.body === "Good night");
    assert.match(await pod.kubectl("get", "federateddomain", "chat.example"), /XMPP/);
  });

  for (const container of ["operator", "sip-router", "xmpp-gateway"] as const) {
    test(`${container} has no root, no capabilities, no way to gain any, and nothing to write to`, async () => {
      const status = await pod.exec(container, "cat /proc/1/status");
      assert.match(status, /^Uid:\s+10001\s+10001\s+10001\s+10001$/m);
      assert.match(status, /^CapBnd:\s+0+$/m);
      assert.match(status, /^CapEff:\s+0+$/m);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      assert.match(status, /^Seccomp:\s+2$/m);
      for (const path of ["/app", "/usr/local/bin", "/etc"]) {
        await assert.rejects(pod.exec(container, `touch ${path}/probe`), /Read-only file system/, path);
      }
    });

    test(`${container} has labels that say something`, async () => {
      const output = await podman("inspect", "--format", "{{json .Labels}}", imageName(container));
      const labels = Object.entries(JSON.parse(output) as Record<string, string>);
      for (const [label, value] of labels) assert.notEqual(value, "", label);
      assert(labels.some(([label]) => label === "org.opencontainers.image.revision"));
    });

    test(`${container} tells scanners and bills what it is made of`, async () => {
      const read = "cat /var/lib/dpkg/status; cat /var/lib/dpkg/status.d/* 2>/dev/null || true";
      const names = debianComponents(await pod.exec(container, read), "13").map(({ name }) => name);
      for (const name of ["libc6", ...MADE_OF[container]]) assert(names.includes(name), name);
      assert(!names.includes("kamailio") || container === "sip-router");
    });

    test(`${container} holds no build tools`, async () => {
      const tools = "npm npx tsc gcc cc make python3 curl git kamctl kamdbctl";
      assert.equal(await pod.exec(container, `for tool in ${tools}; do command -v $tool || true; done`), "");
    });
  }

  test("the router has no token of the API server", async () => {
    await assert.rejects(pod.exec("sip-router", "ls /var/run/secrets/kubernetes.io"), /No such file/);
  });

  test("the gateway has the public authorities, and none that was made with its image", async () => {
    const links = "find /etc/ssl/certs -name '*.pem' ! -lname '/usr/share/ca-certificates/*'";
    assert.equal(await pod.exec("xmpp-gateway", links), "");
    assert.match(await pod.exec("xmpp-gateway", "ls /etc/ssl/certs"), /^ISRG_Root_X1\.pem$/m);
  });

  test("an operator that is killed comes back in its container, and the router stays ready meanwhile", async () => {
    const before = await pod.startTimes();
    await pod.exec(
      "operator",
      "for it in /proc/[0-9]*; do ! grep -qa main[.]js $it/cmdline || kill -9 ${it#/proc/}; done",
    );
    await waitFor("the operator's end", async () => !(await pod.answers(8065, "/healthz")));
    assert.equal((await pod.get(8060, "/readyz")).status, 200);
    await waitFor("the operator's return", () => pod.answers(8065, "/healthz"), { timeout: 60_000 });
    assert.equal((await pod.get(8060, "/readyz")).status, 200);
    assert.deepEqual(await pod.startTimes(), before, "no container was restarted");
  });

  test("SIGTERM ends all containers in order", async () => {
    assert.deepEqual(await pod.stop(), { operator: 0, "sip-router": 0, "xmpp-gateway": 0 });
  });
});
