/** The operator is killed, frozen, or stopped: the router goes on, and nothing is lost. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { metric } from "./support/admin.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Call, Party } from "./support/party.ts";
import { waitFor } from "../support/wait-for.ts";

let federation: Federation;
let partner: Party;
let hub: Party;

before(async () => {
  // a burst of new domains, and none of them over a limit
  federation = await Federation.start({ config: { discovery: { ratePerSecond: 0 } } });
  partner = await federation.party("partner");
  hub = await federation.party("hub");
});
after(() => federation.stop());
beforeEach(() => federation.cluster.apply(open(to(partner)), domain("known.example")));
afterEach(async () => {
  federation.replica.operator.resume();
  if (!federation.replica.operator.running) await federation.replica.operator.start();
});

/** A request that makes no domain known. */
function ping(name: string): Call {
  return { method: "OPTIONS", to: `bob@${name}` };
}

test("killed: known traffic flows, unknown domains go out uncached, and are reported when it is back", async () => {
  const { replica, cluster } = federation;
  await replica.operator.kill();
  assert.equal(await federation.fromInside({ to: "bob@known.example" }), "200 at partner");
  assert.equal(await federation.fromInside({ to: "bob@meanwhile.example" }), "200 at partner");
  assert.equal(
    await federation.fromInside({ to: "bob@meanwhile.example" }, { over: "tcp" }),
    "200 at partner",
  );
  assert.equal(await cluster.find("FederatedDomain", "meanwhile.example"), undefined);
  await replica.operator.start();
  await cluster.appears("FederatedDomain", "meanwhile.example");
});

test("what was reached while it was away is not known yet, so closing the federation stops it", async () => {
  const { replica, cluster } = federation;
  await replica.operator.kill();
  assert.equal(await federation.fromInside({ to: "bob@unwelcome.example" }), "200 at partner");
  await cluster.submit(closed(to(partner)));
  await replica.operator.start();
  await cluster.ready(closed(to(partner)));
  assert.equal(await federation.fromInside({ to: "bob@unwelcome.example" }), "403");
  assert.equal(await cluster.find("FederatedDomain", "unwelcome.example"), undefined);
});

test("what was deleted while it was away is gone when it is back", async () => {
  const { replica, cluster } = federation;
  await cluster.apply(closed(to(partner)), domain("gone.example"), route("gone", "*.gone.example", to(hub)));
  assert.equal(await federation.fromInside({ to: "bob@gone.example" }), "200 at partner");
  assert.equal(await federation.fromInside(ping("a.gone.example")), "200 at hub");
  await replica.operator.kill();
  await cluster.delete("FederatedDomain", "gone.example");
  await cluster.delete("StaticRoute", "gone");
  assert.equal(await federation.fromInside({ to: "bob@gone.example" }), "200 at partner");
  await replica.operator.start();
  await federation.eventually("403", federation.inside, { to: "bob@gone.example" });
  await federation.eventually("403", federation.inside, ping("a.gone.example"));
});

test("what was applied and edited while it was away is in force when it is back", async () => {
  const { replica, cluster } = federation;
  const before = [route("moved", "moved.example", to(partner)), domain("turned.example")];
  await cluster.apply(...before);
  await replica.operator.kill();
  const after = [
    route("moved", "moved.example", to(hub)),
    route("new", "new.example", to(hub)),
    domain("turned.example", { policy: "Block" }),
  ];
  await cluster.submit(...after);
  assert.equal(await federation.fromInside({ to: "bob@moved.example" }), "200 at partner");
  await replica.operator.start();
  await cluster.ready(...after);
  assert.equal(await federation.fromInside({ to: "bob@moved.example" }), "200 at hub");
  assert.equal(await federation.fromInside({ to: "bob@new.example" }), "200 at hub");
  assert.equal(await federation.fromInside({ to: "bob@turned.example" }), "403");
});

test("frozen in the middle of a discovery: the request is served all the same, and reported later", async () => {
  const { operator } = federation.replica;
  operator.pause();
  const held = ["held-1.example", "held-2.example"];
  const outcomes = await Promise.all(held.map((name) => federation.fromInside({ to: `bob@${name}` })));
  assert.deepEqual(outcomes, ["200 at partner", "200 at partner"]);
  assert.equal(await federation.fromInside({ to: "bob@known.example" }), "200 at partner");
  operator.resume();
  await federation.cluster.appear("FederatedDomain", held);
});

test("frozen for longer: nothing waits for it any more", async () => {
  const { operator } = federation.replica;
  operator.pause();
  // until the router takes it for dead, each of these is held
  await waitFor("a request that is not held", async () => {
    const start = performance.now();
    const unknown = `n${Math.round(start)}.frozen.example`;
    assert.equal(await federation.fromInside({ to: `bob@${unknown}` }), "200 at partner");
    return performance.now() - start < 1_000;
  });
  assert.equal(await federation.fromInside({ to: "bob@known.example" }), "200 at partner");
  operator.resume();
});

test("SIGTERM: exit code 0, and everything that was learned is written", async () => {
  const { replica, cluster } = federation;
  const learned = (): Promise<number> => metric(replica, "sip_federation_learned_total");
  const before = await learned();
  const names = Array.from({ length: 150 }, (_, n) => `n${n}.burst.example`);
  const outcomes = await Promise.all(names.map((name) => federation.fromInside({ to: `bob@${name}` })));
  assert.deepEqual(new Set(outcomes), new Set(["200 at partner"]));
  await waitFor("the operator to hear of all", async () => (await learned()) === before + names.length);
  await replica.operator.stop();
  assert.deepEqual(await replica.operator.exited, { code: 0, signal: null });
  const written = (await cluster.names("FederatedDomain")).filter((name) => name.endsWith(".burst.example"));
  assert.deepEqual(written, names.toSorted());
});

test("SIGTERM in the middle of a burst: what it had not heard of is reported to the next one", async () => {
  const { replica, cluster } = federation;
  const names = Array.from({ length: 100 }, (_, n) => `n${n}.middle.example`);
  const answers = names.map((name) => federation.fromInside({ to: `bob@${name}` }));
  await answers[30];
  await replica.operator.stop();
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(["200 at partner"]));
  await replica.operator.start();
  await cluster.appear("FederatedDomain", names);
});
