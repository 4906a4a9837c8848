/** Two replicas of one installation, and a second installation where the namespace is taken. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { chartRoleRules } from "../support/chart-role.ts";
import { createRestrictedUser } from "../support/control-plane.ts";
import type { Replica } from "../support/replica.ts";
import { waitFor } from "../support/wait-for.ts";
import { metric, readiness } from "./support/admin.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;
let hub: Party;
let one: Replica;
let two: Replica;

before(async () => {
  const nextHops = { probeIntervalSeconds: 1, probeTimeoutSeconds: 0.3 };
  federation = await Federation.start({ config: { nextHops } });
  partner = await federation.party("partner");
  hub = await federation.party("hub");
  one = federation.replica;
  two = await federation.environment.addReplica();
});
after(() => federation.stop());
beforeEach(() => federation.cluster.apply(open(to(partner))));

const leads = async (replica: Replica): Promise<boolean> =>
  (await metric(replica, "leader_election_master_status")) === 1;

const programmed = async (name: string): Promise<string> =>
  conditionOf(await federation.cluster.get("StaticRoute", name), "Programmed");

test("what is Ready is in force on both", async () => {
  await federation.cluster.apply(
    route("both", "*.both.example", to(hub)),
    domain("blocked.example", { policy: "Block" }),
  );
  for (const via of [one, two]) {
    assert.equal(await federation.fromInside({ to: "bob@a.both.example" }, { via }), "200 at hub");
    assert.equal(await federation.fromInside({ to: "bob@blocked.example" }, { via }), "403");
  }
});

test("a domain that one learned is known to the other", async () => {
  const call = { to: "bob@learned.example" };
  assert.equal(await federation.fromInside(call, { via: two }), "200 at partner");
  await federation.cluster.appears("FederatedDomain", "learned.example");
  await federation.cluster.apply(closed(to(partner)), domain("learned.example", { trust: "Full" }));
  for (const via of [one, two]) assert.equal(await federation.fromInside(call, { via }), "200 at partner");
});

test("a domain that both learn at once is created once", async () => {
  const names = Array.from({ length: 10 }, (_, n) => `n${n}.race.example`);
  const calls = names.flatMap((name) => [one, two].map((via) => ({ call: { to: `bob@${name}` }, via })));
  const outcomes = await Promise.all(calls.map(({ call, via }) => federation.fromInside(call, { via })));
  assert.deepEqual(new Set(outcomes), new Set(["200 at partner"]));
  await federation.cluster.appear("FederatedDomain", names);
});

test("Programmed only when both have it, and never taken back", async () => {
  const { cluster } = federation;
  await cluster.apply(route("earlier", "earlier.example", to(hub)));
  two.operator.pause();
  const circular = route("circular", "circular.example", { nextHop: one.address });
  await cluster.submit(route("later", "*.later.example", to(hub)), circular);
  await federation.eventually("200 at hub", federation.inside, { to: "bob@a.later.example" }, { via: one });
  await waitFor("the status to say so", async () => (await programmed("later")) === "False Pending", {
    interval: 200,
  });
  assert.equal(await programmed("earlier"), "True Programmed");
  assert.equal(await programmed("circular"), "False Pending");
  two.operator.resume();
  await cluster.ready(route("later", "*.later.example"));
  assert.equal(await federation.fromInside({ to: "bob@b.later.example" }, { via: two }), "200 at hub");
  await waitFor(
    "what is not accepted to be out everywhere",
    async () => (await programmed("circular")) === "False NotAccepted",
    { interval: 200 },
  );
});

test("a next hop is unreachable only where no replica reaches it", async () => {
  const picky = await federation.party("picky");
  const reachable = async (): Promise<string> =>
    conditionOf(await federation.cluster.get("StaticRoute", "picky"), "NextHopReachable");
  for (const [favourite, other] of [
    [one, two],
    [two, one],
  ] as const) {
    picky.answers(({ source }) => (source.host === favourite.address ? { status: 200 } : undefined));
    await federation.cluster.apply(route("picky", "picky.example", to(picky, "UDP")));
    const uri = `sip:${picky.host}:${picky.port};transport=udp`;
    await waitFor("both to know", async () => {
      const up = await metric(favourite, "sip_next_hop_up", { next_hop: uri });
      const text = await (await fetch(`${other.adminUrl}/metrics`)).text();
      return up === 1 && text.includes(`sip_next_hop_up{next_hop="${uri}"} 0`);
    });
    await waitFor("the condition", async () => (await reachable()).startsWith("True"));
    await federation.cluster.delete("StaticRoute", "picky");
  }
  picky.answers(() => undefined);
  await federation.cluster.apply(route("picky", "picky.example", to(picky, "UDP")));
  await waitFor("all replicas to agree", async () => (await reachable()) === "False NoAnswer");
});

test("the other one leads when the leader stops, and when the leader dies", async () => {
  assert.deepEqual([await leads(one), await leads(two)], [true, false]);
  await one.operator.stop();
  await waitFor("the second to lead", () => leads(two), { timeout: 30_000 });
  await federation.cluster.apply(route("second", "second.example", to(hub)));
  await one.operator.start();
  await two.operator.kill();
  // by the standard timing of leases it takes 15 s until the first may be sure of that
  await waitFor("the first to lead", () => leads(one), { timeout: 60_000, interval: 200 });
  await federation.cluster.apply(route("first", "first.example", to(hub)));
  await two.operator.start();
  await federation.eventually("200 at hub", federation.inside, { to: "bob@first.example" }, { via: two });
});

test("a second installation stays out of the namespace, and says why", async () => {
  const { environment } = federation;
  const user = { name: "other", namespace: environment.namespace, rules: chartRoleRules("other") };
  const { kubeconfig } = await createRestrictedUser(environment.api, user);
  const other = environment.createReplica({ kubeconfig, installation: "other" });
  await Promise.all([other.router.start(), other.operator.start()]);
  const why = "503 the namespace belongs to the installation sip-federation";
  await waitFor("it to see", async () => (await readiness(other)) === why);
  const call = { to: "bob@first.example" };
  assert.equal(await federation.fromInside(call, { via: other }), "503");
  assert.equal(await federation.fromInside(call, { via: one }), "200 at hub");
  assert.deepEqual([await leads(one), await leads(other)], [true, false]);
});
