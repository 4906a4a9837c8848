import assert from "node:assert/strict";
import { test } from "node:test";
import xml, { type Element } from "@xmpp/xml";
import { MessageGateway, type MessageOptions } from "../../../../src/xmpp/messages/message-gateway.ts";
import type { SipRequest, SipResponse } from "../../../../src/xmpp/sip/types.ts";
import { RecordingXmpp } from "../../../support/xmpp-side.ts";

const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/** SIP, whose answers the test gives. */
class Sip {
  readonly requests: SipRequest[] = [];
  readonly #answers: ((response: SipResponse) => void)[] = [];

  request(request: SipRequest): Promise<SipResponse> {
    this.requests.push(request);
    const { promise, resolve } = Promise.withResolvers<SipResponse>();
    this.#answers.push(resolve);
    return promise;
  }

  /** Answers the oldest request without an answer. */
  answer(status: number, reason = ""): void {
    this.#answers.shift()?.({ status, reason, headers: [], body: Buffer.alloc(0) });
  }

  get texts(): string[] {
    return this.requests.map(({ body }) => body.toString());
  }
}

function open(options: Partial<MessageOptions> = {}): {
  gateway: MessageGateway;
  sip: Sip;
  xmpp: RecordingXmpp;
} {
  const sip = new Sip();
  const xmpp = new RecordingXmpp();
  return { gateway: new MessageGateway({ sip, xmpp, ...options }), sip, xmpp };
}

function sipMessage(text: string): SipRequest {
  return {
    method: "MESSAGE",
    uri: "sip:juliet@xmpp.example;gr=balcony",
    headers: [
      ["From", "<sip:romeo@local.test;gr=garden>;tag=1"],
      ["Content-Type", "text/plain"],
    ],
    body: Buffer.from(text),
  };
}

function xmppMessage(text: string, attributes: Record<string, string> = {}): Element {
  return xml(
    "message",
    { from: "juliet@xmpp.example/a", to: "romeo@local.test", id: text, ...attributes },
    xml("body", {}, text),
  );
}

function errorOn(stanza: Element, condition: string): Element {
  const { id, from, to } = stanza.attrs as Record<string, string>;
  return xml(
    "message",
    { type: "error", id, from: to, to: from },
    xml("error", {}, xml(condition, { xmlns: STANZAS })),
  );
}

/** Lets everything go on that waits for nothing but promises. */
async function settle(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  setImmediate(resolve, undefined);
  await promise;
}

test("a MESSAGE is sent once, with a ping after it to the same user, and answered when that is", async () => {
  const { gateway, xmpp } = open();
  const gate = Promise.withResolvers<Element>();
  xmpp.answer = () => gate.promise;
  const answer = gateway.fromSip(sipMessage("hi"));
  await settle();
  const [message, ping, ...others] = xmpp.stanzas;
  assert.deepEqual(others, []);
  assert.equal(message?.getChildText("body"), "hi");
  assert.equal(message.attrs.to, "juliet@xmpp.example/balcony");
  assert.equal(
    ping?.toString(),
    '<iq type="get" from="romeo@local.test" to="juliet@xmpp.example"><ping xmlns="urn:xmpp:ping"/></iq>',
  );
  assert.equal(gateway.underWay, 1);
  gate.resolve(xml("iq", { type: "result" }));
  assert.deepEqual(await answer, { status: 200 });
  assert.equal(gateway.underWay, 0);
});

test("RFC 6120 §10.1: whatever the ping is answered with, the message before it was taken", async () => {
  const { gateway, xmpp } = open();
  const unavailable = xml("service-unavailable", { xmlns: STANZAS });
  xmpp.answer = () =>
    Promise.resolve(xml("iq", { type: "error" }, xml("error", { by: "xmpp.example" }, unavailable)));
  assert.equal((await gateway.fromSip(sipMessage("hi"))).status, 200);
});

test("an error that names the message is its outcome, and one that comes too late or names another is none", async () => {
  const { gateway, xmpp } = open();
  const gate = Promise.withResolvers<undefined>();
  xmpp.answer = () => gate.promise;
  const first = gateway.fromSip(sipMessage("one"));
  const second = gateway.fromSip(sipMessage("two"));
  await settle();
  const [one, two] = xmpp.named("message");
  assert.ok(one !== undefined && two !== undefined);
  await gateway.fromXmpp(xml("message", { type: "error", from: "juliet@xmpp.example" }, xml("error")));
  await gateway.fromXmpp(errorOn(two, "item-not-found"));
  await gateway.fromXmpp(errorOn(two, "forbidden"));
  assert.deepEqual(await second, { status: 404 });
  assert.equal(gateway.underWay, 1);
  gate.resolve(undefined);
  assert.deepEqual(await first, { status: 504 });
  await gateway.fromXmpp(errorOn(one, "item-not-found"));
  assert.equal(xmpp.named("message").length, 2);
});

test("silence is 504, and so is a ping that our own server could not send", async () => {
  const { gateway, xmpp } = open();
  assert.equal((await gateway.fromSip(sipMessage("hi"))).status, 504);
  const timeout = xml("remote-server-timeout", { xmlns: STANZAS });
  const text = xml("text", { xmlns: STANZAS }, "Server-to-server connection failed: connection refused");
  // Prosody 0.12 names itself, 13 nobody
  for (const error of [xml("error", { by: "local.test" }, timeout), xml("error", {}, timeout, text)]) {
    xmpp.answer = () => Promise.resolve(xml("iq", { type: "error", to: "romeo@local.test" }, error));
    assert.equal((await gateway.fromSip(sipMessage("hi"))).status, 504);
  }
});

