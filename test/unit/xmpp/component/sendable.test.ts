import assert from "node:assert/strict";
import { test } from "node:test";
import { isSendable } from "../../../../src/xmpp/component/sendable.ts";

test("what XML can hold may be sent", () => {
  for (const text of ["", "\t\r\n", "Grüße 你好 👋", "\u0085\ufffd\u{10ffff}", "x".repeat(500_000)]) {
    assert.equal(isSendable(text), true);
  }
});

test("control characters, halves of surrogate pairs, and what is too large may not", () => {
  for (const text of ["\u0000", "a\u0008", "\u000b", "\u001f", "\ufffe", "\uffff", "\ud83d", "\udc4b"]) {
    assert.equal(isSendable(text), false);
  }
  assert.equal(isSendable("ü".repeat(250_001)), false);
});
