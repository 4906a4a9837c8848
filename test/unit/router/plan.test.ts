import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../../../src/federation/model.ts";
import { orders } from "../../../src/federation/shares.ts";
import { AppliedTable } from "../../../src/router/applied.ts";
import { plan, type Dirty, type Plan } from "../../../src/router/plan.ts";
import { config, domain, route } from "../../support/federation-objects.ts";

const NOTHING: Dirty = { names: [], sets: [] };

function model(): Model {
  const made = new Model(config());
  made.setRoute(route("open", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: false }));
  made.setRoute(route("below", { destinationPattern: "*.test", nextHop: "192.0.2.2" }));
  made.setRoute(route("deeper", { destinationPattern: "*.b.test", nextHop: "192.0.2.3" }));
  made.setRoute(route("exact", { destinationPattern: "a.b.test", nextHop: "192.0.2.4" }));
  made.setRoute(route("exact-2", { destinationPattern: "a.b.test", nextHop: "192.0.2.5" }));
  return made;
}

function everything({ table }: Model): Dirty {
  return { names: table.names.keys(), sets: table.routeSets.keys() };
}

function steps(todo: Plan): string[] {
  return todo.writes.map((write) => {
    if (write.section === "active") return `active ${write.value}`;
    return `${write.section}/${write.id} ${write.value ?? "∅"}`;
  });
}

function settle(applied: AppliedTable, todo: Plan): void {
  for (const write of todo.writes) applied.settle(write, true);
}

const withoutIds = (lines: readonly string[]) => lines.map((line) => line.replace(/[0-9a-f]{16}/g, "ID"));

test("orders come before sets, sets after what they name, names last", () => {
  const made = model();
  made.setDomain(domain("a.b.test"));
  assert.deepEqual(withoutIds(steps(plan(made.table, new AppliedTable(), everything(made), orders))), [
    "o/ID sip:192.0.2.4:5060;transport=tcp sip:192.0.2.5:5060;transport=tcp",
    "o/ID sip:192.0.2.5:5060;transport=tcp sip:192.0.2.4:5060;transport=tcp",
    "s/* 0||1|sip:192.0.2.1:5060;transport=tcp",
    "s/.test 0|*|1|sip:192.0.2.2:5060;transport=tcp",
    "s/.b.test 0|.test|1|sip:192.0.2.3:5060;transport=tcp",
    "s/a.b.test 0|.b.test|2|ID",
    "n/a.b.test A|a.b.test",
    "n/local.test L|",
  ]);
});

test("the record comes after what it needs, and before what it lets go", () => {
  const made = model();
  const applied = new AppliedTable();
  applied.settle({ section: "n", id: "gone.test", value: "A|" }, true);
  const todo = plan(made.table, applied, { names: ["gone.test"], sets: [] }, orders, "e1|1|2|S||");
  assert.deepEqual(steps(todo), [
    "s/* 0||1|sip:192.0.2.1:5060;transport=tcp",
    "active e1|1|2|S||",
    "n/gone.test ∅",
  ]);
});

test("what is applied already is not written again", () => {
  const made = model();
  const applied = new AppliedTable();
  settle(applied, plan(made.table, applied, everything(made), orders));
  assert.deepEqual(steps(plan(made.table, applied, everything(made), orders)), []);
});

test("a change pulls in every set that it refers to, announced or not", () => {
  const made = model();
  made.setDomain(domain("a.b.test"));
  const lines = withoutIds(
    steps(plan(made.table, new AppliedTable(), { names: ["a.b.test"], sets: [] }, orders)),
  );
  assert.deepEqual(
    lines.map((line) => line.split(" ")[0]),
    ["o/ID", "o/ID", "s/*", "s/.test", "s/.b.test", "s/a.b.test", "n/a.b.test"],
  );
});

test("deleted sets: names let go first, then tombstones that pass on, most specific first", () => {
  const made = model();
  const applied = new AppliedTable();
  settle(applied, plan(made.table, applied, everything(made), orders));
  for (const name of ["deeper", "exact", "exact-2"]) made.deleteRoute(name);
  const dirty = { names: [], sets: [".b.test", "a.b.test"] };
  assert.deepEqual(steps(plan(made.table, applied, dirty, orders)), [
    "n/a.b.test ∅",
    "s/a.b.test -|.test|0|",
    "s/.b.test -|.test|0|",
  ]);
  settle(applied, plan(made.table, applied, dirty, orders));
  assert.deepEqual(steps(plan(made.table, applied, dirty, orders)), []);
});

test("a set that comes back takes the place of its tombstone", () => {
  const made = model();
  const applied = new AppliedTable();
  settle(applied, plan(made.table, applied, everything(made), orders));
  made.deleteRoute("deeper");
  settle(applied, plan(made.table, applied, { names: [], sets: [".b.test", "a.b.test"] }, orders));
  made.setRoute(route("deeper", { destinationPattern: "*.b.test", nextHop: "192.0.2.3" }));
  assert.deepEqual(
    steps(plan(made.table, applied, { names: [], sets: ["a.b.test"] }, orders)).map(
      (line) => line.split(" ")[0],
    ),
    ["s/.b.test", "s/a.b.test"],
  );
});

test("what was not acknowledged is written again, whatever it should be", () => {
  const made = model();
  const applied = new AppliedTable();
  settle(applied, plan(made.table, applied, everything(made), orders));
  applied.settle({ section: "s", id: ".test", value: "0|*|0|" }, false);
  applied.settle({ section: "n", id: "gone.test", value: "A|" }, false);
  assert.deepEqual(steps(plan(made.table, applied, { names: ["gone.test"], sets: [".test"] }, orders)), [
    "s/.test 0|*|1|sip:192.0.2.2:5060;transport=tcp",
    "n/gone.test ∅",
  ]);
  made.deleteRoute("below");
  assert.deepEqual(steps(plan(made.table, applied, { names: [], sets: [".test"] }, orders)), [
    "s/.test -|*|0|",
  ]);
});

test("nothing dirty is nothing to do", () => {
  assert.deepEqual(steps(plan(model().table, new AppliedTable(), NOTHING, orders)), []);
});

test("names and keys that do not fit the router's table are rejected, and only they", () => {
  const table = {
    open: false,
    names: new Map([
      ["a|b.test", { kind: "local" } as const],
      ["c.test", { kind: "local" } as const],
    ]),
    routeSets: new Map(
      ["x y", ".ok.test"].map((key) => [key, { key, blocked: true, hops: [], next: undefined }] as const),
    ),
    config: config(),
  };
  const todo = plan(
    table,
    new AppliedTable(),
    { names: table.names.keys(), sets: table.routeSets.keys() },
    orders,
  );
  assert.deepEqual(todo.rejected, ["x y", "a|b.test"]);
  assert.deepEqual(steps(todo), ["s/.ok.test 1||0|", "n/c.test L|"]);
});
