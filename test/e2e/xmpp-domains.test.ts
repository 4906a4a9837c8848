/** Domains of XMPP as objects that people look at, change and delete, and how they come to be. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { waitFor } from "../support/wait-for.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";
import { foreignServer, logIn, type ForeignServer } from "./support/xmpp-people.ts";

const ALICE = "alice@example.com";
/** In force within a second of `kubectl`. */
const AT_ONCE = { timeout: 1_000 };

let federation: Federation;
let partner: Party;
let platform: Party;
let prosody: ForeignServer;
let ejabberd: ForeignServer;

before(async () => {
  federation = await Federation.start({
    xmpp: true,
    config: (environment) => ({
      xmpp: environment.xmpp.settings,
      trustedPeers: [{ sources: [`${environment.outsideAddress}/32`], domains: ["*"] }],
    }),
  });
  partner = await federation.party("partner");
  platform = await federation.party("platform");
  prosody = await foreignServer(federation, "prosody.example");
  ejabberd = await foreignServer(federation, "ejabberd.example", { software: "ejabberd" });
  await federation.cluster.apply(route("local", "example.com", to(platform, "UDP")));
});
after(() => federation.stop());
beforeEach(async () => {
  await federation.cluster.clear("FederatedDomain");
  // applied after the deletions: once it is in force, so are they
  await federation.cluster.apply(closed(to(partner)));
  await federation.cluster.apply(open(to(partner)));
});

async function write(recipient: string, body = "Hello", method = "MESSAGE"): Promise<string> {
  const headers = [["Content-Type", "text/plain"]] as const;
  return federation.fromInside({ method, to: recipient, from: ALICE, body, headers });
}

/** `kubectl patch` of the protocol. */
async function patch(name: string, protocol: "SIP" | "XMPP"): Promise<void> {
  const change = JSON.stringify({ spec: { protocol } });
  await federation.cluster.kubectl("patch", "fd", name, "--type=merge", "-p", change);
}

test("a call to an unknown domain of XMPP finds out what it is, and is not carried", async () => {
  assert.equal(await federation.fromInside({ method: "INVITE", to: prosody.juliet, from: ALICE }), "405");
  const object = await federation.cluster.appears("FederatedDomain", prosody.domain);
  assert.deepEqual(object.spec, { policy: "Allow", protocol: "XMPP", trust: "Limited" });
  assert.equal(object.metadata.labels?.["sipfederation.io/origin"], "discovered");
});

test("messages reach both kinds of servers, and come back from them", async (t) => {
  for (const foreign of [prosody, ejabberd]) {
    const client = await logIn(t, foreign);
    assert.equal(await write(foreign.juliet, `To ${foreign.domain}`), "200");
    const message = await client.nextMessage(`To ${foreign.domain}`);
    await client.message(String(message.attrs.from), `From ${foreign.domain}`);
    await waitFor("the answer", () =>
      platform.agent.received.some(({ body }) => body === `From ${foreign.domain}`),
    );
    assert.equal((await federation.cluster.appears("FederatedDomain", foreign.domain)).spec.protocol, "XMPP");
  }
});

test("a user who is not there is 404 or refused, and the domain is known all the same", async () => {
  const answers = [await write(`nobody@${prosody.domain}`), await write(`nobody@${ejabberd.domain}`)];
  for (const answer of answers) assert.match(answer, /^40[34]$/);
  for (const { domain } of [prosody, ejabberd]) {
    assert.equal((await federation.cluster.appears("FederatedDomain", domain)).spec.protocol, "XMPP");
  }
});

test("a person switches the protocol to and fro, and it counts within a second", async (t) => {
  const client = await logIn(t, prosody);
  assert.equal(await write(prosody.juliet), "200");
  await federation.cluster.appears("FederatedDomain", prosody.domain);
  const call = { to: prosody.juliet, from: ALICE };
  for (const round of [1, 2]) {
    await patch(prosody.domain, "SIP");
    await federation.eventually("200 at partner", federation.inside, call, AT_ONCE);
    await patch(prosody.domain, "XMPP");
    await federation.eventually("200", federation.inside, call, AT_ONCE);
    assert.equal(await write(prosody.juliet, `Round ${round}`), "200");
    await client.nextMessage(`Round ${round}`);
  }
  const object = await federation.cluster.get("FederatedDomain", prosody.domain);
  await federation.cluster.ready(domain(prosody.domain));
  assert.equal(conditionOf(object, "Routed"), "True XMPP");
});

test("a deleted domain is discovered anew by the next message; while closed it is refused", async () => {
  assert.equal(await write(prosody.juliet), "200");
  await federation.cluster.appears("FederatedDomain", prosody.domain);
  await federation.cluster.delete("FederatedDomain", prosody.domain);
  await waitFor("it to be discovered anew", async () => {
    assert.equal(await write(prosody.juliet), "200");
    return (await federation.cluster.find("FederatedDomain", prosody.domain)) !== undefined;
  });
  await federation.cluster.apply(closed(to(partner)));
  assert.equal(await write(prosody.juliet), "200");
  await federation.cluster.delete("FederatedDomain", prosody.domain);
  await federation.eventually("403", federation.inside, { to: prosody.juliet, from: ALICE }, AT_ONCE);
});

test("many requests to one unknown domain ask it once", async () => {
  const name = "many.example";
  const outcomes = Array.from({ length: 30 }, () =>
    federation.fromInside({ to: `bob@${name}`, from: ALICE }),
  );
  assert.deepEqual(new Set(await Promise.all(outcomes)), new Set(["200 at partner"]));
  await federation.cluster.appears("FederatedDomain", name);
  // one question of Prosody makes one for SRV
  assert.equal(federation.environment.xmpp.dns.asked(`_xmpp-server._tcp.${name}`), 1);
});

test("a proven domain that came over SIP and speaks XMPP is written down as XMPP; its request is not held", async () => {
  prosody.server.process.pause(); // it answers nobody
  try {
    const from = `bob@${prosody.domain}`;
    assert.equal(await federation.fromOutside({ to: ALICE, from }), "200 at platform");
  } finally {
    prosody.server.process.resume();
  }
  const object = await federation.cluster.appears("FederatedDomain", prosody.domain);
  assert.deepEqual(object.spec, { policy: "Allow", protocol: "XMPP", trust: "Limited" });
  assert.equal(await federation.fromOutside({ to: ALICE, from: "bob@sip.example" }), "200 at platform");
  assert.equal((await federation.cluster.appears("FederatedDomain", "sip.example")).spec.protocol, "SIP");
});
