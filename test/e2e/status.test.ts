/** Conditions as a person, GitOps or another controller reads them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { applyServerSide, manifest, patchStatus } from "../support/crd-objects.ts";
import { waitFor } from "../support/wait-for.ts";
import { metric } from "./support/admin.ts";
import { conditionOf, fullConditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;

before(async () => {
  federation = await Federation.start();
  partner = await federation.party("partner");
  await federation.cluster.apply(open(to(partner)));
});
after(() => federation.stop());

/** Every status has been looked at since the operator became the leader. */
async function allLookedAt(): Promise<void> {
  const { replica } = federation;
  await waitFor(
    "the operator to lead",
    async () => (await metric(replica, "leader_election_master_status")) === 1,
    {
      timeout: 60_000,
    },
  );
  await waitFor(
    "all statuses to be looked at",
    async () => (await metric(replica, "workqueue_depth", { name: "status" })) === 0,
  );
}

/** Times of conditions are in seconds: what happens after this has another one. */
async function nextSecond(): Promise<void> {
  const now = (): number => Math.floor(Date.now() / 1000);
  const start = now();
  await waitFor("the next second", () => now() > start);
}

async function versions(): Promise<string> {
  return federation.cluster.kubectl(
    ...["get", "sroute,fd", "-o"],
    "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}",
  );
}

test("an object that the operator has not seen yet is Ready=Unknown", async () => {
  await federation.replica.operator.kill();
  await federation.cluster.submit(route("unseen", "unseen.example", to(partner)), domain("unseen.example"));
  const seen = [
    await federation.cluster.get("StaticRoute", "unseen"),
    await federation.cluster.get("FederatedDomain", "unseen.example"),
  ];
  for (const object of seen) {
    assert.equal(conditionOf(object, "Ready"), "Unknown Pending");
    assert.equal(object.status.observedGeneration, undefined);
  }
  await federation.replica.operator.start();
  await federation.cluster.ready(route("unseen", "unseen.example"), domain("unseen.example"));
});

test("an equal status is not written again, not even over a restart of the operator", async () => {
  await federation.cluster.apply(
    route("steady", "steady.example", to(partner)),
    route("steady-blocked", "steady-blocked.example", { blockRoute: true }),
    domain("steady.example"),
    domain("steady-blocked.example"),
  );
  await federation.cluster.submit(route("steady-loop", "loop.test", { nextHop: federation.replica.address }));
  await federation.cluster.kubectl("wait", "sroute/steady-loop", "--for=condition=Stalled", "--timeout=30s");
  await allLookedAt();
  const before = await versions();
  assert.match(before, /StaticRoute\/steady \d+/);
  await federation.replica.operator.kill();
  await federation.replica.operator.start();
  await allLookedAt();
  assert.equal(await versions(), before);
});

test("a change of the default route rewrites no domain", async () => {
  await federation.cluster.apply(domain("shared-1.example"), domain("shared-2.example"));
  const read = async (): Promise<string> =>
    (await versions())
      .split("\n")
      .filter((line) => line.startsWith("FederatedDomain"))
      .join("\n");
  await allLookedAt();
  const before = await read();
  await federation.cluster.apply(closed(to(partner)));
  await federation.cluster.apply(open(to(partner)));
  await allLookedAt();
  assert.equal(await read(), before);
});

test("lastTransitionTime moves only when a status changes", async () => {
  const { cluster } = federation;
  const transition = async (type: string): Promise<string | undefined> =>
    fullConditionOf(await cluster.get("FederatedDomain", "moving.example"), type)?.lastTransitionTime;
  await cluster.apply(domain("moving.example"));
  const [ready, routed] = [await transition("Ready"), await transition("Routed")];
  await nextSecond();
  await cluster.apply(domain("moving.example", { description: "another generation" }));
  assert.equal(await transition("Ready"), ready);
  assert.equal(await transition("Routed"), routed);
  await cluster.apply(domain("moving.example", { policy: "Block" }));
  assert.equal(await transition("Ready"), ready);
  assert.notEqual(await transition("Routed"), routed);
});

