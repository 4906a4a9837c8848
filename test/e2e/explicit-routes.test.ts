/** Explicit routes: applied, edited, blocked, deleted; several of one pattern. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;
let first: Party;
let second: Party;

before(async () => {
  federation = await Federation.start();
  partner = await federation.party("partner");
  first = await federation.party("first");
  second = await federation.party("second");
  await federation.cluster.apply(open(to(partner)));
});
after(() => federation.stop());

test("a route is in force when it is Ready, and so is each edit of it", async () => {
  const call = { to: "bob@edited.example" };
  const { cluster } = federation;
  await cluster.apply(domain("edited.example"));
  assert.equal(await federation.fromInside(call), "200 at partner");
  await cluster.apply(route("edited", "edited.example", to(first)));
  assert.equal(await federation.fromInside(call), "200 at first");
  await cluster.apply(route("edited", "edited.example", to(second, "UDP")));
  assert.equal(await federation.fromInside(call), "200 at second");
  assert.equal(second.received(callIdOf(second))?.transport, "udp");
  await cluster.apply(route("edited", "*.edited.example", to(second)));
  assert.equal(await federation.fromInside(call), "200 at partner");
  assert.equal(await federation.fromInside({ to: "bob@below.edited.example" }), "200 at second");
  await cluster.apply(route("edited", ".example.edited.*", { ...to(first), service: "Disabled" }));
  assert.equal(await federation.fromInside(call), "200 at partner");
});

test("a deleted route leaves its domains to the less specific one", async () => {
  const call = { to: "bob@a.left.example" };
  await federation.cluster.apply(
    route("left-exact", "a.left.example", to(first)),
    route("left-group", "*.left.example", to(second)),
    domain("a.left.example"),
  );
  assert.equal(await federation.fromInside(call), "200 at first");
  await federation.cluster.delete("StaticRoute", "left-exact");
  await federation.eventually("200 at second", federation.inside, call);
  await federation.cluster.delete("StaticRoute", "left-group");
  await federation.eventually("200 at partner", federation.inside, call);
});

test("a blocked route refuses its domains in both directions, known ones too, while open", async () => {
  const platform = await federation.party("platform");
  await federation.cluster.apply(
    route("local", "example.com", to(platform)),
    route("refused", ".example.refused.*", { blockRoute: true }),
    domain("known.refused.example"),
  );
  for (const name of ["refused.example", "known.refused.example", "new.refused.example"]) {
    assert.equal(await federation.fromInside({ to: `bob@${name}` }), "403", name);
    assert.equal(await federation.fromOutside({ from: `bob@${name}`, to: "carol@example.com" }), "403", name);
  }
  const object = await federation.cluster.get("FederatedDomain", "known.refused.example");
  assert.equal(conditionOf(object, "Routed"), "False Blocked");
  await federation.cluster.delete("StaticRoute", "refused");
  await federation.eventually("200 at partner", federation.inside, { to: "bob@known.refused.example" });
});

test("a more specific route is an exception from a blocked one", async () => {
  await federation.cluster.apply(
    route("shut", "*.shut.example", { blockRoute: true }),
    route("exception", "ok.shut.example", to(first)),
  );
  assert.equal(await federation.fromInside({ to: "bob@other.shut.example" }), "403");
  assert.equal(await federation.fromInside({ to: "bob@ok.shut.example" }), "200 at first");
});

test("a route for users serves the inside whatever the domain, and what it reaches is not remembered", async () => {
  const { cluster } = federation;
  await cluster.apply(
    route("numbers", "+4930....", { ...to(first), routeType: "User" }),
    route("premium", "+490190*", { routeType: "User", blockRoute: true }),
  );
  assert.equal(await federation.fromInside({ to: "tel:+49-30-1234" }), "200 at first");
  assert.equal(await federation.fromInside({ to: "tel:+49-30-123" }), "404");
  assert.equal(await federation.fromInside({ to: "+49301234@number.example" }), "200 at first");
  assert.equal(await federation.fromInside({ to: "+49301234@example.com" }), "200 at first");
  assert.equal(await federation.fromInside({ to: "+4901901@number.example" }), "403");
  const { status } = await cluster.get("StaticRoute", "numbers");
  assert.equal(status.effectivePort, first.port);
  assert.equal(await federation.fromInside({ to: "+4930@number.example" }), "200 at partner");
  await cluster.appears("FederatedDomain", "number.example");
  await cluster.delete("StaticRoute", "numbers");
  await federation.eventually("404", federation.inside, { to: "tel:+49-30-1234" });
});

test("the next priority serves where the first answers 503", async () => {
  const overloaded = await federation.party("overloaded");
  overloaded.answers(503);
  await federation.cluster.apply(
    route("primary", "spare.example", { ...to(overloaded), priority: 1 }),
    route("spare", "spare.example", { ...to(second), priority: 2 }),
  );
  assert.equal(await federation.fromInside({ to: "bob@spare.example" }), "200 at second, overloaded");
});

test("a call moves on from a next hop that says nothing", async () => {
  const silent = await federation.party("silent");
  silent.answers(() => undefined);
  await federation.cluster.apply(
    route("mute", "mute.example", { ...to(silent, "UDP"), priority: 1 }),
    route("talking", "mute.example", { ...to(second), priority: 2 }),
  );
  const call = { method: "INVITE", to: "bob@mute.example" };
  assert.equal(await federation.fromInside(call), "200 at second, silent");
});

test("an answer other than 503 is the answer", async () => {
  const busy = await federation.party("busy");
  busy.answers(486);
  await federation.cluster.apply(
    route("busy", "busy.example", { ...to(busy), priority: 1 }),
    route("idle", "busy.example", { ...to(second), priority: 2 }),
  );
  assert.equal(await federation.fromInside({ method: "INVITE", to: "bob@busy.example" }), "486 at busy");
});

test("routes of one priority share the requests by weight", async () => {
  await federation.cluster.apply(
    route("heavy", "shared.example", { ...to(first), weight: 4 }),
    route("light", "shared.example", { ...to(second), weight: 1 }),
  );
  const calls = Array.from({ length: 200 }, () => federation.fromInside({ to: "bob@shared.example" }));
  const outcomes = await Promise.all(calls);
  const heavy = outcomes.filter((outcome) => outcome === "200 at first").length;
  const light = outcomes.filter((outcome) => outcome === "200 at second").length;
  assert.equal(heavy + light, 200);
  // 40 expected; beyond five standard deviations of a fair draw something else is drawn
  assert.ok(light > 11 && light < 69, `${light} of 200 at a fifth of the weight`);
});

function callIdOf(party: Party): string {
  const last = party.agent.received.findLast(({ method }) => method !== "OPTIONS"); // which are probes
  return last?.headers.find(([name]) => name === "Call-ID")?.[1] ?? "";
}
