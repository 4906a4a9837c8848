import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import xml from "@xmpp/xml";
import { ComponentStreams } from "../../../src/xmpp/component/streams.ts";
import { recordingLogger } from "../../support/recording-logger.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";
import { waitFor } from "../../support/wait-for.ts";
import { LOCAL_DOMAIN, XmppBed } from "../../support/xmpp-bed.ts";

const LOCALS = [LOCAL_DOMAIN, "second.example"];

function ping(to: string) {
  return xml("iq", { type: "get", from: LOCAL_DOMAIN, to }, xml("ping", { xmlns: "urn:xmpp:ping" }));
}

describe("the streams to the gateway", () => {
  let bed: XmppBed;

  beforeEach(async () => {
    bed = await XmppBed.open({ localDomains: LOCALS });
  });
  afterEach(() => bed.close());

  test("a gateway that is killed: away at once, nothing is sent, and all is well when it is back", async () => {
    const server = await bed.prosody({ domain: "good.example" });
    const discovery = bed.discovery();
    assert.equal(await discovery.ask("good.example"), "xmpp");
    server.process.pause();
    const question = bed.streams.ask(ping("good.example"), 30_000);
    const asked = bed.discovery({ timeoutMs: 30_000 }).ask("good.example");
    await bed.gateway.process.kill();
    assert.equal(await question, undefined);
    assert.equal(await asked, "away");
    assert.equal(await bed.streams.send(xml("message", { from: LOCAL_DOMAIN, to: "good.example" })), false);
    assert.equal(await bed.discovery().ask("good.example"), "away");
    assert.equal(bed.streams.firstUp, undefined);

    server.process.resume();
    await bed.gateway.process.start();
    await bed.connected();
    assert.equal(await bed.discovery().ask("good.example"), "xmpp");
  });

  test("a gateway that stops says so, and is away like one that was killed", async () => {
    await bed.gateway.process.stop();
    await waitFor("the streams to be lost", () => bed.streams.firstUp === undefined);
    assert.equal(await bed.discovery().ask("good.example"), "away");
  });

  test("a gateway that hangs is silent, and a question ends in time", async () => {
    bed.gateway.process.pause();
    const start = performance.now();
    assert.equal(await bed.discovery({ timeoutMs: 300 }).ask("good.example"), "temporary");
    assert.ok(performance.now() - start < 1000);
    bed.gateway.process.resume();
    assert.equal(await bed.discovery().ask("nobody.example"), "notXmpp");
  });

  test("a connection that is cut is opened again", async (t) => {
    const proxy = await TcpProxy.start(bed.gateway);
    t.after(() => proxy.disconnect());
    const streams = bed.connect(() => undefined, { host: "127.0.0.1", port: proxy.port });
    t.after(() => streams.stop());
    streams.start();
    await waitFor("the streams to be up", () => streams.up);
    await proxy.disconnect();
    await waitFor("the streams to be lost", () => streams.firstUp === undefined);
    assert.equal(await streams.ask(ping("good.example"), 10_000), undefined);
    await proxy.connect();
    await waitFor("the streams to be up again", () => streams.up);
  });

  test("an operator that is new takes the streams, and the old one does not fight as fast as it can", async (t) => {
    const rival = bed.connect(() => undefined);
    t.after(() => rival.stop());
    const lost = (): number =>
      bed.logger.records.filter(({ message }) => message === "no connection to the XMPP gateway").length;
    const start = performance.now();
    rival.start();
    // each keeps a stream until the other one has waited: longer each time
    await waitFor("the streams to be lost again and again", () => lost() >= 24);
    assert.ok(performance.now() - start > 400);
  });

  test("a stanza that would close the stream is not sent, and the stream stays", async () => {
    const from = `alice@${LOCAL_DOMAIN}`;
    const bodies = ["\u0000", "\u000b", "\ufffe", "\ud800", "x".repeat(600_000)];
    for (const body of bodies) {
      const message = xml("message", { from, to: "bob@good.example" }, xml("body", {}, body));
      assert.equal(await bed.streams.send(message), false);
    }
    assert.equal(
      await bed.streams.send(xml("message", { from: "eve@good.example", to: "bob@good.example" })),
      false,
    );
    assert.equal(await bed.discovery().ask("nobody.example"), "notXmpp");
    assert.ok(bed.streams.up);
    assert.equal(bed.logger.records.filter(({ level }) => level === "error").length, 0);
  });

  test("characters survive, however the bytes are cut", async () => {
    const text = "👋ü你".repeat(20_000);
    const [from, to] = [`alice@${LOCAL_DOMAIN}`, "bob@second.example"];
    assert.ok(await bed.streams.send(xml("message", { from, to }, xml("body", {}, text))));
    const message = await waitFor("the message", () => bed.received.at(0));
    assert.equal(message.getChildText("body"), text);
    assert.equal(message.attrs.from, from);
  });

  test("a wrong secret is said once, tried again, and the right one is taken when it is there", async (t) => {
    let secret = "wrong";
    const logger = recordingLogger();
    const streams = new ComponentStreams({
      host: bed.gateway.host,
      port: bed.gateway.port,
      secret: () => secret,
      localDomains: [LOCAL_DOMAIN],
      received: () => undefined,
      logger,
      backoff: { initialMs: 10, maxMs: 20 },
    });
    t.after(() => streams.stop());
    streams.start();
    await waitFor("the refusal", () =>
      logger.records.some(
        ({ fields }) => "reason" in fields && String(fields.reason).includes("not-authorized"),
      ),
    );
    const refusals = logger.records.length;
    await bed.streams.ask(ping("second.example"), 100);
    assert.equal(logger.records.length, refusals);
    secret = bed.gateway.secret;
    await waitFor("the stream", () => streams.up);
  });

  test("what a receiver throws is logged, and the next stanza comes", async () => {
    bed.onStanza = () => {
      throw new Error("not understood");
    };
    const message = (n: number) =>
      xml("message", { from: `a@${LOCAL_DOMAIN}`, to: "b@second.example", id: String(n) });
    for (const n of [1, 2]) await bed.streams.send(message(n));
    await waitFor("both", () => bed.received.length === 2);
    assert.equal(bed.logger.records.filter(({ level }) => level === "error").length, 2);
  });
});
