import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import xml, { type Element } from "@xmpp/xml";
import { header } from "../../../../src/xmpp/sip/headers.ts";
import type { SipRequest } from "../../../../src/xmpp/sip/types.ts";
import { messageToSip, messageToXmpp } from "../../../../src/xmpp/translation/messages.ts";

const MAX_BYTES = 1300;

function sipMessage(
  body: string | Buffer,
  headers: [string, string][] = [["Content-Type", "text/plain"]],
): SipRequest {
  return {
    method: "MESSAGE",
    uri: "sip:juliet@xmpp.example;transport=tcp",
    headers: [
      ["From", '"Romeo" <sip:romeo@local.test;gr=dr4hcr0st3lup4c>;tag=abc'],
      ["To", "sip:juliet@xmpp.example"],
      ["Call-ID", "M4spr4vdu"],
      ["CSeq", "1 MESSAGE"],
      ...headers,
    ],
    body: Buffer.from(body),
  };
}

function stanzaOf(request: SipRequest): Element {
  const result = messageToXmpp(request, "id1");
  assert.ok(result.ok);
  return result.stanza;
}

function statusOf(request: SipRequest): number {
  const result = messageToXmpp(request, "id1");
  assert.ok(!result.ok);
  return result.answer.status;
}

function xmppMessage(attributes: Record<string, string>, ...children: Element[]): Element {
  return xml(
    "message",
    { from: "juliet@xmpp.example/balcony", to: "romeo@local.test", ...attributes },
    ...children,
  );
}

function requestOf(stanza: Element, maxBytes = MAX_BYTES): SipRequest {
  const result = messageToSip(stanza, maxBytes);
  assert.ok(result.ok);
  return result.request;
}

function get(stanza: Element, name: string): string | undefined {
  return header(requestOf(stanza).headers, name);
}

const body = (text: string, lang?: string): Element =>
  xml("body", lang === undefined ? {} : { "xml:lang": lang }, text);
const subject = (text: string, lang?: string): Element =>
  xml("subject", lang === undefined ? {} : { "xml:lang": lang }, text);

test("RFC 7572 §5: a MESSAGE is a message without type, and its Call-ID a thread", () => {
  assert.equal(
    stanzaOf(sipMessage("Neither, fair saint, if either thee dislike.")).toString(),
    '<message from="romeo@local.test/dr4hcr0st3lup4c" to="juliet@xmpp.example" id="id1">' +
      "<body>Neither, fair saint, if either thee dislike.</body><thread>M4spr4vdu</thread></message>",
  );
});

test("RFC 7572 §5: Subject and Content-Language are carried", () => {
  const stanza = stanzaOf(
    sipMessage("Ahoj <světe> & spol.", [
      ["c", 'Text/Plain ; charset="UTF-8"'],
      ["s", "Zdravím"],
      ["Content-Language", "cs, en"],
    ]),
  );
  assert.equal(stanza.attrs["xml:lang"], "cs");
  assert.equal(stanza.getChildText("subject"), "Zdravím");
  assert.match(stanza.toString(), /<body>Ahoj &lt;světe&gt; &amp; spol\.<\/body>/);
  assert.equal(stanzaOf(sipMessage("", [["Content-Language", '"><x']])).attrs["xml:lang"], undefined);
});

test("RFC 7572 §5: what XML cannot hold is replaced, and so nothing ends the stream", () => {
  const stanza = stanzaOf(
    sipMessage("a\u0000b\u001bc\td\r\ne\uffff", [
      ["Content-Type", "text/plain"],
      ["Subject", "\u0001"],
    ]),
  );
  assert.equal(stanza.getChildText("body"), "a\ufffdb\ufffdc\td\r\ne\ufffd");
  assert.equal(stanza.getChildText("subject"), "\ufffd");
});

test("RFC 3428 §7: what is no text gets 415 with what would be taken", () => {
  const types = [
    "text/html",
    "message/cpim",
    "application/im-iscomposing+xml",
    "multipart/mixed;boundary=x",
    "text/plain;charset=iso-8859-1",
    "text",
  ];
  for (const type of types) {
    const result = messageToXmpp(sipMessage("x", [["Content-Type", type]]), "id");
    assert.ok(!result.ok, type);
    assert.deepEqual(result.answer, { status: 415, headers: [["Accept", "text/plain"]] });
  }
  assert.equal(statusOf(sipMessage("x", [])), 415);
  const zipped = messageToXmpp(
    sipMessage("x", [
      ["Content-Type", "text/plain"],
      ["e", "gzip"],
    ]),
    "id",
  );
  assert.deepEqual(zipped, {
    ok: false,
    answer: { status: 415, headers: [["Accept-Encoding", "identity"]] },
  });
});

test("RFC 7247 §6: addresses that are none, text that is no UTF-8, and too much of it are refused", () => {
  assert.equal(statusOf(sipMessage(Buffer.from([0xff, 0xfe]))), 400);
  assert.equal(statusOf(sipMessage("x".repeat(70_000))), 513);
  assert.equal(statusOf({ ...sipMessage("x"), uri: "tel:+1" }), 404);
  assert.equal(statusOf({ ...sipMessage("x"), uri: "sip:%20@xmpp.example" }), 404);
  assert.equal(
    statusOf({
      ...sipMessage("x"),
      headers: [
        ["From", "<tel:+1>"],
        ["Content-Type", "text/plain"],
      ],
    }),
    400,
  );
});

