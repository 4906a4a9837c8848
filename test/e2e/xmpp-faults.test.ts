/** What is around the XMPP gateway fails: requests end in their time and in the right way, and others are not harmed. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { blackHole, closingPeer, garbagePeer, httpPeer, silentPeer } from "../support/xmpp-peers.ts";
import { conditionOf } from "./support/cluster.ts";
import { Federation } from "./support/federation.ts";
import { domain, open, route, to } from "./support/objects.ts";
import { conditionOfError, foreignServer, logIn, type ForeignServer } from "./support/xmpp-people.ts";
import { Traffic } from "./support/traffic.ts";

const ALICE = "alice@example.com";
const KNOWN = "known.example";
const MESSAGE_TIMEOUT_MS = 3_000;
/** Of discovery: 2 s, and the time that a request takes by itself on a busy machine. */
const ASKED_MS = 3_500;

/** Of the operator's streams; where it leads to is known later. */
const destination = { host: "", port: 0 };
let proxy: TcpProxy;
let federation: Federation;
let prosody: ForeignServer;
let ejabberd: ForeignServer;

before(async () => {
  proxy = await TcpProxy.start(destination);
  federation = await Federation.start({
    xmpp: true,
    config: ({ xmpp }) => {
      Object.assign(destination, { host: xmpp.gateway.host, port: xmpp.gateway.port });
      const streams = { componentHost: "127.0.0.1", componentPort: proxy.port };
      const messageTimeoutSeconds = MESSAGE_TIMEOUT_MS / 1000;
      return { xmpp: { ...xmpp.settings, ...streams, messageTimeoutSeconds } };
    },
  });
  prosody = await foreignServer(federation, "prosody.example");
  ejabberd = await foreignServer(federation, "ejabberd.example", { software: "ejabberd" });
  await federation.cluster.apply(
    route("local", "example.com", to(await federation.party("platform"), "UDP")),
    open(to(await federation.party("partner"))),
  );
});
after(async () => {
  await federation.stop();
  await proxy.disconnect();
});
beforeEach(() =>
  federation.cluster.apply(
    domain(KNOWN),
    ...[prosody, ejabberd].map((foreign) => domain(foreign.domain, { protocol: "XMPP" })),
  ),
);

async function write(recipient: string, body = "Hello"): Promise<string> {
  const headers = [["Content-Type", "text/plain"]] as const;
  return federation.fromInside({ to: recipient, from: ALICE, body, headers });
}

/** What becomes of a message, and in how many milliseconds. */
async function timed(recipient: string, body?: string): Promise<[outcome: string, ms: number]> {
  const start = performance.now();
  const outcome = await write(recipient, body);
  return [outcome, performance.now() - start];
}

/** Messages to a known domain of SIP all the while; to one of XMPP, too, where one is told. */
function others(foreign?: ForeignServer): Traffic {
  const headers = [["Content-Type", "text/plain"]] as const;
  let n = 0;
  return new Traffic(
    federation,
    () => {
      n += 1;
      const isXmpp = foreign !== undefined && n % 2 === 0;
      const recipient = isXmpp ? foreign.juliet : `bob@${KNOWN}`;
      const call = { to: recipient, from: ALICE, body: `Message ${n}`, headers };
      return { call, outcomes: [isXmpp ? "200" : "200 at partner"] };
    },
    4,
  );
}

async function discoveryIs(state: string): Promise<void> {
  await waitFor(`XmppDiscovery to be ${state}`, async () => {
    return conditionOf(await federation.cluster.get("StaticRoute", "default"), "XmppDiscovery") === state;
  });
}

test("domains whose XMPP servers do not work are reached over SIP in their time", async (t) => {
  const { dns } = federation.environment.xmpp;
  const peers = {
    "silent.example": silentPeer,
    "closing.example": closingPeer,
    "http.example": httpPeer,
    "garbage.example": garbagePeer,
    "hole.example": blackHole,
  };
  for (const [name, start] of Object.entries(peers)) {
    const host = federation.environment.peerAddress();
    await start(t, host);
    dns.serve(name, host);
  }
  dns.serve("refused.example", federation.environment.peerAddress());
  dns.fail("servfail.example", "SERVFAIL");
  dns.fail("dropped.example", "silence");
  const client = await logIn(t, prosody);
  const traffic = others(prosody);
  const names = [
    ...Object.keys(peers),
    "refused.example",
    "servfail.example",
    "dropped.example",
    "nowhere.example",
  ];
  const outcomes = await Promise.all(names.map((name) => timed(`bob@${name}`)));
  await traffic.stop();
  for (const [n, [outcome, ms]] of outcomes.entries()) {
    assert.equal(outcome, "200 at partner", names[n]);
    assert.ok(ms < ASKED_MS, `${names[n]}: ${ms} ms`);
  }
  assert.deepEqual(traffic.surprises, []);
  assert.ok(client.received.length > 0);
  await federation.cluster.appear("FederatedDomain", names);
});

