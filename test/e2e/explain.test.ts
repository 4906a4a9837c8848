/** What the operator says of requests beside what happens to them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { run } from "../support/sipfed.ts";
import { explain } from "./support/admin.ts";
import { Federation } from "./support/federation.ts";
import { domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let busy: Party;
let partner: Party;

before(async () => {
  federation = await Federation.start({ config: { discovery: { maxLimitedDomains: 1 } } });
  busy = await federation.party("busy");
  partner = await federation.party("partner");
  await federation.cluster.apply(open(to(partner)));
});
after(() => federation.stop());

test("a next hop that failed a moment ago is passed over, and said to be", async () => {
  busy.answers(503);
  await federation.cluster.apply(route("busy", "busy.example", to(busy)), domain("busy.example"));
  const uri = "sip:bob@busy.example";
  assert.equal((await explain(federation.replica, { uri })).nextHop?.route, "busy");
  assert.equal(await federation.fromInside({ to: "bob@busy.example" }), "200 at busy, partner");
  const { nextHop, passedOver, candidates } = await explain(federation.replica, { uri });
  assert.equal(nextHop?.route, "default");
  assert.deepEqual(passedOver, [`StaticRoute busy: ${busy.host}:${busy.port} over TCP failed a moment ago.`]);
  assert.deepEqual(
    candidates.map((it) => it.route),
    ["busy", "default"],
  );
  assert.equal(candidates[0]?.addresses[0]?.state, "failed");
});

test("what a success makes known, and that a limit keeps the next domain from it", async () => {
  const caching = async (name: string) =>
    (await explain(federation.replica, { uri: `sip:bob@${name}` })).caching;
  assert.equal((await caching("first.example")).creates, "first.example");
  assert.equal(await federation.fromInside({ to: "bob@first.example" }), "200 at partner");
  await federation.cluster.appears("FederatedDomain", "first.example");
  assert.equal((await caching("first.example")).because, "first.example is known already.");
  assert.match((await caching("second.example")).because, /discovery\.maxLimitedDomains/);
  assert.equal(await federation.fromInside({ to: "bob@second.example" }), "200 at partner");
});

test("sipfed shows it to people", async () => {
  await federation.cluster.apply(domain("told.example"));
  const { code, out, err } = await run(
    "explain",
    "sip:bob@told.example",
    "--server",
    federation.replica.adminUrl,
  );
  assert.deepEqual([code, err], [0, ""]);
  const nextHop = `${partner.host}:${partner.port} over TCP, by StaticRoute default`;
  assert.match(out, /^INVITE sip:bob@told\.example, sent by the inside\n {2}Relayed to /);
  assert.ok(out.includes(`\nNext hop    ${nextHop}\nRemembered  told.example is known already.\n`), out);
});