test("RFC 7572 §4: a message is a MESSAGE from the bare address, and its thread the Call-ID", () => {
  const request = requestOf(
    xmppMessage(
      { type: "chat", id: "x" },
      body("Art thou not Romeo?"),
      xml("thread", {}, "e0ffe42b@xmpp.example"),
    ),
  );
  assert.equal(request.method, "MESSAGE");
  assert.equal(request.uri, "sip:romeo@local.test");
  assert.equal(request.body.toString(), "Art thou not Romeo?");
  assert.match(header(request.headers, "From") ?? "", /^<sip:juliet@xmpp\.example>;tag=[0-9a-f]{16}$/);
  assert.equal(header(request.headers, "To"), "<sip:romeo@local.test>");
  assert.equal(header(request.headers, "Call-ID"), "e0ffe42b@xmpp.example");
  assert.equal(header(request.headers, "CSeq"), "1 MESSAGE");
  assert.equal(header(request.headers, "Content-Type"), "text/plain;charset=utf-8");
  assert.equal(header(request.headers, "Contact"), undefined);
  assert.equal(header(request.headers, "Subject"), undefined);
  assert.equal(header(request.headers, "Content-Language"), undefined);
});

test("RFC 7572 §4: a thread that can be no Call-ID always becomes the same one, no thread a new one", () => {
  const callId = (text: string): string | undefined =>
    get(xmppMessage({}, body("x"), xml("thread", {}, text)), "Call-ID");
  assert.equal(callId("два слова"), callId("два слова"));
  assert.match(callId("a b") ?? "", /^[0-9a-f]{64}$/);
  assert.notEqual(callId("a b"), callId("a c"));
  assert.match(callId("x".repeat(1000)) ?? "", /^[0-9a-f]{64}$/);
  assert.notEqual(callId(""), callId(""));
});

test("RFC 7572 §4: of several languages the one of the stanza is chosen, and the subject goes with it", () => {
  const several = [
    body("ahoj", "cs"),
    body("hello", "EN"),
    subject("pozdrav", "cs"),
    subject("greeting", "EN"),
  ];
  assert.equal(requestOf(xmppMessage({ "xml:lang": "en" }, ...several)).body.toString(), "hello");
  assert.equal(get(xmppMessage({ "xml:lang": "en" }, ...several), "Content-Language"), "EN");
  assert.equal(get(xmppMessage({ "xml:lang": "en" }, ...several), "Subject"), "greeting");
  assert.equal(requestOf(xmppMessage({ "xml:lang": "de" }, ...several)).body.toString(), "ahoj");
  assert.equal(requestOf(xmppMessage({}, ...several, body("plain"))).body.toString(), "plain");
  assert.equal(get(xmppMessage({ "xml:lang": "de" }, body("x"), subject("y\n z")), "Subject"), "y z");
  assert.equal(get(xmppMessage({ "xml:lang": "de" }, body("x")), "Content-Language"), "de");
});

test("XEP-0203: a message that waited on its way has its date", () => {
  const delay = (stamp: string): Element => xml("delay", { xmlns: "urn:xmpp:delay", stamp });
  assert.equal(
    get(xmppMessage({}, body("x"), delay("2026-02-03T04:05:06.789Z")), "Date"),
    "Tue, 03 Feb 2026 04:05:06 GMT",
  );
  assert.equal(get(xmppMessage({}, body("x"), delay("yesterday")), "Date"), undefined);
  assert.equal(get(xmppMessage({}, body("x")), "Date"), undefined);
});

test("RFC 6121 §5.2.2: chat, normal, headline and unknown types are carried, groupchat is refused, errors are not answered", () => {
  for (const type of ["chat", "normal", "headline", "other"]) requestOf(xmppMessage({ type }, body("x")));
  assert.deepEqual(messageToSip(xmppMessage({ type: "groupchat" }, body("x")), MAX_BYTES), {
    ok: false,
    condition: "service-unavailable",
  });
  assert.deepEqual(messageToSip(xmppMessage({ type: "error" }, body("x")), MAX_BYTES), { ok: false });
});

test("what has no body says nothing that a MESSAGE could, and is passed over", () => {
  const composing = xml("composing", { xmlns: "http://jabber.org/protocol/chatstates" });
  for (const children of [[], [composing], [subject("x")], [body("")]]) {
    assert.deepEqual(messageToSip(xmppMessage({}, ...children), MAX_BYTES), { ok: false });
  }
});

test("RFC 7247 §5.5: a message to no user, or from an address that SIP cannot write, is refused", () => {
  const condition = (attributes: Record<string, string>): unknown =>
    (messageToSip(xmppMessage(attributes, body("x")), MAX_BYTES) as { condition?: unknown }).condition;
  assert.equal(condition({ to: "local.test" }), "item-not-found");
  assert.equal(condition({ to: "\\20@local.test" }), "item-not-found");
  assert.equal(condition({ from: "\\20@xmpp.example" }), "jid-malformed");
});

test("RFC 3428 §8: a message that is too large for a MESSAGE is a policy-violation", () => {
  assert.deepEqual(messageToSip(xmppMessage({}, body("ü".repeat(600))), MAX_BYTES), {
    ok: false,
    condition: "policy-violation",
  });
  requestOf(xmppMessage({}, body("ü".repeat(300))));
  requestOf(xmppMessage({}, body("ü".repeat(600))), 5000);
});

test("RFC 7572: text in any script comes through both ways unchanged", () => {
  const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(texts, (text) => {
      const there = requestOf(xmppMessage({}, body(text)), 10_000);
      const back = stanzaOf(sipMessage(there.body));
      assert.equal(back.getChildText("body"), text);
    }),
  );
});
