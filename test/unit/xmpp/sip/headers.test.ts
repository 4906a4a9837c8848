import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { header, headerList, parameter, uriOf } from "../../../../src/xmpp/sip/headers.ts";

test("RFC 3261 §7.3: names are found in any case, and by their compact forms", () => {
  const headers = [
    ["v", "SIP/2.0/TCP a;branch=1"],
    ["SUBJECT", "hello"],
    ["Via", "SIP/2.0/TCP b, SIP/2.0/TCP c"],
    ["constructor", "x"],
  ] as const;
  assert.equal(header(headers, "subject"), "hello");
  assert.equal(header(headers, "s"), "hello");
  assert.equal(header(headers, "To"), undefined);
  assert.equal(header(headers, "Constructor"), "x");
  assert.deepEqual(headerList(headers, "Via"), ["SIP/2.0/TCP a;branch=1", "SIP/2.0/TCP b", "SIP/2.0/TCP c"]);
});

test("RFC 3261 §7.3.1: commas and semicolons in quotes and brackets part nothing", () => {
  const value = String.raw`"a, \"b;" <sip:a@b;c=d,e>;tag=1, <sip:f@g>`;
  assert.deepEqual(headerList([["Contact", value]], "m"), [
    String.raw`"a, \"b;" <sip:a@b;c=d,e>;tag=1`,
    "<sip:f@g>",
  ]);
});

test("RFC 3261 §20: parameters are those of the header, not of the URI", () => {
  assert.equal(parameter("<sip:a@b;tag=no>;x;Tag = yes ", "tag"), "yes");
  assert.equal(parameter("<sip:a@b>;x", "X"), "");
  assert.equal(parameter("<sip:a@b>", "tag"), undefined);
  assert.equal(parameter(String.raw`<sip:a@b>;+sip.instance="<urn:\"1;2>"`, "+sip.instance"), '<urn:"1;2>');
});

test("RFC 3261 §20.10: the URI stands in brackets or before the parameters", () => {
  assert.equal(uriOf('"x <sip:no@no>" <sip:a@b;c=d>;tag=1'), "sip:a@b;c=d");
  assert.equal(uriOf("Alice <sip:a@b>"), "sip:a@b");
  assert.equal(uriOf(" sip:a@b;tag=1"), "sip:a@b");
});

test("no text makes a header unreadable", () => {
  const text = fc.string({ unit: fc.constantFrom('"', "\\", "<", ">", ",", ";", "=", "a", " ") });
  fc.assert(
    fc.property(text, (value) => {
      uriOf(value);
      parameter(value, "a");
      assert.ok(headerList([["Via", value]], "Via").length > 0);
    }),
  );
  const long = ["<", '"', '"\\', "<\"'", ";a=", ",\\"].map((unit) => unit.repeat(30_000));
  for (const value of long) {
    const before = performance.now();
    uriOf(value);
    parameter(value, "b");
    assert.ok(performance.now() - before < 500, value.slice(0, 10));
  }
});