test("without a stream a MESSAGE gets 480, and nothing is sent later", async () => {
  const { gateway, xmpp } = open();
  xmpp.up = false;
  assert.deepEqual(await gateway.fromSip(sipMessage("hi")), {
    status: 480,
    headers: [["Retry-After", "10"]],
  });
  xmpp.up = true;
  await settle();
  assert.deepEqual(xmpp.stanzas, []);
});

test("what cannot be translated is answered at once, in either direction", async () => {
  const { gateway, xmpp, sip } = open();
  assert.equal((await gateway.fromSip({ ...sipMessage("hi"), headers: [] })).status, 400);
  await gateway.fromXmpp(xmppMessage("hi", { type: "groupchat" }));
  await gateway.fromXmpp(xml("message", { from: "a@xmpp.example", to: "romeo@local.test" }, xml("active")));
  assert.match(
    xmpp.stanzas.join(""),
    /^<message type="error"[^>]*><error type="cancel"><service-unavailable [^>]*\/><\/error><\/message>$/,
  );
  assert.deepEqual(sip.requests, []);
});

test("messages from SIP leave in the order in which they came, without waiting for each other", async () => {
  const { gateway, xmpp } = open();
  const gate = Promise.withResolvers<Element>();
  xmpp.answer = () => gate.promise;
  const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
  const answers = texts.map((text) => gateway.fromSip(sipMessage(text)));
  await settle();
  assert.deepEqual(
    xmpp.named("message").map((message) => message.getChildText("body")),
    texts,
  );
  gate.resolve(xml("iq", { type: "result" }));
  await Promise.all(answers);
});

test("beyond the cap a MESSAGE gets 480 with Retry-After, and a stanza resource-constraint", async () => {
  const { gateway, xmpp, sip } = open({ maxUnderWay: 2, maxPerPair: 1 });
  const gate = Promise.withResolvers<Element>();
  xmpp.answer = () => gate.promise;
  const taken = [gateway.fromSip(sipMessage("1")), gateway.fromSip(sipMessage("2"))];
  assert.deepEqual(await gateway.fromSip(sipMessage("3")), { status: 480, headers: [["Retry-After", "10"]] });
  assert.equal(xmpp.named("message").length, 2);
  gate.resolve(xml("iq", { type: "result" }));
  await Promise.all(taken);

  const going = [
    gateway.fromXmpp(xmppMessage("a")),
    gateway.fromXmpp(xmppMessage("b", { to: "other@local.test" })),
  ];
  await gateway.fromXmpp(xmppMessage("same pair", { from: "juliet@xmpp.example/b" }));
  await gateway.fromXmpp(xmppMessage("third", { to: "third@local.test" }));
  const errors = xmpp.stanzas.slice(-2);
  assert.deepEqual(
    errors.map((error): [string, boolean] => [
      String(error.attrs.id),
      error.getChild("error")?.getChild("resource-constraint") !== undefined,
    ]),
    [
      ["same pair", true],
      ["third", true],
    ],
  );
  assert.deepEqual(sip.texts, ["a", "b"]);
  sip.answer(200);
  sip.answer(200);
  await Promise.all(going);
  assert.equal(gateway.underWay, 0);
});

test("RFC 3428 §8: one MESSAGE at a time goes from one to another, in order; other pairs do not wait", async () => {
  const { gateway, sip } = open();
  const going = [
    gateway.fromXmpp(xmppMessage("1")),
    gateway.fromXmpp(xmppMessage("2", { from: "juliet@xmpp.example/other" })),
    gateway.fromXmpp(xmppMessage("3")),
    gateway.fromXmpp(xmppMessage("x", { to: "mercutio@local.test" })),
  ];
  await settle();
  assert.deepEqual(sip.texts, ["1", "x"]);
  sip.answer(404);
  await settle();
  assert.deepEqual(sip.texts, ["1", "x", "2"]);
  for (let turn = 0; turn < 3; turn += 1) {
    sip.answer(200);
    await settle();
  }
  assert.deepEqual(sip.texts, ["1", "x", "2", "3"]);
  await Promise.all(going);
  assert.equal(gateway.underWay, 0);
});

test("a MESSAGE that fails is an XMPP error to its sender, with the id of the stanza; one that does not is silent", async () => {
  const { gateway, sip, xmpp } = open();
  const ok = gateway.fromXmpp(xmppMessage("fine"));
  sip.answer(202, "Accepted");
  await ok;
  assert.equal(xmpp.stanzas.length, 0);
  const bad = gateway.fromXmpp(xmppMessage("bad"));
  await settle();
  sip.answer(404, "Not Found");
  await bad;
  const [error] = xmpp.stanzas;
  assert.deepEqual(error?.attrs, {
    type: "error",
    from: "romeo@local.test",
    to: "juliet@xmpp.example/a",
    id: "bad",
  });
  assert.equal(error.getChild("error")?.attrs.type, "cancel");
  assert.ok(error.getChild("error")?.getChild("item-not-found", STANZAS) !== undefined);
  assert.equal(error.getChild("error")?.getChildText("text"), "404 Not Found");
});
