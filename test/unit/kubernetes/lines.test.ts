import { deepEqual, equal } from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { lines } from "../../../src/kubernetes/lines.ts";

async function read(chunks: readonly Buffer[], onBytes?: () => void): Promise<string[]> {
  const read: string[] = [];
  for await (const line of lines(Readable.from(chunks), onBytes)) read.push(line);
  return read;
}

test("lines come whole, however the bytes are cut", async () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
  const cuts = fc.array(fc.nat({ max: 500 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(line), cuts, async (expected, at) => {
      const bytes = Buffer.from(expected.map((text) => `${text}\n`).join(""));
      const edges = [0, ...at.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
      deepEqual(await read(chunks), expected);
    }),
  );
});

test("what follows the last newline is dropped", async () => {
  deepEqual(await read([Buffer.from("one\ntw")]), ["one"]);
});

test("parts of a line are signs of life", async () => {
  let signs = 0;
  const chunks = ["a", "b", "c\nd"].map((text) => Buffer.from(text));
  await read(chunks, () => {
    signs += 1;
  });
  equal(signs, 3);
});
