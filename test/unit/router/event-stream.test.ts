import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { pino } from "pino";
import { EventStream } from "../../../src/router/event-stream.ts";
import { netstring } from "../../../src/router/netstring.ts";
import { FakeRouter } from "../../support/fake-router.ts";
import { waitFor } from "../../support/wait-for.ts";

async function setUp(t: TestContext) {
  const router = await FakeRouter.start();
  const events: string[] = [];
  const stream = new EventStream(
    { host: router.options.host, port: router.options.eventPort },
    {
      connected: (instance) => events.push(`connected ${instance}`),
      closed: () => events.push("closed"),
      question: (domain, direction, callId) =>
        events.push(`question ${domain} ${direction}${callId === "" ? "" : ` of ${callId}`}`),
      certificate: ({ context, pem }) => events.push(`certificate ${context.hash} ${context.rest} ${pem}`),
      learned: ({ domain, direction, remembered, overXmpp, callId }) => {
        const how = `${overXmpp ? " over XMPP" : ""}${callId === "" ? "" : ` by ${callId}`}`;
        return events.push(`learned ${domain} ${direction} ${String(remembered)}${how}`);
      },
      probed: (uri, status, microseconds) => events.push(`probed ${uri} ${status} ${microseconds}`),
      domainLimited: (domain, limit) => events.push(`domain ${domain} ${limit}`),
      sourceLimited: (address, limit) => events.push(`source ${address} ${limit}`),
      active: (domain, direction) => events.push(`active ${domain} ${direction}`),
    },
    pino({ level: "silent" }),
  );
  t.after(async () => {
    stream.stop();
    await router.stop();
  });
  stream.start();
  await waitFor("the greeting", () => stream.connected);
  return { router, stream, events };
}

test("events arrive typed, one byte at a time", async (t) => {
  const { router, events } = await setUp(t);
  const bytes = Buffer.from(
    [
      "Q|a.test|o",
      "Q|b.test|i|7@[2001:db8::1]|x",
      "L|c.test|o|1|8@c",
      "L|d.test|i|0",
      "L|f.test|x|0",
      "P|sip:192.0.2.1;x=y|200|42",
      "N|ab12|7||||PEM\n",
      "T|e.test|failures",
      "S|2001:DB8::1|flood",
      "A|g.test|o",
      "A|g.test|i",
    ]
      .map(netstring)
      .join(""),
  );
  for (const byte of bytes) {
    router.tellBytes(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  await waitFor("all events", () => events.length === 12);
  assert.deepEqual(events, [
    "connected instance-1",
    "question a.test outbound",
    "question b.test inbound of 7@[2001:db8::1]|x",
    "learned c.test outbound true by 8@c",
    "learned d.test inbound false",
    "learned f.test inbound false over XMPP",
    "probed sip:192.0.2.1;x=y 200 42",
    "certificate ab12 7||| PEM\n",
    "domain e.test failures",
    "source 2001:DB8::1 flood",
    "active g.test outbound",
    "active g.test inbound",
  ]);
});

test("frames that make no sense are passed over", async (t) => {
  const { router, events } = await setUp(t);
  router.tell(
    "Z|a.test",
    "Q|a b|o",
    "Q|a.test|x",
    "Q",
    "L|a.test",
    "T|a.test|flood",
    "S|a.test|rate",
    "A|a.test|x",
    "A||o",
    "Q|a.test|o",
  );
  await waitFor("the last frame", () => events.length > 1);
  assert.deepEqual(events.slice(1), ["question a.test outbound"]);
});

test("a heartbeat follows at once on connect and on every chunk, and then every second", async (t) => {
  const { router } = await setUp(t);
  const beats = () => router.heard.length / netstring("H").length;
  await waitFor("the first heartbeats", () => beats() === 2);
  router.tell("Q|a.test|o");
  const asked = performance.now();
  await waitFor("the heartbeat after a chunk", () => beats() === 3, { interval: 1 });
  assert.ok(performance.now() - asked < 500);
  await waitFor("the heartbeat of the next second", () => beats() === 4, { timeout: 2000 });
  assert.equal(router.heard, netstring("H").repeat(4));
});

test("a lost connection is opened again within 300 ms", async (t) => {
  const { router, events } = await setUp(t);
  router.instance = "instance-2";
  router.disconnect();
  const lost = performance.now();
  await waitFor("the greeting", () => events.includes("connected instance-2"), { interval: 2 });
  assert.ok(performance.now() - lost < 300);
  assert.deepEqual(events, ["connected instance-1", "closed", "connected instance-2"]);
});

test("a broken stream is given up for a new one", async (t) => {
  const { router, events } = await setUp(t);
  router.tellBytes(Buffer.from("no netstring"));
  await waitFor("the second greeting", () => events.length === 3);
  assert.deepEqual(events, ["connected instance-1", "closed", "connected instance-1"]);
});

test("stopped, it stays closed", async (t) => {
  const { router, stream, events } = await setUp(t);
  stream.stop();
  await waitFor("the end", () => router.streams === 0 && events.length === 2);
  assert.deepEqual(events, ["connected instance-1", "closed"]);
  assert.equal(stream.connected, false);
});
