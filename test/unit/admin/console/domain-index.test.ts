import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DomainIndex } from "../../../../src/admin/console/domains/index.ts";
import { readPageQuery } from "../../../../src/admin/console/domains/query.ts";
import type { DomainPage } from "../../../../src/admin/console/types.ts";
import { domainRow } from "../../../support/console-bed.ts";

const HOUR = 3_600_000;

function indexOf(...rows: readonly ReturnType<typeof domainRow>[]): DomainIndex {
  const index = new DomainIndex();
  for (const row of rows) index.set(row);
  return index;
}

function page(index: DomainIndex, query: string): DomainPage {
  const read = readPageQuery(new URLSearchParams(query));
  assert.ok(read.ok, JSON.stringify(read));
  return index.page(read.value.query, read.value.offset, read.value.limit);
}

function names(index: DomainIndex, query = ""): string[] {
  return page(index, query).rows.map(({ name }) => name);
}

test("domains are listed by name, page by page", () => {
  const index = indexOf(
    ...["c.example", "a.example", "d.example", "b.example"].map((name) => domainRow(name)),
  );
  assert.deepEqual(names(index), ["a.example", "b.example", "c.example", "d.example"]);
  const second = page(index, "offset=1&limit=2");
  assert.deepEqual([second.all, second.total, second.offset], [4, 4, 1]);
  assert.deepEqual(names(index, "offset=1&limit=2"), ["b.example", "c.example"]);
  assert.deepEqual(names(index, "offset=9"), []);
  assert.deepEqual(names(index, "order=descending&limit=2"), ["d.example", "c.example"]);
});

test("filters hold together", () => {
  const index = indexOf(
    domainRow("a.example", { protocol: "XMPP", servedBy: { kind: "XMPP" } }),
    domainRow("b.example", { state: "Blocked", origin: "written", trust: "Full" }),
    domainRow("c.partner.test", { description: "Contract ACME 4711" }),
    domainRow("d.test", { servedBy: { kind: "Explicit", pattern: "*.test", route: "test" } }),
  );
  assert.deepEqual(names(index, "protocol=XMPP"), ["a.example"]);
  assert.deepEqual(names(index, "route=XMPP"), ["a.example"]);
  assert.deepEqual(names(index, "state=Blocked&origin=written"), ["b.example"]);
  assert.deepEqual(names(index, "state=Blocked&origin=discovered"), []);
  assert.deepEqual(names(index, "text=EXAMPLE"), ["a.example", "b.example"]);
  assert.deepEqual(names(index, "text=acme"), ["c.partner.test"], "descriptions count too");
  assert.deepEqual(names(index, "route=*.test"), ["d.test"]);
  assert.equal(index.servedBy("*.test"), 1);
  assert.equal(index.servedBy(".*"), 2);
});

test("what is newest, or was active last, comes first where asked for", () => {
  const index = indexOf(
    domainRow("a.example", { created: HOUR, activity: 5 * HOUR }),
    domainRow("b.example", { created: 3 * HOUR }),
    domainRow("c.example", { created: 2 * HOUR, activity: 6 * HOUR }),
  );
  assert.deepEqual(names(index, "sort=created&order=descending"), ["b.example", "c.example", "a.example"]);
  assert.deepEqual(names(index, "sort=activity&order=descending"), ["c.example", "a.example", "b.example"]);
  assert.deepEqual(names(index, "activity=seen"), ["a.example", "c.example"]);
  assert.deepEqual(names(index, "activity=none&sort=activity"), ["b.example"]);
});

test("the latest are discovered ones, newest first", () => {
  const rows = Array.from({ length: 50 }, (_, at) =>
    domainRow(`d${at}.example`, {
      created: ((at * 7) % 50) * HOUR,
      origin: at % 2 ? "written" : "discovered",
    }),
  );
  const expected = rows
    .filter(({ origin }) => origin === "discovered")
    .sort((a, b) => b.created - a.created)
    .slice(0, 8);
  assert.deepEqual(indexOf(...rows).latest(8), expected);
});

test("a query that makes no sense names its parameter", () => {
  const cases = {
    "state=Fine": "state",
    "activity=much": "activity",
    "limit=0": "limit",
    "limit=501": "limit",
    "offset=-1": "offset",
    "x=1": "x",
  };
  for (const [query, parameter] of Object.entries(cases)) {
    const read = readPageQuery(new URLSearchParams(query));
    assert.ok(!read.ok, query);
    assert.equal(read.parameter, parameter);
  }
});

test("after any changes the index is as if it had been made anew", () => {
  const name = fc.integer({ min: 0, max: 30 }).map((at) => `d${at}.example`);
  const change = fc.oneof(
    fc.record({ name, state: fc.constantFrom("Ready", "Blocked") }),
    fc.record({ gone: name }),
    fc.constant("look" as const),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const index = new DomainIndex();
      const rows = new Map<string, ReturnType<typeof domainRow>>();
      for (const one of changes) {
        if (one === "look") index.page({ sort: "name", descending: false }, 0, 10);
        else if ("gone" in one) assert.equal(index.delete(one.gone), rows.delete(one.gone));
        else {
          const row = domainRow(one.name, { state: one.state });
          index.set(row);
          rows.set(one.name, row);
        }
      }
      const sorted = [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(index.page({ sort: "name", descending: false }, 0, 100).rows, sorted);
      const counts = index.counts();
      assert.deepEqual(counts, indexOf(...sorted).counts());
      assert.equal(counts.states.Blocked, sorted.filter(({ state }) => state === "Blocked").length);
    }),
  );
});

test("many that come at once are in their places too", () => {
  const index = indexOf(domainRow("m.example"));
  index.page({ sort: "name", descending: false }, 0, 1);
  for (let at = 0; at < 2000; at += 1) index.set(domainRow(`d${at}.example`));
  const { rows, total } = index.page({ sort: "name", descending: false }, 0, 5000);
  assert.equal(total, 2001);
  assert.deepEqual(
    rows,
    rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );
});
