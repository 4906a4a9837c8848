import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableChanges } from "../../../src/federation/types.ts";
import { Learning, type LearningPorts } from "../../../src/reconcile/learning.ts";

function learningWith(overrides: Partial<LearningPorts> = {}) {
  const log: string[] = [];
  const learning = new Learning({
    shouldRemember: () => true,
    admit: () => true,
    write: (domain) => log.push(`write ${domain}`),
    forget: (domain) => {
      log.push(`forget ${domain}`);
      return Promise.resolve();
    },
    settled: () => log.push("batch due"),
    uncached: (direction) => log.push(`uncached ${direction}`),
    failed: (domain) => log.push(`failed ${domain}`),
    ...overrides,
  });
  return { learning, log };
}

test("a reached domain is written once, and forgotten by the router only after a batch that holds it", async () => {
  const { learning, log } = learningWith();
  assert.equal(learning.verdict("a.example", "outbound"), "default");
  learning.learned("a.example", "outbound");
  learning.learned("a.example", "outbound");
  assert.deepEqual(log, ["write a.example"]);
  assert.deepEqual(learning.takeSettled(), []);
  learning.seen("a.example");
  assert.equal(learning.pending, 0);
  const settled = learning.takeSettled();
  await learning.forget(settled);
  assert.deepEqual(log, ["write a.example", "batch due", "forget a.example"]);
});

test("one place under the limits serves the question and the learning", () => {
  let places = 1;
  const { learning, log } = learningWith({ admit: () => places-- > 0 });
  assert.equal(learning.verdict("a.example", "outbound"), "default");
  learning.learned("a.example", "outbound");
  assert.equal(learning.verdict("b.example", "outbound"), "uncached");
  assert.deepEqual(log, ["write a.example"], "whoever asked counts its verdict");
});

test("a domain learned without a question (explicit route) takes a place of its own", () => {
  const { learning, log } = learningWith({ admit: () => false });
  learning.learned("a.example", "outbound");
  assert.deepEqual(log, ["uncached outbound", "batch due"]);
  assert.deepEqual(learning.takeSettled(), ["a.example"]);
});

test("what the table would no longer cache is not written, and the router forgets it", () => {
  let open = true;
  const { learning, log } = learningWith({ shouldRemember: () => open });
  learning.learned("a.example", "outbound");
  open = false;
  assert.equal(learning.stillWanted("a.example"), false);
  assert.deepEqual(learning.takeSettled(), ["a.example"]);
  assert.deepEqual(log, ["write a.example", "batch due"]);
});

const NOTHING: TableChanges = { names: new Set(), routeSets: new Set(), settings: false };
const ROUTES: TableChanges = { ...NOTHING, routeSets: new Set(["a.example"]) };
const SETTINGS: TableChanges = { ...NOTHING, settings: true };

for (const changes of [ROUTES, SETTINGS]) {
  test(`what waits to be written is looked at again after changes of ${changes.settings ? "settings" : "routes"}`, () => {
    const wanted = new Set(["a.example", "b.example"]);
    const { learning } = learningWith({ shouldRemember: (domain) => wanted.has(domain) });
    for (const domain of wanted) learning.learned(domain, "outbound");
    wanted.delete("a.example");
    learning.tableChanged(changes);
    learning.tableChanged(NOTHING); // in a batch of its own, before there was a look
    learning.reconsider();
    assert.equal(learning.pending, 1);
    assert.deepEqual(learning.takeSettled(), ["a.example"]);
  });
}

test("a domain that is new in the table costs no look at all those that wait", () => {
  let looks = 0;
  const { learning } = learningWith({ shouldRemember: () => (looks += 1) > 0 });
  learning.learned("a.example", "outbound");
  looks = 0;
  learning.tableChanged({ ...NOTHING, names: new Set(["b.example"]) });
  learning.reconsider();
  assert.equal(looks, 0);
});

test("a failed batch or a failed forget loses nothing", async () => {
  const { learning, log } = learningWith({ forget: () => Promise.reject(new Error("router away")) });
  learning.learned("a.example", "outbound");
  learning.seen("a.example");
  learning.putBack(learning.takeSettled());
  await learning.forget(learning.takeSettled());
  assert.deepEqual(log.at(-1), "failed a.example");
  assert.deepEqual(learning.takeSettled(), ["a.example"]);
});

test("what the API server refuses is forgotten by the router, served uncached, and tried again later", () => {
  const { learning, log } = learningWith();
  learning.verdict("a.example", "outbound");
  learning.learned("a.example", "outbound");
  learning.refused("a.example");
  assert.equal(learning.pending, 0);
  assert.deepEqual(learning.takeSettled(), ["a.example"]);
  assert.equal(learning.verdict("a.example", "outbound"), "uncached");
  learning.learned("a.example", "outbound"); // by an explicit route, without a question
  assert.deepEqual(learning.takeSettled(), ["a.example"]);
  assert.equal(learning.verdict("b.example", "outbound"), "default", "others go on");
  learning.expire();
  assert.equal(learning.verdict("a.example", "outbound"), "default");
  assert.deepEqual(
    log.filter((line) => line.startsWith("write")),
    ["write a.example"],
  );
});

test("what is on its way to the API, and what the API refused, is remembered until it is seen or expires", () => {
  const { learning } = learningWith();
  const states = (): unknown[] => [learning.memory("a.example"), learning.memory("b.example")];
  assert.deepEqual(states(), [undefined, undefined]);
  learning.learned("a.example", "outbound");
  learning.learned("b.example", "inbound", "XMPP");
  assert.deepEqual(states(), ["learned", "learnedOverXmpp"]);
  learning.seen("a.example");
  learning.refused("b.example");
  assert.deepEqual(states(), [undefined, "refused"]);
  learning.expire();
  assert.deepEqual(states(), [undefined, undefined]);
});
