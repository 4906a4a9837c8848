/** The predefined route: there from the start, blocked, and never in a person's way. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { applyServerSide, manifest } from "../support/crd-objects.ts";
import { waitFor } from "../support/wait-for.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;

before(async () => {
  federation = await Federation.start();
  partner = await federation.party("partner");
});
after(() => federation.stop());

/** Brings the namespace back to where an installation begins. */
async function startAnew(): Promise<void> {
  await federation.cluster.clear("StaticRoute");
  await federation.cluster.predefinedRoute();
}

/** When it is Ready, the operator has seen and done everything that was asked for before. */
async function lookAtEverything(name: string): Promise<void> {
  await federation.cluster.apply(route(name, `${name}.example`, to(partner)));
}

test("it is created blocked, with its pattern and nothing else", async () => {
  const { spec, metadata, ...object } = await federation.cluster.get("StaticRoute", "default");
  assert.equal(spec.destinationPattern, ".*");
  assert.equal(spec.blockRoute, undefined);
  assert.equal(spec.nextHop, undefined);
  assert.equal(conditionOf({ spec, metadata, ...object }, "Ready"), "True Blocked");
  assert.equal(await federation.fromInside({ to: "bob@unknown.example" }), "403");
  const listed = await federation.cluster.kubectl("get", "sroute", "default", "-o", "wide");
  assert.match(listed, /Blocked and without next hop, it serves nobody/);
});

test("the operator owns its pattern alone, so that others own the rest", async () => {
  const fields = "{.metadata.managedFields[?(@.manager=='sip-federation-default-route')].fieldsV1}";
  const show = ["--show-managed-fields", "-o", `jsonpath=${fields}`];
  const owned = await federation.cluster.kubectl("get", "sroute", "default", ...show);
  assert.deepEqual(JSON.parse(owned), { "f:spec": { "f:destinationPattern": {} } });
});

test("deleted, it comes back, blocked", async () => {
  await federation.cluster.apply(open(to(partner)));
  const { metadata } = await federation.cluster.get("StaticRoute", "default");
  await federation.cluster.delete("StaticRoute", "default");
  await federation.cluster.predefinedRoute();
  const back = await federation.cluster.get("StaticRoute", "default");
  assert.notEqual(back.metadata.uid, metadata.uid);
  assert.equal(back.spec.nextHop, undefined);
  assert.equal(await federation.fromInside({ to: "bob@unknown.example" }), "403");
});

test("that it was created, opened and closed are Events, each when it happened", async () => {
  await startAnew();
  const { cluster, replica } = federation;
  const { metadata } = await cluster.get("StaticRoute", "default");
  const told = async (): Promise<string[]> =>
    (await cluster.events("StaticRoute", "default"))
      .filter(({ regarding }) => regarding.uid === metadata.uid)
      .map(({ type, reason }) => `${type} ${reason}`)
      .sort();
  const tells = (...reasons: string[]): Promise<unknown> =>
    waitFor(
      `Events: ${reasons.join(", ")}`,
      async () => (await told()).join() === reasons.map((reason) => `Normal ${reason}`).join(),
      { interval: 200 },
    );
  await tells("PredefinedRouteCreated");
  await cluster.apply(open(to(partner)));
  await tells("FederationOpened", "PredefinedRouteCreated");
  await cluster.apply(closed(to(partner)));
  await tells("FederationClosed", "FederationOpened", "PredefinedRouteCreated");
  const before = await cluster.events("StaticRoute", "default");
  await replica.operator.stop();
  await replica.operator.start();
  await lookAtEverything("events-after-restart");
  assert.deepEqual(await cluster.events("StaticRoute", "default"), before, "a restart is no news");
});

test("GitOps adopts it by server-side apply, without a conflict", async () => {
  await startAnew();
  const { api, namespace } = federation.environment;
  const spec = { destinationPattern: ".*", ...to(partner), blockRoute: false };
  const wanted = manifest("StaticRoute", "default", { spec });
  await applyServerSide(api, namespace, wanted, { manager: "argocd-controller" });
  await federation.cluster.predefinedRoute();
  assert.equal(await federation.fromInside({ to: "bob@adopted.example" }), "200 at partner");
});

test("what a person wrote into it is never touched, not even over a restart of the operator", async () => {
  await federation.cluster.apply(
    route("default", ".*", { ...to(partner), blockRoute: false, priority: 7, description: "mine" }),
  );
  const { metadata, spec } = await federation.cluster.get("StaticRoute", "default");
  await federation.replica.operator.kill();
  await federation.replica.operator.start();
  await lookAtEverything("after-restart");
  const later = await federation.cluster.get("StaticRoute", "default");
  assert.deepEqual(later.spec, spec);
  assert.equal(later.metadata.generation, metadata.generation);
  assert.equal(await federation.fromInside({ to: "bob@untouched.example" }), "200 at partner");
});

test("a default route of another name is enough", async () => {
  await federation.cluster.apply(route("mine", ".*", { ...to(partner), blockRoute: false }));
  await federation.cluster.delete("StaticRoute", "default");
  await lookAtEverything("meanwhile");
  assert.equal(await federation.cluster.find("StaticRoute", "default"), undefined);
  assert.equal(await federation.fromInside({ to: "bob@mine.example" }), "200 at partner");
  await federation.cluster.delete("StaticRoute", "mine");
  await federation.cluster.predefinedRoute();
  assert.equal(await federation.fromInside({ to: "bob@unknown.example" }), "403");
});

test("it comes back too when the last default route is given another pattern", async () => {
  await federation.cluster.apply(route("mine", ".*", { ...to(partner), blockRoute: false }));
  await federation.cluster.delete("StaticRoute", "default");
  await federation.cluster.apply(route("mine", "mine.example", to(partner)));
  await federation.cluster.predefinedRoute();
  assert.equal(await federation.fromInside({ to: "bob@unknown.example" }), "403");
});

test("missing when the operator starts, it is created blocked", async () => {
  await federation.replica.operator.stop();
  await federation.cluster.clear("StaticRoute");
  await federation.replica.operator.start();
  await federation.cluster.predefinedRoute();
  const { spec } = await federation.cluster.get("StaticRoute", "default");
  assert.equal(spec.nextHop, undefined);
});

test("no other pattern may have its name", async () => {
  await assert.rejects(
    federation.cluster.submit(route("default", "partner.example", to(partner))),
    /spec.destinationPattern must be '\.\*' on the route named default/,
  );
});
