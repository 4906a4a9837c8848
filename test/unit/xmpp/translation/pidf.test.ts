import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import xml from "@xmpp/xml";
import { pidfOf, readPidf } from "../../../../src/xmpp/translation/pidf.ts";
import {
  presenceOf,
  presenceStanza,
  type PresenceState,
} from "../../../../src/xmpp/translation/presence-state.ts";
import { readResource, tupleId } from "../../../../src/xmpp/translation/tuple-id.ts";
import { readXml } from "../../../../src/xmpp/translation/xml-document.ts";

const NOTHING: PresenceState = {
  available: true,
  resource: undefined,
  show: undefined,
  priority: undefined,
  statuses: [],
  language: undefined,
};

const texts = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => text.trim() !== "" && !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text));
const resources = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((text) => readResource(tupleId(text)) !== undefined);
const languages = fc.constantFrom(undefined, "de", "zh-Hant", "en-GB");
const states: fc.Arbitrary<PresenceState> = fc
  .record(
    {
      available: fc.boolean(),
      resource: fc.option(resources, { nil: undefined }),
      show: fc.constantFrom(undefined, "away", "chat", "dnd", "xa"),
      priority: fc.option(fc.integer({ min: 0, max: 127 }), { nil: undefined }),
      statuses: fc.uniqueArray(fc.record({ language: languages, text: texts }, { noNullPrototype: true }), {
        selector: ({ language }) => language,
        maxLength: 4,
      }),
      language: languages,
    },
    { noNullPrototype: true },
  )
  .map((state) => (state.available ? state : { ...state, show: undefined, priority: undefined }));

test("RFC 8048 §6.2: what goes to SIP as PIDF comes back as it was", () => {
  fc.assert(
    fc.property(states, (state) => {
      const document = Buffer.from(pidfOf("sip:juliet@far.example", state));
      assert.deepEqual(readPidf(document, state.language), [state]);
    }),
  );
});

test("RFC 8048 §6.3: what goes to XMPP as a stanza comes back as it was", () => {
  fc.assert(
    fc.property(states, (state) => {
      const stanza = presenceStanza(state, "romeo@local.example", "juliet@far.example");
      const read = readXml(Buffer.from(stanza.toString()), { bytes: 100_000, depth: 4 });
      assert.ok(read);
      assert.deepEqual(presenceOf(read), state);
    }),
  );
});

test("RFC 8048 §6.2: each priority is its own in PIDF; a negative one is not mapped", () => {
  const priority = (value: number): string | undefined =>
    /priority="([\d.]+)"/.exec(pidfOf("sip:a@b.example", { ...NOTHING, priority: value }))?.[1];
  assert.deepEqual([0, 1, 2, 126, 127].map(priority), ["0", "0.007", "0.015", "0.992", "1"]);
  assert.equal(new Set(Array.from({ length: 128 }, (_, value) => priority(value))).size, 128);
  assert.equal(priority(-1), undefined);
});

test("RFC 8048 §6.2: tuple ids are what an xs:ID may be, whatever the resource", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (resource) => {
      assert.match(tupleId(resource), /^ID-[A-Za-z0-9._-]+$/);
    }),
  );
  assert.equal(tupleId("4 a/b"), "ID-4_x20_a_x2F_b");
  assert.equal(readResource("ID-_x20_"), undefined);
  assert.equal(readResource("t4711"), "t4711");
  for (const id of ["", "ID-", "a\u0000", "ID-_x0_", "\u2028", "x".repeat(1024), 7, undefined]) {
    assert.equal(readResource(id), undefined);
  }
  assert.equal(readResource("ID-_xFFFFFF_"), "_xFFFFFF_");
});

/** A document around some tuples. */
const around = (inner: string, head = ""): Buffer =>
  Buffer.from(
    `${head}<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="pres:a@b.example">${inner}</presence>`,
  );

