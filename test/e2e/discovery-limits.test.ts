/** More domains are new than the limits on discovery let in. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitFor } from "../support/wait-for.ts";
import { fullConditionOf, type KubernetesEvent } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { open, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;

before(async () => {
  const discovery = { burst: 3, ratePerSecond: 0.001, maxLimitedDomains: 2 };
  federation = await Federation.start({ config: { discovery } });
  partner = await federation.party("partner");
  await federation.cluster.apply(open(to(partner)));
});
after(() => federation.stop());

async function eventOf(reason: string): Promise<KubernetesEvent> {
  return waitFor(`the Event ${reason}`, async () =>
    (await federation.cluster.events("StaticRoute", "default")).find((event) => event.reason === reason),
  );
}

/** The log lines of the operator about a setting. */
function lines(setting: string): string[] {
  return federation.replica.operator
    .log()
    .split("\n")
    .filter((line) => line.includes(`"setting":"${setting}"`));
}

test("the list is full: served, not remembered, and the default route and the log say why", async () => {
  const { cluster } = federation;
  for (const name of ["a.limits.example", "b.limits.example"]) {
    assert.equal(await federation.fromInside({ to: `bob@${name}` }), "200 at partner");
    await cluster.appears("FederatedDomain", name);
  }
  for (const name of ["c.limits.example", "d.limits.example"])
    assert.equal(await federation.fromInside({ to: `bob@${name}` }), "200 at partner");
  const { type, note } = await eventOf("TooManyLimitedDomains");
  assert.equal(type, "Warning");
  assert.match(note, /2 domains or more .* raise discovery\.maxLimitedDomains/);
  await cluster.kubectl("wait", "sroute/default", "--for=condition=Throttled", "--timeout=30s");
  const throttled = fullConditionOf(await cluster.get("StaticRoute", "default"), "Throttled");
  assert.deepEqual([throttled?.reason, throttled?.message], ["TooManyLimitedDomains", note]);
  assert.equal(lines("discovery.maxLimitedDomains").length, 1);
  assert.deepEqual(await cluster.names("FederatedDomain"), ["a.limits.example", "b.limits.example"]);
});

test("too many at once: the same, with the other setting", async () => {
  const { cluster } = federation;
  await cluster.clear("FederatedDomain");
  await waitFor("the last of the burst", async () => {
    assert.equal(await federation.fromInside({ to: "bob@e.limits.example" }), "200 at partner");
    return cluster.find("FederatedDomain", "e.limits.example");
  });
  assert.equal(await federation.fromInside({ to: "bob@f.limits.example" }), "200 at partner");
  const { type, note } = await eventOf("DiscoveryRateLimited");
  assert.equal(type, "Warning");
  assert.match(note, /after 3 at once: .* raise discovery\.ratePerSecond or discovery\.burst/);
  assert.equal(lines("discovery.ratePerSecond").length, 1);
  assert.deepEqual(await cluster.names("FederatedDomain"), ["e.limits.example"]);
});
