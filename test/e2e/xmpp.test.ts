/** Open federation with an XMPP gateway: ask first, then bridge. Rows 2, 5 and 6 of the decision table, both ways. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { waitFor } from "../support/wait-for.ts";
import { XmppClient } from "../support/xmpp-client.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";
import { foreignServer, refusal } from "./support/xmpp-people.ts";

const XMPP_DOMAIN = "chat.example";
const JULIET = `juliet@${XMPP_DOMAIN}`;
const ALICE = "alice@example.com";

let federation: Federation;
let partner: Party;
let platform: Party;
let juliet: XmppClient;

before(async () => {
  federation = await Federation.start({ xmpp: true });
  partner = await federation.party("partner");
  platform = await federation.party("platform");
  const { server } = await foreignServer(federation, XMPP_DOMAIN);
  juliet = await XmppClient.login({ server, user: "juliet" });
  await federation.cluster.apply(route("local", "example.com", to(platform, "UDP")));
});
after(async () => {
  await juliet.close();
  await federation.stop();
});
beforeEach(async () => {
  platform.answers(200);
  await federation.cluster.apply(open(to(partner)));
});

/** What becomes of a message of the inside. */
async function write(recipient: string, body: string, method = "MESSAGE"): Promise<string> {
  const headers = [["Content-Type", "text/plain"]] as const;
  return federation.fromInside({ method, to: recipient, from: ALICE, body, headers });
}

function cameInside(body: string): boolean {
  return platform.agent.received.some((request) => request.body === body);
}

/** Known as a domain of XMPP. */
async function know(): Promise<void> {
  await federation.cluster.apply(domain(XMPP_DOMAIN, { protocol: "XMPP" }));
}

async function forget(): Promise<void> {
  await federation.cluster.clear("FederatedDomain");
}

test("an unknown domain of XMPP is reached over XMPP, and listed as such (row 5)", async () => {
  assert.equal(await write(JULIET, "Soft!"), "200");
  const message = await juliet.nextMessage("Soft!");
  assert.match(String(message.attrs.from), /^alice@example\.com/);
  const object = await federation.cluster.appears("FederatedDomain", XMPP_DOMAIN);
  assert.deepEqual(object.spec, { policy: "Allow", protocol: "XMPP", trust: "Limited" });
  await federation.cluster.ready(domain(XMPP_DOMAIN));
  assert.equal(
    conditionOf(await federation.cluster.get("FederatedDomain", XMPP_DOMAIN), "Routed"),
    "True XMPP",
  );
});

test("an unknown domain without XMPP is asked, and goes by the default route (row 5)", async () => {
  assert.equal(await write("bob@sip.example", "Hello"), "200 at partner");
  assert.equal((await federation.cluster.appears("FederatedDomain", "sip.example")).spec.protocol, "SIP");
  assert(federation.environment.xmpp.dns.asked("sip.example") > 0);
});

test("a known domain of XMPP is served while closed, but calls are not carried (row 2)", async () => {
  await know();
  await federation.cluster.apply(closed(to(partner)));
  assert.equal(await write(JULIET, "Still here"), "200");
  await juliet.nextMessage("Still here");
  assert.equal(await federation.fromInside({ method: "INVITE", to: JULIET, from: ALICE }), "405");
});

test("while closed, an unknown domain is refused unasked, both ways (row 6)", async () => {
  await forget();
  await federation.cluster.apply(closed(to(partner)));
  await federation.eventually("403", federation.inside, { to: JULIET, from: ALICE });
  const { dns } = federation.environment.xmpp;
  const before = dns.asked("unasked.example");
  assert.equal(await write("bob@unasked.example", "Hello"), "403");
  assert.equal(dns.asked("unasked.example"), before);
  assert.equal(await refusal(juliet, ALICE, "May I?"), "forbidden");
});

test("a blocked domain is refused both ways, also while open (row 1)", async () => {
  await federation.cluster.apply(domain(XMPP_DOMAIN, { protocol: "XMPP", policy: "Block" }));
  assert.equal(await write(JULIET, "Hello"), "403");
  assert.equal(await refusal(juliet, ALICE, "Please"), "forbidden");
});

test("what comes over XMPP reaches the platform, and makes its domain known (row 5)", async () => {
  await forget();
  // a moment passes until the router has forgotten that it is blocked
  await waitFor("a message to arrive inside", async () => {
    await juliet.message(ALICE, "Good night");
    return cameInside("Good night");
  });
  const object = await federation.cluster.appears("FederatedDomain", XMPP_DOMAIN);
  assert.equal(object.spec.protocol, "XMPP");
});

test("the platform's refusal comes back as an XMPP error", async () => {
  await know();
  platform.answers(404);
  assert.equal(await refusal(juliet, "nobody@example.com", "Anybody?"), "item-not-found");
});

test("a person switches a domain to SIP by its protocol", async () => {
  await federation.cluster.apply(domain(XMPP_DOMAIN, { protocol: "SIP" }));
  assert.equal(await write(JULIET, "By SIP"), "200 at partner");
});

test("without the gateway known XMPP domains get 480, unknown ones go out over SIP, and the route says so", async () => {
  await know();
  const { process } = federation.environment.xmpp.gateway;
  const condition = async () =>
    conditionOf(await federation.cluster.get("StaticRoute", "default"), "XmppDiscovery");
  await process.kill();
  await federation.eventually("480", federation.inside, { to: JULIET, from: ALICE });
  assert.equal(await write("bob@unasked-either.example", "Hello"), "200 at partner");
  await waitFor("the condition", async () => (await condition()) === "False GatewayAway");
  await process.start();
  await waitFor("the message", async () => (await write(JULIET, "Back")) === "200", { timeout: 30_000 });
  await juliet.nextMessage("Back");
  await waitFor("the condition", async () => (await condition()) === "True Working");
});
