/** Nobody but the operator controls the router: no SIP port speaks RPC or HTTP, and control stays on loopback. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { freePort } from "../support/free-port.ts";
import { waitFor } from "../support/wait-for.ts";
import { Federation } from "./support/federation.ts";
import { listenersOf } from "./support/listeners.ts";
import { closed, domain, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

const IPV6 = "::1";

let federation: Federation;
let partner: Party;
let ports: { readonly sip: number; readonly inside: number };

before(async () => {
  ports = { sip: await freePort(IPV6), inside: await freePort(IPV6) };
  federation = await Federation.start({ sip: { ipv6: IPV6, port: ports.sip, insidePort: ports.inside } });
  partner = await federation.party("partner");
  await federation.cluster.apply(closed(to(partner)), domain("known.example"));
});
after(() => federation.stop());

/** Opens the federation, if anybody obeys. */
const RPC = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "htable.flush", params: ["t"] });
const ATTACKS = [
  [
    "an RPC",
    `POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${RPC.length}\r\n\r\n${RPC}`,
  ],
  ["a write", "POST /table HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nactive|x"],
  ["a verdict", "POST /verdict HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\nx.example|D\r\n"],
  ["a status", "GET /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"],
  ["a probe", "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"],
  [
    "an RPC disguised as SIP",
    `POST /RPC SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 POST\r\nContent-Length: ${RPC.length}\r\n\r\n${RPC}`,
  ],
] as const;

/** All that comes back on a connection until the other side closes it, or half a second after the last byte. */
async function answerTo(bytes: string, { host, port }: { host: string; port: number }): Promise<string> {
  const socket = connect({ host, port, localAddress: host === IPV6 ? IPV6 : federation.outside.host });
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  socket.on("error", () => undefined);
  socket.setTimeout(500, () => socket.destroy());
  socket.end(bytes);
  await once(socket, "close");
  return answer;
}

for (const family of ["IPv4", "IPv6"] as const) {
  for (const side of [undefined, "inside"] as const) {
    test(`the ${side ?? "common"} SIP listener over ${family} obeys nobody`, async () => {
      const { replica } = federation;
      const target = replica.target("tcp", { family, ...(side && { side }) });
      for (const [what, bytes] of ATTACKS) {
        assert.doesNotMatch(await answerTo(bytes, target), /HTTP|jsonrpc/, `${what} over TCP`);
      }
      const udp = createSocket(family === "IPv6" ? "udp6" : "udp4");
      let answer = "";
      udp.on("message", (data) => (answer += data.toString()));
      for (const [, bytes] of ATTACKS) udp.send(bytes, target.port, target.host);
      udp.send(RPC, target.port, target.host);
      // the answer to this one comes after all others
      udp.send(ping(), target.port, target.host);
      await waitFor("the answer to a ping", () => answer.includes("CSeq: 9 OPTIONS"));
      udp.close();
      assert.doesNotMatch(answer, /HTTP|jsonrpc/);
      assert.equal(await federation.fromInside({ to: "bob@known.example" }), "200 at partner");
      assert.equal(await federation.fromInside({ to: "bob@unknown.example" }), "403");
    });
  }
}

test("the router listens at its SIP addresses, and for control at loopback alone", () => {
  const { address, router } = federation.replica;
  const sip = [ports.sip, ports.inside].flatMap((port) =>
    ["tcp", "udp"].flatMap((over) => [`${over} ${address}:${port}`, `${over} [${IPV6}]:${port}`]),
  );
  const control = [
    `tcp ${address}:8060`,
    `tcp ${address}:8061`,
    `udp ${address}:8062`,
    `tcp ${address}:8063`,
  ];
  assert.ok(router.pid !== undefined);
  assert.deepEqual(listenersOf(router.pid), [...sip, ...control].sort());
});

test("control at another address is refused", () => {
  const run = join(repositoryRoot, "src/router/kamailio-run");
  const { status, stderr } = spawnSync(run, {
    env: { ...process.env, CONTROL_HOST: "0.0.0.0" },
    encoding: "utf8",
  });
  assert.equal(status, 64);
  assert.match(stderr, /CONTROL_HOST must be a loopback address/);
});

test("health and control listeners speak no SIP", async () => {
  const { address } = federation.replica;
  for (const port of [8060, 8061]) {
    assert.equal(await answerTo(ping("TCP"), { host: address, port }), "", String(port));
  }
});

test("the health listener takes no control", async () => {
  const target = { host: federation.replica.address, port: 8060 };
  for (const [what, bytes] of ATTACKS.slice(0, 4)) {
    assert.match(await answerTo(bytes, target), /^HTTP\/1\.1 404/, what);
  }
  assert.equal(await federation.fromInside({ to: "bob@known.example" }), "200 at partner");
});

function ping(over = "UDP"): string {
  return [
    "OPTIONS sip:example.com SIP/2.0",
    `Via: SIP/2.0/${over} ${federation.outside.host}:9;branch=z9hG4bKping;rport`,
    "From: <sip:a@known.example>;tag=1",
    "To: <sip:example.com>",
    "Call-ID: ping",
    "CSeq: 9 OPTIONS",
    "Max-Forwards: 70",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
