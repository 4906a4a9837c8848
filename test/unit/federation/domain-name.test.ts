import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalDomain, canonicalHost, isCacheable, parents } from "../../../src/federation/domain-name.ts";

test("a domain has one spelling", () => {
  assert.equal(canonicalDomain("Partner.Example.COM."), "partner.example.com");
  assert.equal(canonicalDomain("MÜNCHEN.example"), "xn--mnchen-3ya.example");
  assert.equal(canonicalDomain("münchen。example"), "xn--mnchen-3ya.example");
  assert.equal(canonicalDomain("under_score.example"), "under_score.example");
});

test("what is no name has no spelling", () => {
  for (const text of ["", ".", "a..b", ".a.b", "a b", "a/b", "ü:80", "ü%41.b", "192.0.2.1", "a.b..", "a|b"]) {
    assert.equal(canonicalDomain(text), undefined, text);
  }
});

test("a host is a name or an address", () => {
  assert.equal(canonicalHost("[2001:DB8::1]"), "2001:db8::1");
  assert.equal(canonicalHost("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(canonicalHost("SIP.example."), "sip.example");
  assert.equal(canonicalHost("[a.example]"), undefined);
  assert.equal(canonicalHost("a:5060"), undefined);
});

test("canonical spelling is idempotent", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6()), (text) => {
      const once = canonicalHost(text);
      fc.pre(once !== undefined);
      assert.equal(canonicalHost(once), once);
      assert.equal(canonicalHost(once.toUpperCase()), once);
    }),
  );
});

test("names that could be partners may be remembered", () => {
  for (const name of ["partner.example", "a.b", "xn--mnchen-3ya.example", "4you.example.com"]) {
    assert.equal(isCacheable(name), true, name);
  }
});

test("what leads nowhere, or could not be stored, is never remembered", () => {
  const long = `${"a".repeat(60)}.`.repeat(5);
  const names = [
    "192.0.2.1",
    "2001:db8::1",
    "single",
    "localhost",
    "a.localhost",
    "invalid",
    "anonymous.invalid",
  ];
  const unstorable = [
    "under_score.example",
    "a.123",
    "-a.example",
    `${"a".repeat(64)}.example`,
    `${long}com`,
  ];
  for (const name of [...names, ...unstorable]) assert.equal(isCacheable(name), false, name);
});

test("parents are the domains above, nearest first", () => {
  assert.deepEqual(parents("a.b.c"), ["b.c", "c"]);
  assert.deepEqual(parents("single"), []);
});