test("conditions of others are left alone", async () => {
  const { cluster, environment } = federation;
  const foreign = {
    type: "example.com/Audited",
    status: "True",
    reason: "Audited",
    message: "By the auditors.",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  await cluster.apply(domain("audited.example"));
  await applyServerSide(
    environment.api,
    environment.namespace,
    manifest("FederatedDomain", "audited.example", { status: { conditions: [foreign] } }),
    { manager: "auditor", subresource: "status" },
  );
  await cluster.apply(domain("audited.example", { policy: "Block" }));
  const object = await cluster.get("FederatedDomain", "audited.example");
  assert.equal(conditionOf(object, "Routed"), "False Blocked");
  assert.deepEqual(fullConditionOf(object, foreign.type), foreign);
});

test("a status that somebody wiped out comes back", async () => {
  const { cluster, environment } = federation;
  await cluster.apply(domain("wiped.example"));
  const { status } = await cluster.get("FederatedDomain", "wiped.example");
  const nothing = { observedGeneration: null, conditions: [] };
  await patchStatus(environment.api, environment.namespace, "FederatedDomain", "wiped.example", nothing);
  await cluster.ready(domain("wiped.example"));
  const types = ({ conditions }: typeof status): string[] => conditions.map(({ type }) => type).sort();
  assert.deepEqual(types((await cluster.get("FederatedDomain", "wiped.example")).status), types(status));
});

test("a route that makes no sense says what to change, and nothing else suffers", async () => {
  const { cluster, replica } = federation;
  await cluster.submit(route("loop", "loop.example", { nextHop: replica.address }));
  await cluster.kubectl("wait", "sroute/loop", "--for=condition=Stalled", "--timeout=30s");
  const refused = await cluster.get("StaticRoute", "loop");
  assert.match(conditionOf(refused, "Accepted"), /^False /);
  assert.equal(conditionOf(refused, "Programmed"), "False NotAccepted");
  assert.match(conditionOf(refused, "Ready"), /^False /);
  assert.equal(conditionOf(refused, "Stalled").split(" ")[0], "True");
  const [event] = await waitFor("the Event", async () => {
    const events = await cluster.events("StaticRoute", "loop");
    return events.length > 0 && events;
  });
  assert.equal(event?.type, "Warning");
  assert.equal(`False ${event.reason}`, conditionOf(refused, "Accepted"));
  assert.equal(await federation.fromInside({ to: "bob@steady.example" }), "200 at partner");

  await cluster.apply(route("loop", "loop.example", to(partner)));
  const accepted = await cluster.get("StaticRoute", "loop");
  assert.equal(conditionOf(accepted, "Accepted"), "True Accepted");
  assert.equal(conditionOf(accepted, "Programmed"), "True Programmed");
  assert.equal(conditionOf(accepted, "Stalled"), "absent");
  assert.equal(await federation.fromInside({ to: "bob@loop.example" }), "200 at partner");
});

test("a domain that is our own is not accepted", async () => {
  await federation.cluster.submit(domain("example.com", { policy: "Block" }));
  await federation.cluster.kubectl("wait", "fd/example.com", "--for=condition=Stalled", "--timeout=30s");
  const object = await federation.cluster.get("FederatedDomain", "example.com");
  assert.equal(conditionOf(object, "Accepted"), "False LocalDomain");
  assert.equal(conditionOf(object, "Programmed"), "False NotAccepted");
  assert.equal(conditionOf(object, "Ready"), "False LocalDomain");
});

test("Routed names the way that a domain goes", async () => {
  const { cluster } = federation;
  const routed = async (name: string): Promise<string> =>
    conditionOf(await cluster.get("FederatedDomain", name), "Routed");
  await cluster.apply(
    route("explicit", "explicit.example", to(partner)),
    domain("explicit.example"),
    domain("xmpp.example", { protocol: "XMPP" }),
    domain("default.example"),
  );
  assert.equal(await routed("explicit.example"), "True ExplicitRoute");
  assert.equal(await routed("xmpp.example"), "True XMPP");
  const { message } = fullConditionOf(await cluster.get("FederatedDomain", "xmpp.example"), "Routed") ?? {};
  assert.match(message ?? "", /there is no XMPP gateway, `xmpp.enabled` is off: .* answered with 480/);
  assert.equal(await routed("default.example"), "True DefaultRoute");
  await cluster.clear("StaticRoute");
  await waitFor(
    "the domain without a route to say so",
    async () => (await routed("default.example")) === "False NoRoute",
    { interval: 200 },
  );
  await waitFor("the other one too", async () => (await routed("explicit.example")) === "False NoRoute", {
    interval: 200,
  });
});
