/** SIP over TLS: peers are who they claim to be, and certificates change while the system runs. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:tls";
import { after, before, test } from "node:test";
import { Authority } from "../support/authority.ts";
import { waitFor } from "../support/wait-for.ts";
import { explain } from "./support/admin.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

const TLS_PORT = 5061;
const authority = new Authority();
const stranger = new Authority();
let federation: Federation;
let partner: Party;

before(async () => {
  const nextHops = { probeIntervalSeconds: 1, probeTimeoutSeconds: 0.5 };
  federation = await Federation.start({ authority, config: { nextHops } });
  partner = await federation.party("partner", { names: ["URI:sip:partner.example", "DNS:sbc.example"] });
});
after(() => federation.stop());

const overTls = ({ host }: { host: string }, serverName?: string) => ({
  nextHop: host,
  protocolType: "TLS" as const,
  ...(serverName !== undefined && { tls: { serverName } }),
});
const reachable = async (name: string): Promise<string> =>
  conditionOf(await federation.cluster.get("StaticRoute", name), "NextHopReachable");
const becomes = (name: string, expected: string): Promise<unknown> =>
  waitFor(`NextHopReachable of ${name}: ${expected}`, async () => (await reachable(name)) === expected);
const messageOf = async (name: string): Promise<string> => {
  const object = await federation.cluster.get("StaticRoute", name);
  return object.status.conditions.find(({ type }) => type === "NextHopReachable")?.message ?? "";
};

test("a next hop with the certificate of its domain is reached, on the standard port, as soon as it is programmed", async () => {
  await federation.cluster.apply(
    route("partner", "partner.example", overTls(partner)),
    domain("partner.example"),
  );
  assert.equal(await federation.fromInside({ to: "bob@partner.example" }), "200 at partner");
  assert.equal(partner.agent.received.at(-1)?.transport, "tls");
  await becomes("partner", "True Answers");
});

test("one with a certificate for somebody else is not, and its route says whose it is", async () => {
  await federation.cluster.apply(route("wrong", "wrong.example", overTls(partner)), domain("wrong.example"));
  await federation.eventually("500", federation.inside, { to: "bob@wrong.example" });
  await becomes("wrong", "False TLSFailed");
  assert.match(
    await messageOf("wrong"),
    /^127\.[\d.]+ port 5061 over TLS: its certificate is for partner\.example: set tls\.serverName /,
  );
  const { passedOver } = await explain(federation.replica, { uri: "sip:bob@wrong.example" });
  assert.match(passedOver[0] ?? "", /its certificate is for partner\.example/);
});

test("tls.serverName says who is meant", async () => {
  const sbc = await federation.party("sbc", { names: ["DNS:sbc.example"] });
  await federation.cluster.apply(
    route("named", "named.example", overTls(sbc, "sbc.example")),
    domain("named.example"),
  );
  await federation.eventually("200 at sbc", federation.inside, { to: "bob@named.example" });
});

test("why there is no connection is told: nobody signed the certificate, it is over, nobody listens", async () => {
  const expired = await federation.party("expired", { names: ["DNS:expired.example"], days: -1 });
  const deaf = await federation.party("deaf");
  await federation.cluster.apply(
    route("expired", "expired.example", overTls(expired)),
    route("deaf", "deaf.example", overTls(deaf)),
  );
  await becomes("expired", "False TLSFailed");
  await waitFor("the reason", async () =>
    (await messageOf("expired")).endsWith("its certificate has expired."),
  );
  await becomes("deaf", "False TLSFailed");
  await waitFor("the reason", async () => (await messageOf("deaf")).endsWith("it refuses connections."));
});

test("a domain is proven by its certificate, and known from then on", async () => {
  const caller = await federation.party("caller", { names: ["URI:sip:caller.example"] });
  await federation.cluster.apply(
    open(overTls(partner, "sbc.example")),
    route("inside", federation.environment.localDomain, {
      nextHop: federation.inside.host,
      nextHopPort: federation.inside.port,
    }),
  );
  const call = { from: "bob@caller.example", to: `alice@${federation.environment.localDomain}` };
  await federation.eventually("200 at inside", caller, call, { over: "tls" });
  await federation.cluster.appears("FederatedDomain", "caller.example");
  await federation.cluster.apply(closed(overTls(partner, "sbc.example")));
  await federation.eventually("403", caller, { ...call, from: "bob@unknown.example" }, { over: "tls" });
  assert.equal(await federation.outcomeOf(caller, call, { over: "tls" }), "200 at inside");
});

/** Serial number of the certificate that the router shows. */
async function shown(): Promise<string> {
  const { host } = federation.replica.target("tls");
  const socket = connect({
    host,
    port: TLS_PORT,
    ca: authority.certificate,
    checkServerIdentity: () => undefined,
  });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

const metric = async (name: string): Promise<string | undefined> => {
  const response = await fetch(`${federation.replica.adminUrl}/metrics`);
  return new RegExp(`^${name} (\\S+)$`, "m").exec(await response.text())?.[1];
};

test("a new certificate is shown without a restart, and calls go on", async () => {
  const { tlsDirectory = assert.fail() } = federation.environment;
  assert.equal(await federation.fromInside({ to: "bob@partner.example" }), "200 at partner");
  const connections = (): Set<string> =>
    new Set(partner.agent.received.slice(-1).map(({ source }) => `${source.host}:${source.port}`));
  const before = connections();
  const old = await shown();
  authority.install(tlsDirectory, { names: ["URI:sip:example.com"], days: 60 });
  await waitFor("the new certificate", async () => (await shown()) !== old, { timeout: 20_000 });
  const expiry = Number(await metric("sip_tls_certificate_expiry_seconds")) * 1000;
  assert.ok(expiry > Date.now() + 50 * 86_400_000, String(expiry));
  const [used = 0, all = 0] = [
    await metric("sip_router_memory_used_bytes"),
    await metric("sip_router_memory_bytes"),
  ];
  assert.ok(Number(used) > 1_000_000 && Number(used) < Number(all), `${used} of ${all}`);
  assert.equal(await federation.fromInside({ to: "bob@partner.example" }), "200 at partner");
  assert.deepEqual(connections(), before);
});

test("files that do not fit are left alone, and the old certificate stays", async () => {
  const { tlsDirectory = assert.fail() } = federation.environment;
  const old = await shown();
  const { key } = authority.issue({ names: ["DNS:x.example"] });
  writeFileSync(`${tlsDirectory}/tls.key`, key);
  await waitFor("the complaint", async () => (await metric("sip_tls_files_usable")) === "0", {
    timeout: 20_000,
  });
  assert.equal(await shown(), old);
  authority.install(tlsDirectory, { names: ["URI:sip:example.com"] });
  await waitFor("the repaired files", async () => (await shown()) !== old, { timeout: 20_000 });
  assert.equal(await metric("sip_tls_files_usable"), "1");
});

test("an authority that is no longer trusted proves nobody", async () => {
  const { tlsDirectory = assert.fail() } = federation.environment;
  const reloads = await metric("sip_tls_reloads");
  writeFileSync(`${tlsDirectory}/ca.crt`, stranger.certificate);
  await waitFor("the new authority", async () => (await metric("sip_tls_reloads")) !== reloads, {
    timeout: 20_000,
  });
  partner.agent.closeConnections();
  await federation.eventually("500", federation.inside, { to: "bob@partner.example" });
});
