/** The router is killed or emptied: it comes back with its table, by itself and by its operator. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { RpcClient } from "../../src/router/rpc-client.ts";
import { waitFor } from "../support/wait-for.ts";
import { metric, readiness } from "./support/admin.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Call, Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;
let hub: Party;

before(async () => {
  federation = await Federation.start();
  partner = await federation.party("partner");
  hub = await federation.party("hub");
});
after(() => federation.stop());
beforeEach(() => federation.cluster.apply(closed(to(partner)), domain("known.example")));

const known: Call = { to: "bob@known.example" };
const unknown: Call = { to: "bob@unknown.example" };

/** How often the operator has filled a router from scratch. */
const programmings = (): Promise<number> => metric(federation.replica, "sip_router_programmings");

test("killed, it starts from its snapshot and is ready without an operator", async () => {
  const { replica, cluster } = federation;
  await cluster.apply(
    route("snapshot", "*.snapshot.example", to(hub)),
    domain("blocked.example", { policy: "Block" }),
  );
  await waitFor("the snapshot", () => readFileSync(replica.snapshot, "utf8").includes("blocked.example"));
  await replica.operator.kill();
  await replica.router.kill();
  await replica.router.start();
  const health = await fetch(`http://${replica.address}:8060/readyz`);
  assert.equal(health.status, 200, await health.text());
  assert.equal(await federation.fromInside(known), "200 at partner");
  assert.equal(await federation.fromInside({ to: "bob@blocked.example" }), "403");
  assert.equal(await federation.fromInside(unknown), "403");
  assert.equal(await federation.fromInside({ to: "bob@a.snapshot.example" }), "200 at hub");
  await replica.operator.start();
  await cluster.appears("FederatedDomain", "a.snapshot.example");
});

test("away, the operator says where it is missed, once, and when it is back", async () => {
  const { replica } = federation;
  const { host, port } = replica.control;
  await replica.router.kill();
  assert.equal(await readiness(replica), `503 the router does not answer at ${host}:${port}`);
  const lines = (text: string): number => replica.operator.log().split(`"msg":"${text}`).length - 1;
  const before = lines("the router answers");
  await waitFor("a word of it", () => lines("the router does not answer") === 1, { timeout: 20_000 });
  await replica.router.start();
  await waitFor("a word of its return", () => lines("the router answers") === before + 1);
  assert.equal(lines("the router does not answer"), 1);
  await waitFor("the table to be back", async () => (await readiness(replica)) === "200");
});

test("killed, it is programmed anew, with what changed meanwhile", async () => {
  const { replica, cluster } = federation;
  const before = await programmings();
  await replica.router.kill();
  await cluster.submit(domain("late.example"), route("late", "*.late.example", to(hub)));
  await cluster.delete("FederatedDomain", "known.example");
  await replica.router.start();
  await federation.eventually("200 at partner", federation.inside, { to: "bob@late.example" });
  await federation.eventually("200 at hub", federation.inside, { to: "bob@a.late.example" });
  await federation.eventually("403", federation.inside, known);
  assert.equal(await programmings(), before + 1);
});

test("emptied, it is noticed and filled again", async () => {
  const { replica } = federation;
  const before = await programmings();
  const rpc = new RpcClient(replica.rpc);
  assert.deepEqual(await rpc.call("htable.flush", ["t"]).then(({ ok }) => ok), true);
  rpc.close();
  await waitFor("the operator to fill it", async () => (await programmings()) > before);
  assert.equal(await readiness(replica), "200");
  assert.equal(await federation.fromInside(known), "200 at partner");
  assert.equal(await federation.fromInside(unknown), "403");
});

test("empty, it is not ready, and refuses to guess", async () => {
  const { replica } = federation;
  replica.operator.pause();
  const rpc = new RpcClient(replica.rpc);
  assert.ok((await rpc.call("htable.flush", ["t"])).ok);
  const health = await fetch(`http://${replica.address}:8060/readyz`);
  assert.equal(health.status, 503);
  assert.equal(await federation.fromInside({ to: "bob@never-reached.example" }), "503");
  rpc.close();
  replica.operator.resume();
  await waitFor("the table to be back", async () => (await readiness(replica)) === "200");
  assert.equal(await federation.fromInside(known), "200 at partner");
});

test("what it had learned a moment before it was killed is written all the same", async () => {
  const { replica, cluster } = federation;
  await cluster.apply(open(to(partner)));
  const names = Array.from({ length: 20 }, (_, n) => `n${n}.moment.example`);
  const learned = await metric(replica, "sip_federation_learned_total");
  await Promise.all(names.map((name) => federation.fromInside({ to: `bob@${name}` })));
  await waitFor(
    "the operator to hear of all",
    async () => (await metric(replica, "sip_federation_learned_total")) === learned + names.length,
  );
  await replica.router.kill();
  await cluster.appear("FederatedDomain", names);
  await replica.router.start();
  await cluster.apply(closed(to(partner)));
  assert.equal(await federation.fromInside({ to: "bob@n0.moment.example" }), "200 at partner");
});

test("a damaged snapshot does not keep it from starting", async () => {
  const { replica } = federation;
  await replica.router.kill();
  writeFileSync(replica.snapshot, readFileSync(replica.snapshot, "utf8").slice(0, -7));
  await replica.router.start();
  await federation.eventually("200 at partner", federation.inside, known);
});
