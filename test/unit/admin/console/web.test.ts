/** The parts of the pages that need no browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, niceCeiling, seriesOf, totalOf } from "../../../../src/admin/console/web/buckets.ts";
import { ago, duration, rate } from "../../../../src/admin/console/web/format.ts";
import { drawnRows, moved, scrolledTo } from "../../../../src/admin/console/web/window.ts";
import { RowStore } from "../../../../src/admin/console/web/row-store.ts";
import type { DomainPage, Sample } from "../../../../src/admin/console/types.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { domainRow } from "../../../support/console-bed.ts";

const MINUTE = 60_000;
const SHAPE = { height: 400, rowHeight: 40, total: 100_000, beyond: 8 };

test("of any number of rows only those in view are drawn, and some around them", () => {
  assert.deepEqual(drawnRows(0, SHAPE), { first: 0, end: 18 });
  assert.deepEqual(drawnRows(2_000_000, SHAPE), { first: 49_992, end: 50_018 });
  assert.deepEqual(drawnRows(4_000_000 - 400, SHAPE), { first: 99_982, end: 100_000 });
  assert.deepEqual(drawnRows(4_000_000, { ...SHAPE, total: 3 }), { first: 3, end: 3 });
  assert.deepEqual(drawnRows(0, { ...SHAPE, total: 0 }), { first: 0, end: 0 });
});

test("it is scrolled no further than it takes to see a row", () => {
  assert.equal(scrolledTo(5, 0, SHAPE), 0);
  assert.equal(scrolledTo(20, 0, SHAPE), 440);
  assert.equal(scrolledTo(3, 400, SHAPE), 120);
});

test("keys move within the list", () => {
  assert.equal(moved("ArrowDown", 0, 10, 5), 1);
  assert.equal(moved("ArrowUp", 0, 10, 5), 0);
  assert.equal(moved("PageDown", 3, 10, 5), 8);
  assert.equal(moved("End", 3, 10, 5), 9);
  assert.equal(moved("Home", 3, 10, 5), 0);
  assert.equal(moved("x", 3, 10, 5), undefined);
  assert.equal(moved("ArrowDown", 0, 0, 5), undefined);
});

function sample(at: number, relayed: Readonly<Record<string, number>>): Sample {
  return { at, seconds: 10, relayed, refused: {}, asked: {}, discovered: 0 };
}

test("samples become columns, and the small series one", () => {
  const now = 100 * MINUTE - 1;
  const samples = [
    sample(now - 2 * MINUTE, { MESSAGE: 5, INVITE: 1 }),
    sample(now - 10_000, { MESSAGE: 2, BYE: 1 }),
    sample(now, { MESSAGE: 3, INFO: 1 }),
    sample(now - 200 * MINUTE, { MESSAGE: 1_000 }),
  ];
  const columns = columnsOf({ range: "hour", seconds: 10, samples }, now);
  assert.equal(columns.ends.length, 60);
  assert.equal(columns.ends.at(-1), 100 * MINUTE);
  const [messages, others] = seriesOf(columns, ({ relayed }) => relayed, 2);
  assert.deepEqual(messages?.values.slice(-3), [5, undefined, 5]);
  assert.deepEqual(others && [others.name, totalOf(others)], ["other", 3]);
});

test("numbers and times are as people say them", () => {
  assert.deepEqual(
    [0, 45_000, 60_000, 7_200_000, 86_400_000 * 40].map((ms) => ago(0, ms)),
    ["just now", "just now", "1 min ago", "2 hours ago", "1 month ago"],
  );
  assert.deepEqual([0, 0.0512, 1.25, 99.9, 1234.5].map(rate), ["0", "0.051", "1.3", "100", "1,235"]);
  assert.deepEqual([0.42, 12.3, 1500].map(duration), ["0.4 ms", "12 ms", "1.5 s"]);
  assert.deepEqual([0, 1, 3, 7, 61, 1200].map(niceCeiling), [1, 1, 4, 10, 100, 2000]);
});

function store() {
  const asked: number[] = [];
  let version = 0;
  const rows = new RowStore({
    load: (offset, limit): Promise<DomainPage> => {
      asked.push(offset);
      const some = Array.from({ length: limit }, (_, at) => domainRow(`d${offset + at}.v${version}.example`));
      return Promise.resolve({ all: 1000, total: 1000, offset, rows: some });
    },
    changed: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  return {
    rows,
    asked,
    change: () => {
      version += 1;
    },
  };
}

test("rows are fetched as they are looked at, and once", async () => {
  const { rows, asked } = store();
  rows.want(95, 105);
  await waitFor("both pages", () => rows.row(95) && rows.row(104));
  rows.want(95, 105);
  assert.deepEqual(asked, [0, 100]);
  assert.equal(rows.row(300), undefined);
});

test("after a change what is shown stays, until it is fetched anew", async () => {
  const { rows, asked, change } = store();
  rows.want(0, 10);
  await waitFor("the page", () => rows.row(0));
  change();
  rows.apply({
    all: 1001,
    changed: [domainRow("d3.v0.example", { state: "Blocked" })],
    removed: [],
    more: false,
  });
  assert.equal(rows.row(3)?.state, "Blocked");
  rows.renew();
  assert.equal(rows.row(0)?.name, "d0.v0.example");
  rows.want(0, 10);
  await waitFor("the new page", () => rows.row(0)?.name === "d0.v1.example");
  assert.deepEqual(asked, [0, 0]);
});
