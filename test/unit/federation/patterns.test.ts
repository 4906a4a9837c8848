import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  domainOfKey,
  keysFor,
  lessSpecificKeys,
  parsePattern,
  patternsOfKey,
} from "../../../src/federation/patterns.ts";
import { domainName } from "../../support/arbitraries.ts";

test("each form of a pattern contributes to its route sets", () => {
  assert.deepEqual(parsePattern(".*"), { text: ".*", keys: ["*"] });
  assert.deepEqual(parsePattern("Example.COM."), { text: "example.com", keys: ["example.com"] });
  assert.deepEqual(parsePattern("*.Example.com"), { text: "*.example.com", keys: [".example.com"] });
  assert.deepEqual(parsePattern(".COM.example.*"), {
    text: ".com.example.*",
    keys: ["=example.com", ".example.com"],
  });
  assert.deepEqual(parsePattern("*.de"), { text: "*.de", keys: [".de"] });
  assert.deepEqual(parsePattern("*.münchen.example"), {
    text: "*.xn--mnchen-3ya.example",
    keys: [".xn--mnchen-3ya.example"],
  });
});

test("what is no domain pattern is refused", () => {
  const wrong = [
    "",
    "*",
    "*.",
    ".",
    "..*",
    "a.*",
    "*.*",
    "a*.b",
    ".com",
    "192.0.2.1",
    "*.2.1",
    ".192.0.*",
    "a b",
  ];
  for (const text of wrong) assert.equal(parsePattern(text), undefined, text);
});

test("the most specific set comes first, the default route last", () => {
  assert.deepEqual(keysFor("a.b.test"), ["a.b.test", "=a.b.test", ".b.test", ".test", "*"]);
  assert.deepEqual(lessSpecificKeys(".b.test"), [".test", "*"]);
  assert.deepEqual(lessSpecificKeys("=b.test"), [".test", "*"]);
  assert.deepEqual(lessSpecificKeys("*"), []);
});

test("the canonical text of a pattern reads back as itself, and its sets name it", () => {
  const forms = (name: string) => [name, `*.${name}`, `.${name.split(".").reverse().join(".")}.*`, ".*"];
  fc.assert(
    fc.property(domainName, fc.nat(3), (name, form) => {
      const pattern = parsePattern(forms(name)[form] ?? "");
      assert.ok(pattern);
      assert.deepEqual(parsePattern(pattern.text), pattern);
      for (const key of pattern.keys) assert.ok(patternsOfKey(key).includes(pattern.text));
    }),
  );
});

test("a domain is served by the sets of patterns that match it, and by no others", () => {
  fc.assert(
    fc.property(domainName, domainName, (name, base) => {
      const keys = keysFor(name);
      assert.equal(keys.includes(`.${base}`), name.endsWith(`.${base}`));
      assert.equal(keys.includes(`=${base}`), name === base);
      assert.equal(keys.includes(base), name === base);
      assert.ok(keys.every((key) => key === "*" || name.endsWith(domainOfKey(key))));
    }),
  );
});
