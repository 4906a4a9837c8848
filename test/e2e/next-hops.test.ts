/** Next hops by name and by SRV, followed as DNS changes; probed, passed over when dead, and told of. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claimAddressBlock, type AddressBlock } from "../support/addresses.ts";
import { DnsServer } from "../support/dns-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { explain } from "./support/admin.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { domain, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let block: AddressBlock;
let dns: DnsServer;
let federation: Federation;
let first: Party;
let second: Party;

before(async () => {
  block = await claimAddressBlock();
  dns = await DnsServer.start(block.address(1), 5353);
  dns.negativeTtl = 1;
  const nextHops = { probeIntervalSeconds: 1, probeTimeoutSeconds: 0.3, dnsServers: [dns.address] };
  federation = await Federation.start({ config: { nextHops } });
  first = await federation.party("first");
  second = await federation.party("second");
});
after(async () => {
  await federation.stop();
  await dns.stop();
  block.release();
});

const reachable = async (name: string): Promise<string> =>
  conditionOf(await federation.cluster.get("StaticRoute", name), "NextHopReachable");
const becomes = (name: string, expected: string): Promise<unknown> =>
  waitFor(`NextHopReachable of ${name}: ${expected}`, async () => (await reachable(name)) === expected);
const eventsOf = async (name: string): Promise<string[]> =>
  (await federation.cluster.events("StaticRoute", name)).map(({ type, reason }) => `${type} ${reason}`);

test("a next hop by name is followed when DNS changes", async () => {
  dns.set("sbc.named.test", "A", 1, first.host);
  await federation.cluster.apply(
    route("named", "named.example", { nextHop: "sbc.named.test", nextHopPort: first.port }),
    domain("named.example"),
  );
  assert.equal(await federation.fromInside({ to: "bob@named.example" }), "200 at first");
  await becomes("named", "True Answers");
  dns.set("sbc.named.test", "A", 1, second.host);
  await federation.eventually("200 at second", federation.inside, { to: "bob@named.example" });
});

test("SRV records say where, in order of their priority, and the rest serves when the first is dead", async () => {
  const srv = (party: Party, priority: number) => ({
    target: `${party.name}.srv.test`,
    port: party.port,
    priority,
    weight: 1,
  });
  for (const party of [first, second]) dns.set(`${party.name}.srv.test`, "A", 60, party.host);
  dns.set("_sip._tcp.srv.test", "SRV", 60, srv(first, 1), srv(second, 2));
  await federation.cluster.apply(
    route("srv", "srv.example", { nextHop: "srv.test", nextHopPort: 0 }),
    domain("srv.example"),
  );
  assert.equal(await federation.fromInside({ to: "bob@srv.example" }), "200 at first");
  first.answers(() => undefined);
  await waitFor("the first to be passed over", async () => {
    const outcome = await federation.fromInside({ to: "bob@srv.example", method: "INVITE" });
    return outcome === "200 at second";
  });
  assert.equal(await reachable("srv"), "True Answers");
  const { nextHop, passedOver } = await explain(federation.replica, { uri: "sip:bob@srv.example" });
  assert.equal(nextHop?.address, second.host);
  assert.deepEqual(passedOver, [
    `StaticRoute srv: ${first.host}:${first.port} over TCP does not answer probes.`,
  ]);
  first.answers(200);
  await federation.eventually("200 at first", federation.inside, { to: "bob@srv.example" });
});

test("a next hop that does not answer is told of, and so is that it answers again, once a minute at most", async () => {
  const silent = await federation.party("silent");
  silent.answers(() => undefined);
  await federation.cluster.apply(route("silent", "silent.example", to(silent, "UDP")));
  await becomes("silent", "False NoAnswer");
  const object = await federation.cluster.get("StaticRoute", "silent");
  assert.equal(conditionOf(object, "Ready"), "True Serving");
  const { message } =
    object.status.conditions.find(({ type }) => type === "NextHopReachable") ?? assert.fail();
  assert.equal(message, `No answer to OPTIONS from ${silent.host} port ${silent.port} over UDP.`);
  silent.answers(200);
  await becomes("silent", "True Answers");
  silent.answers(() => undefined);
  await waitFor("it to be known as dead again", async () => {
    const text = await (await fetch(`${federation.replica.adminUrl}/metrics`)).text();
    return text.includes(`sip_next_hop_up{next_hop="sip:${silent.host}:${silent.port};transport=udp"} 0`);
  });
  assert.equal(await reachable("silent"), "True Answers", "a flapping next hop does not flood the API");
  const events = await waitFor("the Events", async () => {
    const found = await eventsOf("silent");
    return found.length === 2 && found;
  });
  assert.deepEqual(events, ["Warning NextHopUnreachable", "Normal NextHopReachable"]);
});

test("a name that does not exist is told of by name, and harms nobody else", async () => {
  await federation.cluster.apply(
    route("nowhere", "nowhere.example", { nextHop: "nowhere.test", nextHopPort: first.port }),
    domain("nowhere.example"),
  );
  await becomes("nowhere", "False Unresolvable");
  assert.equal(await federation.fromInside({ to: "bob@nowhere.example" }), "500");
  assert.equal(await federation.fromInside({ to: "bob@named.example" }), "200 at second");
  dns.set("nowhere.test", "A", 1, first.host);
  await federation.eventually("200 at first", federation.inside, { to: "bob@nowhere.example" });
});

test("while DNS is silent the last addresses serve, and changes of others are in force all the same", async () => {
  dns.network = () => [];
  const asked = dns.count("sbc.named.test");
  await waitFor("DNS to be asked again", () => dns.count("sbc.named.test") > asked);
  await federation.cluster.apply(
    route("meanwhile", "meanwhile.example", to(first)),
    domain("meanwhile.example"),
  );
  assert.equal(await federation.fromInside({ to: "bob@meanwhile.example" }), "200 at first");
  assert.equal(await federation.fromInside({ to: "bob@named.example" }), "200 at second");
  await federation.replica.operator.stop();
  await federation.replica.operator.start();
  await federation.cluster.apply(route("after", "after.example", to(first)), domain("after.example"));
  assert.equal(
    await federation.fromInside({ to: "bob@after.example" }),
    "200 at first",
    "it is in charge again",
  );
  assert.equal(await federation.fromInside({ to: "bob@named.example" }), "200 at second");
  dns.network = (_asked, reply) => [reply];
});

test("a route that serves nobody has no such condition", async () => {
  await federation.cluster.apply(route("out", "out.example", to(first)));
  await becomes("out", "True Answers");
  await federation.cluster.apply(route("out", "out.example", { ...to(first), service: "Disabled" }));
  await becomes("out", "absent");
});