test("a foreign server that hangs in the middle of a conversation: 504 in time, and others are not harmed", async (t) => {
  const client = await logIn(t, prosody);
  await logIn(t, ejabberd);
  for (const foreign of [prosody, ejabberd]) assert.equal(await write(foreign.juliet), "200");
  prosody.server.process.pause();
  const traffic = others(ejabberd);
  const stuck = await Promise.all([1, 2, 3].map((n) => timed(prosody.juliet, `Stuck ${n}`)));
  await traffic.stop();
  for (const [outcome, ms] of stuck) {
    assert.equal(outcome, "504");
    assert.ok(ms > MESSAGE_TIMEOUT_MS - 100 && ms < MESSAGE_TIMEOUT_MS + 2_000, `${ms} ms`);
  }
  assert.deepEqual(traffic.surprises, []);
  prosody.server.process.resume();
  assert.equal(await write(prosody.juliet, "Well again"), "200");
  await client.nextMessage("Well again");
  // what nobody knew arrived once at most
  const bodies = client.received.map((stanza) => stanza.getChildText("body") ?? "");
  const late = bodies.filter((body) => body.startsWith("Stuck"));
  assert.equal(new Set(late).size, late.length);
});

test("a foreign server that is killed: its domain is told so, and is back with it", async (t) => {
  await ejabberd.server.process.kill();
  const [outcome, ms] = await timed(ejabberd.juliet);
  assert.match(outcome, /^(404|504)$/);
  assert.ok(ms < MESSAGE_TIMEOUT_MS + 2_000, `${ms} ms`);
  await ejabberd.server.process.start();
  const client = await logIn(t, ejabberd);
  await waitFor("a message", async () => (await write(ejabberd.juliet, "Back")) === "200", {
    timeout: 30_000,
  });
  await client.nextMessage("Back");
});

test("the operator's streams are cut: 480 for domains of XMPP, SIP for unknown ones, and all is well when they are back", async (t) => {
  const client = await logIn(t, prosody);
  const underWay = write(prosody.juliet, "Under way");
  await proxy.disconnect();
  assert.match(await underWay, /^(200|480|504)$/);
  await discoveryIs("False GatewayAway");
  assert.equal(await write(prosody.juliet), "480");
  assert.equal(await write("bob@while-cut.example"), "200 at partner");
  // nobody is there to take it
  const id = await client.message(ALICE, "Hello?");
  const error = await client.next("an error", ({ attrs }) => attrs.id === id && attrs.type === "error");
  assert.equal(conditionOfError(error), "remote-server-timeout");
  await proxy.connect();
  await discoveryIs("True Working");
  assert.equal(await write(prosody.juliet, "Back"), "200");
  await client.nextMessage("Back");
});

test("Prosody hangs: 504 in time for domains of XMPP, SIP for unknown ones, and all is well when it goes on", async (t) => {
  const client = await logIn(t, prosody);
  const { process: gateway } = federation.environment.xmpp.gateway;
  gateway.pause();
  const traffic = others();
  const [[known, knownMs], [unknown, unknownMs]] = await Promise.all([
    timed(prosody.juliet, "Late"),
    timed("bob@while-hung.example"),
  ]);
  await traffic.stop();
  gateway.resume();
  assert.deepEqual([known, unknown], ["504", "200 at partner"]);
  assert.ok(knownMs < MESSAGE_TIMEOUT_MS + 2_000, `${knownMs} ms`);
  assert.ok(unknownMs < ASKED_MS, `${unknownMs} ms`);
  assert.deepEqual(traffic.surprises, []);
  await waitFor("a message", async () => (await write(prosody.juliet, "On time")) === "200");
  await client.nextMessage("On time");
});