test("RFC 3863 §4: documents as others write them", () => {
  const prefixed = Buffer.from(
    `\ufeff<?xml version="1.0"?>\r\n<!-- a < b --><p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' entity='pres:a@b.example'>
    <p:tuple id="t1"><p:status><p:basic> open </p:basic></p:status><p:note xml:lang='fr'>&#xC0; bient&#244;t &amp; <![CDATA[<b>]]></p:note></p:tuple>
    </p:presence>`,
  );
  assert.deepEqual(readPidf(prefixed, "fr"), [
    { ...NOTHING, resource: "t1", statuses: [{ language: "fr", text: "À bientôt & <b>" }], language: "fr" },
  ]);
  const two = around(`<tuple id="a"><status><basic>closed</basic></status></tuple>
    <tuple id="b"><status><basic>open</basic></status><contact priority="0.8">sip:a@b.example</contact></tuple>
    <tuple id="a"><status><basic>open</basic></status></tuple><note>Hello</note>`);
  const hello = [{ language: undefined, text: "Hello" }];
  assert.deepEqual(readPidf(two, undefined), [
    { ...NOTHING, available: false, resource: "a", statuses: hello },
    { ...NOTHING, resource: "b", priority: 102, statuses: hello },
  ]);
  assert.deepEqual(readPidf(around("<note>Hello</note>"), undefined), [
    { ...NOTHING, available: false, statuses: hello },
  ]);
  assert.deepEqual(readPidf(around('<tuple id="x"/>'), undefined), [
    { ...NOTHING, available: false, resource: "x" },
  ]);
});

test("RFC 4480 §3.2: activities of SIP user agents are shown, and an explicit show wins", () => {
  const tuple = (inner: string, person = ""): string | undefined =>
    readPidf(
      around(`<tuple id="a"><status><basic>open</basic>${inner}</status></tuple>${person}`),
      undefined,
    )?.[0]?.show;
  const person = '<dm:person id="p"><r:activities><r:on-the-phone/></r:activities></dm:person>';
  assert.equal(tuple("", person), "dnd");
  assert.equal(tuple("<r:activities><r:unknown/><r:away/></r:activities>"), "away");
  assert.equal(tuple('<show xmlns="jabber:client">xa</show>', person), "xa");
  assert.equal(tuple("<show>xa</show>"), undefined);
  assert.match(pidfOf("sip:a@b.example", { ...NOTHING, show: "dnd" }), /<rpid:busy\/>/);
});

test("documents that attack their readers, or are none, are refused", () => {
  const bomb = '<!DOCTYPE presence [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>';
  for (const document of [
    around("<note>&b;</note>", bomb),
    around("", '<!DOCTYPE presence SYSTEM "http://127.0.0.1/x">'),
    around("<note>&xxe;</note>"),
    around("<note>&#0;</note>"),
    around("<note>"),
    around("</note>"),
    around("<a>".repeat(20) + "</a>".repeat(20)),
    around(`<note>${"x".repeat(70_000)}</note>`),
    Buffer.concat([around(""), around("")]),
    Buffer.from("<presence xmlns='jabber:client'/>"),
    Buffer.from("open"),
    Buffer.from("</presence>"),
    Buffer.alloc(0),
    Buffer.from([0xff, 0xfe, 0x3c]),
  ]) {
    assert.equal(readPidf(document, undefined), undefined, document.toString().slice(0, 80));
  }
});

test("no document makes the reader throw", () => {
  const pieces = fc.array(
    fc.constantFrom(
      "<presence xmlns='urn:ietf:params:xml:ns:pidf'>",
      "<tuple id='a'>",
      "</tuple>",
      "<!--",
      "-->",
      "&",
      ";",
      "<![CDATA[",
      "]]>",
      "<?",
      "?>",
      "</presence>",
      "<a",
      ">",
      "'",
      "=",
    ),
  );
  fc.assert(
    fc.property(pieces, (some) => {
      readPidf(Buffer.from(some.join("")), "x\r\nEvil: yes");
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void readPidf(Buffer.from(bytes), undefined)));
});

test("RFC 8048 §6.2: only what notifies is presence; what makes no sense in it is left out", () => {
  assert.equal(presenceOf(xml("presence", { type: "subscribe" })), undefined);
  assert.equal(presenceOf(xml("presence", { type: "error" })), undefined);
  const odd = xml(
    "presence",
    { from: "a@b.example/c/d", "xml:lang": "en\r\nEvil: yes" },
    xml("show", {}, "gone"),
    xml("priority", {}, "200"),
    xml("status", {}, "\u0001 one"),
    xml("status", {}, "two"),
  );
  assert.deepEqual(presenceOf(odd), {
    ...NOTHING,
    resource: "c/d",
    statuses: [{ language: undefined, text: "\ufffd one" }],
  });
});
