import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { DomainChanges, MAX_TOLD } from "../../../../src/admin/console/domains/changes.ts";
import { DomainIndex } from "../../../../src/admin/console/domains/index.ts";
import type { DomainRow, DomainsEvent } from "../../../../src/admin/console/types.ts";
import { domainRow } from "../../../support/console-bed.ts";

function start(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const rows = new Map<string, DomainRow>();
  const events: DomainsEvent[] = [];
  const index = new DomainIndex();
  const changes = new DomainChanges({
    index,
    row: (name) => rows.get(name),
    changed: (event) => void events.push(event),
  });
  t.after(() => {
    changes.stop();
  });
  const pass = (): void => {
    t.mock.timers.tick(250);
  };
  return { rows, events, index, changes, pass };
}

test("what happens within a moment is told together, and what stays the same not at all", (t) => {
  const { rows, events, index, changes, pass } = start(t);
  rows.set("a.example", domainRow("a.example"));
  rows.set("b.example", domainRow("b.example"));
  changes.mark(["a.example"]);
  changes.mark(["b.example", "never.example"]);
  assert.equal(events.length, 0);
  pass();
  assert.equal(events.length, 1);
  assert.deepEqual(
    events[0]?.changed.map(({ name }) => name),
    ["a.example", "b.example"],
  );
  changes.mark(["a.example"]);
  pass();
  assert.equal(events.length, 1, "nothing of it changed");
  rows.delete("a.example");
  changes.mark(["a.example"]);
  pass();
  assert.deepEqual(events[1], { all: 1, changed: [], removed: ["a.example"], more: false });
  assert.equal(index.size, 1);
});

test("many are done in slices, and told as many", async (t) => {
  const { rows, events, index, changes } = start(t);
  for (let at = 0; at < 5000; at += 1) rows.set(`d${at}.example`, domainRow(`d${at}.example`));
  changes.mark(rows.keys());
  t.mock.timers.tick(200);
  assert.ok(index.size < 5000, "others had their turn meanwhile");
  while (index.size < 5000) await setImmediate();
  for (const { changed, more } of events) assert.deepEqual([changed.length, more], [MAX_TOLD, true]);
});
