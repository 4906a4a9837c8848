import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pino } from "pino";
import { Model } from "../../../src/federation/model.ts";
import { orders } from "../../../src/federation/shares.ts";
import { Snapshot, SNAPSHOT_FILE, SNAPSHOT_HEADER } from "../../../src/router/snapshot.ts";
import { standingEntries } from "../../../src/router/standing-entries.ts";
import { config, domain, route } from "../../support/federation-objects.ts";
import { LIMITS } from "../../support/programmer.ts";
import { danglingReferences, entriesInForce, expectedEntries } from "../../support/router-table.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

const DIALOGS = {
  keys: ["c0ffee", "0ff1ce"],
  lifetimeSeconds: 60,
  refusedNetworks: ["127.0.0.0/8", "::1/128"],
};
const STANDING = standingEntries(DIALOGS, LIMITS);

function setUp(t: TestContext, delayMs = 10_000) {
  const directory = temporaryDirectory("snapshot");
  const model = new Model(config());
  const log = pino({ level: "silent" });
  const snapshot = new Snapshot(
    { directory, table: model.table, orders, standing: () => STANDING, delayMs },
    log,
  );
  t.after(() => snapshot.flush());
  return { directory, path: join(directory, SNAPSHOT_FILE), model, snapshot };
}

/** Reads db_text as Kamailio does: fields end at a colon, a backslash takes the next character as it is. */
function read(path: string): Map<string, string> {
  const [header, ...rows] = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.equal(`${header ?? ""}\n`, SNAPSHOT_HEADER);
  return new Map(
    rows.map((row) => {
      const fields = row.split(/(?<!\\):/).map((field) => field.replace(/\\(.)/g, "$1"));
      const [key = "", keyType, valueType, value = "", expires] = fields;
      assert.deepEqual([keyType, valueType, expires, fields.length], ["0", "0", "0", 5]);
      return [key, value];
    }),
  );
}

test("the file holds the whole table, and only its owner reads it", async (t) => {
  const { directory, path, model, snapshot } = setUp(t);
  model.setRoute(route("open", { destinationPattern: ".*", nextHop: "2001:db8::1", blockRoute: false }));
  model.setRoute(route("exact", { destinationPattern: "a.test", nextHop: "192.0.2.4" }));
  model.setRoute(route("exact-2", { destinationPattern: "a.test", nextHop: "192.0.2.5" }));
  for (let n = 0; n < 3000; n++) model.setDomain(domain(`d${n}.test`, { sources: ["2001:db8::/32"] }));
  snapshot.changed();
  await snapshot.flush();
  const entries = read(path);
  assert.deepEqual(entriesInForce(entries), expectedEntries(model.table, orders));
  assert.equal(entries.get("key"), "c0ffee,0ff1ce|60");
  assert.equal(entries.get("targets"), "127.0.0.0/8,::1/128|");
  assert.equal(entries.get("limits"), "20|1000|80|20|1|200|500");
  assert.equal(entries.get("epochs"), entries.get("active")?.split("|")[0]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), [SNAPSHOT_FILE]);
});

test("it is written once the table has been quiet", async (t) => {
  const { path, model, snapshot } = setUp(t, 30);
  snapshot.changed();
  model.setDomain(domain("a.test"));
  snapshot.changed();
  const entries = await waitFor("the file", () => read(path));
  assert.equal([...entries.values()].filter((value) => value === "A|").length, 1);
});

test("a table that is never quiet is written all the same", async (t) => {
  const { path, snapshot } = setUp(t, 30);
  await waitFor("the file", () => {
    snapshot.changed();
    return statSync(path);
  });
});

test("a table that changes while it is written leaves no reference to a set that is not in the file", async (t) => {
  const { path, model, snapshot } = setUp(t);
  for (let n = 0; n < 5000; n++) model.setDomain(domain(`d${n}.test`));
  snapshot.changed();
  const written = snapshot.flush();
  await waitFor("the first piece", () => statSync(`${path}.new`).size > 0, { interval: 0 });
  model.setRoute(route("late", { destinationPattern: "late.test", nextHop: "192.0.2.4" }));
  model.setDomain(domain("late.test"));
  await written;
  const entries = read(path);
  assert.equal(entries.get("snapshot/n/late.test"), "A|");
  assert.deepEqual(danglingReferences(entries), []);
});

test("without a change nothing is written", async (t) => {
  const { directory, snapshot } = setUp(t);
  await snapshot.flush();
  assert.deepEqual(readdirSync(directory), []);
});

test("a directory that is not there is no reason to fail", async () => {
  const { table } = new Model(config());
  const directory = join(temporaryDirectory("snapshot"), "absent");
  const snapshot = new Snapshot(
    { directory, table, orders, standing: () => STANDING, delayMs: 1 },
    pino({ level: "silent" }),
  );
  snapshot.changed();
  await snapshot.flush();
  assert.equal(existsSync(directory), false);
});
