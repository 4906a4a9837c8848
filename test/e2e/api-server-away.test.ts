/** The API server stops and comes back at the same place; its etcd stands still. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { installCrds, startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { explain, metric, readiness } from "./support/admin.ts";
import { waitFor } from "../support/wait-for.ts";
import { Federation } from "./support/federation.ts";
import { domain, open, to } from "./support/objects.ts";
import type { Call, Party } from "./support/party.ts";

let controlPlane: ControlPlane;
let federation: Federation;
let partner: Party;

before(async () => {
  controlPlane = await startControlPlane();
  await installCrds(controlPlane);
  federation = await Federation.start({ api: controlPlane });
  partner = await federation.party("partner");
});
after(async () => {
  await federation.stop();
  await controlPlane.stop();
});
beforeEach(() => federation.cluster.apply(open(to(partner)), domain("known.example")));

const known: Call = { to: "bob@known.example" };
const learned = (): Promise<number> => metric(federation.replica, "sip_federation_learned_total");

for (const [how, leave, comeBack] of [
  ["stopped", () => controlPlane.apiServer.stop(), () => controlPlane.apiServer.start()],
  ["killed", () => controlPlane.apiServer.kill(), () => controlPlane.apiServer.start()],
] as const) {
  test(`${how} and started again: traffic flows, and what was learned is written`, async () => {
    const names = Array.from({ length: 20 }, (_, n) => `n${n}.${how}.example`);
    await leave();
    assert.equal(await federation.fromInside(known), "200 at partner");
    const outcomes = await Promise.all(names.map((name) => federation.fromInside({ to: `bob@${name}` })));
    assert.deepEqual(new Set(outcomes), new Set(["200 at partner"]));
    assert.equal(await readiness(federation.replica), "200");
    await comeBack();
    await federation.cluster.appear("FederatedDomain", names);
  });
}

test("an operator that starts before its API server serves as soon as that is there", async () => {
  const { replica, cluster } = federation;
  await replica.operator.stop();
  await controlPlane.apiServer.stop();
  await replica.operator.start();
  assert.equal(await federation.fromInside(known), "200 at partner");
  await controlPlane.apiServer.start();
  await cluster.apply(domain("new.example", { policy: "Block" }));
  assert.equal(await federation.fromInside({ to: "bob@new.example" }), "403");
});

test("etcd stands still: traffic flows, and what was learned is written when it moves on", async () => {
  controlPlane.etcd.pause();
  const outcome = await federation.fromInside({ to: "bob@still.example" });
  const again = await federation.fromInside({ to: "bob@still.example" }, { over: "tcp" });
  const other = await federation.fromInside(known);
  const { row, caching } = await explain(federation.replica, { uri: "sip:bob@still.example" });
  controlPlane.etcd.resume();
  assert.equal(row, 3, "known to the router, and so to its operator");
  assert.match(caching.because, /^still\.example has answered/);
  assert.deepEqual(
    [outcome, again, other],
    Array.from({ length: 3 }, () => "200 at partner"),
  );
  await federation.cluster.appears("FederatedDomain", "still.example");
});

test("SIGTERM while etcd stands still: what was learned is written before the operator ends", async () => {
  const { operator } = federation.replica;
  const names = Array.from({ length: 20 }, (_, n) => `n${n}.last.example`);
  const before = await learned();
  controlPlane.etcd.pause();
  await Promise.all(names.map((name) => federation.fromInside({ to: `bob@${name}` })));
  await waitFor("the operator to hear of all", async () => (await learned()) === before + names.length);
  const stopping = operator.stop();
  await waitFor("it to stop", () => operator.log().includes("stopping"));
  controlPlane.etcd.resume();
  await stopping;
  assert.deepEqual(await operator.exited, { code: 0, signal: null });
  const written = (await federation.cluster.names("FederatedDomain")).filter((name) =>
    name.endsWith("last.example"),
  );
  assert.deepEqual(written, names.toSorted());
});
