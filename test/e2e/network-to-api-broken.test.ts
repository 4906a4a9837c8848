/** The network between the operator and the API server breaks: others go on changing things meanwhile. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { sharedControlPlane } from "../support/shared-control-plane.ts";
import { TcpProxy, throughProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { metric, readiness } from "./support/admin.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Call, Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;
let network: TcpProxy;
let broken = false;

before(async () => {
  const { hostname: host, port } = new URL((await sharedControlPlane()).server);
  network = await TcpProxy.start({ host, port: Number(port) });
  federation = await Federation.start({ connect: (kubeconfig) => throughProxy(kubeconfig, network) });
  partner = await federation.party("partner");
});
after(async () => {
  await federation.stop();
  await network.disconnect();
});
beforeEach(() => federation.cluster.apply(open(to(partner)), domain("known.example")));
afterEach(repair);

async function breakNetwork(): Promise<void> {
  broken = true;
  await network.disconnect();
}

async function repair(): Promise<void> {
  if (broken) await network.connect();
  broken = false;
}

const known: Call = { to: "bob@known.example" };
const discoveries = (): Promise<number> => metric(federation.replica, "sip_federation_discoveries_total");

test("a domain is known from its first 2xx on, and written when the API server is back", async () => {
  await breakNetwork();
  const call = { to: "bob@unwritten.example" };
  const before = await discoveries();
  assert.equal(await federation.fromInside(call), "200 at partner");
  assert.equal(await federation.fromInside(call, { over: "tcp" }), "200 at partner");
  assert.equal(await federation.fromInside(known), "200 at partner");
  assert.equal(await discoveries(), before + 1);
  assert.equal(await metric(federation.replica, "sip_federation_unwritten_domains"), 1);
  assert.equal(await federation.cluster.find("FederatedDomain", "unwritten.example"), undefined);
  await repair();
  await federation.cluster.appears("FederatedDomain", "unwritten.example");
});

test("it is not written if the federation was closed in between", async () => {
  await breakNetwork();
  const call = { to: "bob@unwelcome.example" };
  assert.equal(await federation.fromInside(call), "200 at partner");
  await federation.cluster.submit(closed(to(partner)));
  await repair();
  await federation.cluster.ready(closed(to(partner)));
  await federation.eventually("403", federation.inside, call);
  assert.equal(await metric(federation.replica, "sip_federation_unwritten_domains"), 0);
  assert.equal(await federation.cluster.find("FederatedDomain", "unwelcome.example"), undefined);
});

test("it is not written over what a person said of it in between", async () => {
  await breakNetwork();
  const calls = { refused: { to: "bob@a.refused.example" }, blocked: { to: "bob@blocked.example" } };
  assert.equal(await federation.fromInside(calls.refused), "200 at partner");
  assert.equal(await federation.fromInside(calls.blocked), "200 at partner");
  const said = [
    route("refused", "*.refused.example", { blockRoute: true }),
    domain("blocked.example", { policy: "Block" }),
  ];
  await federation.cluster.submit(...said);
  await repair();
  await federation.cluster.ready(...said);
  assert.equal(await federation.fromInside(calls.refused), "403");
  assert.equal(await federation.fromInside(calls.blocked), "403");
  const { spec, metadata } = await federation.cluster.get("FederatedDomain", "blocked.example");
  assert.deepEqual([spec.policy, spec.trust, metadata.labels], ["Block", "Full", undefined]);
  assert.equal(await federation.cluster.find("FederatedDomain", "a.refused.example"), undefined);
});

test("what was deleted, applied and edited meanwhile is in force when the network is back", async () => {
  const hub = await federation.party("hub");
  const before = [route("edited", "edited.example", to(partner)), domain("gone.example")];
  await federation.cluster.apply(...before);
  await breakNetwork();
  const after = [closed(to(partner)), route("edited", "edited.example", to(hub)), domain("new.example")];
  await federation.cluster.submit(...after);
  await federation.cluster.delete("FederatedDomain", "gone.example");
  assert.equal(await federation.fromInside({ to: "bob@gone.example" }), "200 at partner");
  await repair();
  await federation.cluster.ready(...after);
  await federation.eventually("403", federation.inside, { to: "bob@gone.example" });
  assert.equal(await federation.fromInside({ to: "bob@edited.example" }), "200 at hub");
  assert.equal(await federation.fromInside({ to: "bob@new.example" }), "200 at partner");
});

test("an operator that starts meanwhile leaves the router as it is, and takes over when the network is back", async () => {
  const { replica, cluster } = federation;
  await breakNetwork();
  await replica.operator.kill();
  await replica.operator.start();
  assert.equal(await readiness(replica), "200");
  assert.equal(await federation.fromInside(known), "200 at partner");
  assert.equal(await federation.fromInside({ to: "bob@early.example" }), "200 at partner");
  await repair();
  await cluster.appears("FederatedDomain", "early.example");
});

test("a router that restarts meanwhile gets the table that the operator knows", async () => {
  const { replica } = federation;
  const before = await metric(replica, "sip_router_programmings");
  await breakNetwork();
  await replica.router.kill();
  await replica.router.start();
  await waitFor(
    "the operator to program it",
    async () => (await metric(replica, "sip_router_programmings")) > before,
  );
  assert.equal(await federation.fromInside(known), "200 at partner");
  assert.equal(await federation.fromInside({ to: "bob@first.example" }), "200 at partner");
  await repair();
  await federation.cluster.appears("FederatedDomain", "first.example");
});
