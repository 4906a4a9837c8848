import assert from "node:assert/strict";
import { test } from "node:test";
import { VerdictCache } from "../../../../src/xmpp/discovery/verdict-cache.ts";

test("a full cache forgets what was found first, and never grows", () => {
  const cache = new VerdictCache(3, () => 0);
  for (const name of ["a", "b", "c", "a", "d"]) cache.set(name, "xmpp", 10);
  assert.deepEqual(
    ["a", "b", "c", "d"].map((name) => cache.get(name)),
    ["xmpp", undefined, "xmpp", "xmpp"],
  );
  assert.equal(cache.size, 3);
});

test("what counts for no time replaces what was there", () => {
  const cache = new VerdictCache(3, () => 0);
  cache.set("a", "xmpp", 10);
  cache.set("a", "away", 0);
  assert.equal(cache.get("a"), undefined);
  assert.equal(cache.size, 0);
});
