import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { netstring, NetstringParser } from "../../../src/router/netstring.ts";

test("a frame carries its length in bytes", () => {
  assert.equal(netstring("Q|köln.example"), "15:Q|köln.example,");
  assert.equal(netstring(""), "0:,");
});

test("messages come out whole wherever the stream is cut", () => {
  const bytes = Buffer.from(["H|1", "", "Q|a.example|o"].map(netstring).join(""));
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const parser = new NetstringParser();
      const parts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      assert.deepEqual(
        parts.flatMap((part) => parser.push(part)),
        ["H|1", "", "Q|a.example|o"],
      );
    }
  }
});

test("any messages survive any chunks", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 12 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (messages, cuts) => {
        const parser = new NetstringParser();
        const wellFormed = messages.map((message) => message.toWellFormed());
        const bytes = Buffer.from(wellFormed.map(netstring).join(""));
        const found: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          found.push(...parser.push(bytes.subarray(at, at + cut)));
          at += cut;
        }
        found.push(...parser.push(bytes.subarray(at)));
        assert.deepEqual(found, wellFormed);
      },
    ),
  );
});

test("what is no netstring is an error, and never waited for", () => {
  for (const text of ["x", ":", "5x:", "3:abcd", "-1:,", "99999999999:"]) {
    assert.throws(() => new NetstringParser().push(Buffer.from(text)), /netstring/, text);
  }
});
