import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bare, toJid, toSipUri } from "../../../../src/xmpp/translation/addresses.ts";

/** SIP URI, JID: the same address both ways. */
const SAME: readonly (readonly [string, string])[] = [
  ["sip:juliet@example.com", "juliet@example.com"],
  ["sip:romeo@example.net;gr=dr4hcr0st3lup4c", "romeo@example.net/dr4hcr0st3lup4c"],
  ["sip:o'malley@example.com", "o\\27malley@example.com"],
  ["sip:example.com", "example.com"],
  ["sip:example.com;gr=node", "example.com/node"],
  ["sip:+15551234@example.com", "+15551234@example.com"],
  ["sip:j%C3%BCrgen@example.com", "jürgen@example.com"],
  ["sip:%D0%B8%D0%B2%D0%B0%D0%BD@example.com", "иван@example.com"],
  ["sip:%E6%9D%B1@xn--mnchen-3ya.example", "東@münchen.example"],
  ["sip:%F0%9F%98%80@example.com", "😀@example.com"],
  ["sip:a;b=c?d/e,f@example.com", "a;b=c?d\\2fe,f@example.com"],
  ["sip:a%20%22b%22@example.com", "a\\20\\22b\\22@example.com"],
  ["sip:a%3Ab%40c@example.com", "a\\3ab\\40c@example.com"],
  ["sip:a&b@example.com", "a\\26b@example.com"],
  ["sip:%3Ca%3E@example.com", "\\3ca\\3e@example.com"],
  ["sip:c%3A%5Ccool@example.com", "c\\3a\\cool@example.com"],
  ["sip:c%3A%5C5commas@example.com", "c\\3a\\5c5commas@example.com"],
  ["sip:bob@192.0.2.1", "bob@192.0.2.1"],
  ["sip:bob@[2001:db8::1]", "bob@[2001:db8::1]"],
  ["sip:bob@example.com;gr=a%20b/c%40d:e%C3%BC", "bob@example.com/a b/c@d:eü"],
];

test("RFC 7247 §5: an address is the same person's on either side", () => {
  for (const [uri, jid] of SAME) {
    assert.equal(toJid(uri), jid, uri);
    assert.equal(toSipUri(jid), uri, jid);
  }
});

test("RFC 7247 §5.4: what only SIP has is left out of a JID", () => {
  const same = [
    "sips:alice@example.com",
    "SIP:alice@EXAMPLE.com.",
    "sip:alice@example.com:5080;transport=tcp",
    "sip:alice:secret@example.com",
    "sip:alice@example.com;user=phone?subject=hello",
    "sip:alice@example.com;gr",
    "sip:Alice@example.com",
    "sip:%61lice@example.com",
    "sip:ali%C2%ADce@example.com",
    "sip:%EF%BC%A1lice@example.com",
  ];
  for (const uri of same) assert.equal(toJid(uri), "alice@example.com", uri);
  assert.equal(toJid("sip:alice@example.com:5060;a=b;GR=x;c"), "alice@example.com/x");
});

test("what is no SIP URI, or can be no JID, has none", () => {
  const none = [
    "",
    "alice@example.com",
    "tel:+15551234",
    "sip:",
    "sip:@example.com",
    "sip:alice@",
    "sip:a@b@example.com",
    "sip:a%@example.com",
    "sip:a%FF@example.com",
    "sip:a%00@example.com",
    "sip:a%0D%0Ab@example.com",
    "sip:%20a@example.com",
    "sip:a%20@example.com",
    "sip:%C2%AD@example.com",
    "sip:a@exa mple.com",
    "sip:a@exam/ple.com",
    "sip:a@[example.com]",
    "sip:a@.example.com",
    "sip:a@example.com;gr=%00",
    `sip:${"a".repeat(1024)}@example.com`,
    `sip:a@example.com;gr=${"a".repeat(1024)}`,
    "<sip:a@example.com>",
  ];
  for (const uri of none) assert.equal(toJid(uri), undefined, uri);
});

test("what is no JID, or would lead back to another, has no SIP URI", () => {
  const none = [
    "",
    "@example.com",
    "a@",
    "a@b@example.com",
    "a@example.com/",
    "\\20a@example.com",
    "a\\5cb@example.com",
    "a b@exam ple",
    "\ud800@example.com",
    "a@example.com/\u0000",
  ];
  for (const jid of none) assert.equal(toSipUri(jid), undefined, jid);
});

test("RFC 7247 §5.5: JIDs compare without regard to case, and their domains are written in ASCII", () => {
  assert.equal(toSipUri("Juliet@Example.COM/Balcony"), "sip:Juliet@example.com;gr=Balcony");
  assert.equal(toSipUri("a@MÜNCHEN.example."), "sip:a@xn--mnchen-3ya.example");
});

test("a bare JID has no resource", () => {
  assert.equal(bare("a@b/c/d@e"), "a@b");
  assert.equal(bare("a@b"), "a@b");
  assert.equal(bare("b/a@c"), "b");
});

const user = fc.string({ unit: "grapheme", minLength: 1 });
const host = fc.oneof(fc.domain(), fc.ipV4(), fc.constant("[2001:db8::1]"));

test("RFC 7247 §5.4: any SIP user that has a JID comes back from it", () => {
  fc.assert(
    fc.property(user, host, (name, domain) => {
      const jid = toJid(`sip:${encodeURIComponent(name)}@${domain}`);
      fc.pre(jid !== undefined);
      const uri = toSipUri(jid);
      assert.ok(uri !== undefined, jid);
      assert.equal(toJid(uri), jid);
      assert.match(uri, /^[\x21-\x7e]+$/);
    }),
  );
});

test("RFC 7247 §5.5: any JID that has a SIP URI comes back from it", () => {
  const resource = fc.option(user, { nil: undefined });
  fc.assert(
    fc.property(user, host, resource, (name, domain, device) => {
      const jid = `${name.toLowerCase()}@${domain}${device === undefined ? "" : `/${device}`}`;
      const uri = toSipUri(jid);
      fc.pre(uri !== undefined);
      const back = toJid(uri);
      assert.ok(back !== undefined);
      assert.equal(toJid(toSipUri(back) ?? ""), back);
      assert.equal(back.slice(bare(back).length), jid.slice(bare(jid).length));
    }),
  );
});

test("no text makes either direction throw", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, (garbage) => {
      toJid(garbage);
      toJid(`sip:${garbage}`);
      toSipUri(garbage);
      toSipUri(`${garbage}@example.com`);
    }),
  );
});
