/** The story of open federation: a domain is reached, known, listed, forgotten, blocked. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ORIGIN_DISCOVERED, ORIGIN_LABEL } from "../../src/api/names.ts";
import { waitFor } from "../support/wait-for.ts";
import { metric } from "./support/admin.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;
let platform: Party;

before(async () => {
  federation = await Federation.start();
  partner = await federation.party("partner");
  platform = await federation.party("platform");
  await federation.cluster.apply(route("local", "example.com", to(platform, "UDP")));
});
after(() => federation.stop());
beforeEach(() => federation.cluster.apply(open(to(partner))));

const discoveries = (): Promise<number> => metric(federation.replica, "sip_federation_discoveries_total");

test("an unknown domain is reached, and listed with conditions", async () => {
  assert.equal(await federation.fromInside({ to: "bob@new.example" }), "200 at partner");
  await federation.cluster.appears("FederatedDomain", "new.example");
  await federation.cluster.ready(domain("new.example"));
  const object = await federation.cluster.get("FederatedDomain", "new.example");
  assert.deepEqual(object.spec, { policy: "Allow", protocol: "SIP", trust: "Limited" });
  assert.equal(object.metadata.labels?.[ORIGIN_LABEL], ORIGIN_DISCOVERED);
  assert.equal(object.status.observedGeneration, object.metadata.generation);
  assert.equal(conditionOf(object, "Accepted"), "True Accepted");
  assert.equal(conditionOf(object, "Programmed"), "True Programmed");
  assert.equal(conditionOf(object, "Routed"), "True DefaultRoute");
  assert.equal(conditionOf(object, "Ready"), "True Ready");
  for (const { observedGeneration } of object.status.conditions) {
    assert.equal(observedGeneration, object.metadata.generation);
  }
  const listed = await federation.cluster.kubectl("get", "federateddomains");
  assert.match(listed, /^NAME +PROTOCOL +POLICY +TRUST +ROUTED +READY +AGE$/m);
  assert.match(listed, /^new\.example +SIP +Allow +Limited +DefaultRoute +True +\d+s$/m);
});

test("its discovery is an Event", async () => {
  await federation.fromInside({ to: "bob@noticed.example" });
  const events = await waitFor("the Event", async () => {
    const found = await federation.cluster.events("FederatedDomain", "noticed.example");
    return found.length > 0 && found;
  });
  assert.deepEqual(
    events.map(({ type, reason }) => `${type} ${reason}`),
    ["Normal Discovered"],
  );
});

test("known from then on, it is not discovered again", async () => {
  await federation.fromInside({ to: "bob@once.example" });
  await federation.cluster.appears("FederatedDomain", "once.example");
  const before = await discoveries();
  assert.equal(await federation.fromInside({ to: "bob@once.example" }), "200 at partner");
  assert.equal(await federation.fromInside({ to: "bob@ONCE.example" }, { over: "tcp" }), "200 at partner");
  assert.equal(await discoveries(), before);
});

test("many requests for one unknown domain ask once, and all go through", async () => {
  const before = await discoveries();
  const calls = Array.from({ length: 30 }, (_, n) => ({ to: `user${n}@crowd.example` }));
  const outcomes = await Promise.all(calls.map((call) => federation.fromInside(call)));
  assert.deepEqual(new Set(outcomes), new Set(["200 at partner"]));
  await federation.cluster.appears("FederatedDomain", "crowd.example");
  assert.equal((await discoveries()) - before, 1);
});

test("deleted while open, it is forgotten and discovered anew", async () => {
  await federation.fromInside({ to: "bob@again.example" });
  const first = await federation.cluster.appears("FederatedDomain", "again.example");
  await federation.cluster.delete("FederatedDomain", "again.example");
  const second = await waitFor("the domain to be discovered anew", async () => {
    assert.equal(await federation.fromInside({ to: "bob@again.example" }), "200 at partner");
    return federation.cluster.find("FederatedDomain", "again.example");
  });
  assert.notEqual(second.metadata.uid, first.metadata.uid);
});

test("deleted while closed, its traffic stops", async () => {
  await federation.fromInside({ to: "bob@stopped.example" });
  await federation.cluster.appears("FederatedDomain", "stopped.example");
  await federation.cluster.apply(closed(to(partner)));
  assert.equal(await federation.fromInside({ to: "bob@stopped.example" }), "200 at partner");
  await federation.cluster.delete("FederatedDomain", "stopped.example");
  await federation.eventually("403", federation.inside, { to: "bob@stopped.example" });
  assert.equal(await federation.fromOutside({ from: "bob@stopped.example", to: "carol@example.com" }), "403");
});

test("deleted while closed, but matched by an explicit route, it is cached again", async () => {
  await federation.cluster.apply(closed(to(partner)), route("kept", "*.kept.example", to(partner)));
  await federation.fromInside({ to: "bob@a.kept.example" });
  const first = await federation.cluster.appears("FederatedDomain", "a.kept.example");
  await federation.cluster.delete("FederatedDomain", "a.kept.example");
  const second = await waitFor("the domain to be cached again", async () => {
    assert.equal(await federation.fromInside({ to: "bob@a.kept.example" }), "200 at partner");
    return federation.cluster.find("FederatedDomain", "a.kept.example");
  });
  assert.notEqual(second.metadata.uid, first.metadata.uid);
});

test("policy Block refuses both directions, also while open; Allow lets them through again", async () => {
  const outbound = { to: "bob@blocked.example" };
  const inbound = { from: "bob@blocked.example", to: "carol@example.com" };
  await federation.fromInside(outbound);
  await federation.cluster.appears("FederatedDomain", "blocked.example");
  await federation.cluster.apply(domain("blocked.example", { policy: "Block" }));
  assert.equal(await federation.fromInside(outbound), "403");
  assert.equal(await federation.fromInside({ ...outbound, method: "INVITE" }, { over: "tcp" }), "403");
  assert.equal(await federation.fromOutside(inbound), "403");
  const object = await federation.cluster.get("FederatedDomain", "blocked.example");
  assert.equal(conditionOf(object, "Routed"), "False Blocked");
  assert.equal(conditionOf(object, "Ready"), "True Ready");
  await federation.cluster.apply(domain("blocked.example", { policy: "Allow" }));
  assert.equal(await federation.fromInside(outbound), "200 at partner");
  assert.equal(await federation.fromOutside(inbound), "200 at platform");
});

test("a blocked domain of a person is refused without ever being reached", async () => {
  await federation.cluster.apply(domain("never.example", { policy: "Block" }));
  assert.equal(await federation.fromInside({ to: "bob@never.example" }), "403");
  const object = await federation.cluster.get("FederatedDomain", "never.example");
  assert.equal(object.metadata.labels, undefined);
});

test("blocking the default route stops new domains at once; known ones keep working", async () => {
  await federation.fromInside({ to: "bob@known.example" });
  await federation.cluster.appears("FederatedDomain", "known.example");
  await federation.cluster.apply(closed(to(partner)));
  assert.equal(await federation.fromInside({ to: "bob@too-late.example" }), "403");
  assert.equal(
    await federation.fromOutside({ from: "bob@too-late.example", to: "carol@example.com" }),
    "403",
  );
  assert.equal(await federation.fromInside({ to: "bob@known.example" }), "200 at partner");
  assert.equal(
    await federation.fromOutside({ from: "bob@known.example", to: "carol@example.com" }),
    "200 at platform",
  );
  const defaultRoute = await federation.cluster.get("StaticRoute", "default");
  assert.equal(conditionOf(defaultRoute, "Ready"), "True Blocked");
});

test("disabling the default route takes it out for everybody", async () => {
  await federation.cluster.apply(domain("served.example"));
  assert.equal(await federation.fromInside({ to: "bob@served.example" }), "200 at partner");
  await federation.cluster.apply(route("default", ".*", { ...to(partner), service: "Disabled" }));
  assert.equal(await federation.fromInside({ to: "bob@served.example" }), "500");
  assert.equal(await federation.fromInside({ to: "bob@unserved.example" }), "403");
  const defaultRoute = await federation.cluster.get("StaticRoute", "default");
  assert.equal(conditionOf(defaultRoute, "Ready"), "True Disabled");
});

test("a domain that a person adopts stays adopted", async () => {
  await federation.fromInside({ to: "bob@adopted.example" });
  await federation.cluster.appears("FederatedDomain", "adopted.example");
  await federation.cluster.apply(domain("adopted.example", { trust: "Full", description: "Ours." }));
  assert.equal(await federation.fromInside({ to: "bob@adopted.example" }), "200 at partner");
  const { spec, metadata } = await federation.cluster.get("FederatedDomain", "adopted.example");
  assert.deepEqual(spec, { description: "Ours.", policy: "Allow", protocol: "SIP", trust: "Full" });
  assert.equal(metadata.labels?.[ORIGIN_LABEL], ORIGIN_DISCOVERED);
});
