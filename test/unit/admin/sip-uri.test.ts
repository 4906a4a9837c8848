import assert from "node:assert/strict";
import { test } from "node:test";
import type { SipUri } from "../../../src/federation/types.ts";
import { parseSipUri } from "../../../src/admin/sip-uri.ts";

const PARSED: Record<string, SipUri | undefined> = {
  "sip:bob@partner.example": { scheme: "sip", user: "bob", host: "partner.example" },
  "SIPS:bob@partner.example:5061": { scheme: "sips", user: "bob", host: "partner.example", port: 5061 },
  "sip:partner.example": { scheme: "sip", host: "partner.example" },
  "sip:bob:secret@partner.example": { scheme: "sip", user: "bob", host: "partner.example" },
  "sip:bob@[2001:db8::1]:5070;transport=tcp": { scheme: "sip", user: "bob", host: "2001:db8::1", port: 5070 },
  "sip:bob;x=1@partner.example;lr?Subject=hi": { scheme: "sip", user: "bob;x=1", host: "partner.example" },
  "tel:+15551234": { scheme: "tel", user: "+15551234" },
  "xmpp:bob@partner.example": { scheme: "xmpp", user: "bob@partner.example" },
  "partner.example": undefined,
  "sip:bob@[2001:db8::1": undefined,
  "sip:bob@two words": undefined,
};

for (const [text, uri] of Object.entries(PARSED)) {
  test(`${text} is ${uri ? "a URI" : "no URI"}`, () => {
    assert.deepEqual(parseSipUri(text), uri);
  });
}
