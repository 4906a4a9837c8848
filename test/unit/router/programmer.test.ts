import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../../src/federation/model.ts";
import { domain, route } from "../../support/federation-objects.ts";
import { assertHolds, setUpProgrammer } from "../../support/programmer.ts";
import { waitFor } from "../../support/wait-for.ts";

function fillModel(model: Model): void {
  model.setRoute(route("open", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: false }));
  model.setRoute(route("below", { destinationPattern: "*.test", nextHop: "192.0.2.2" }));
  model.setRoute(route("exact", { destinationPattern: "a.test", nextHop: "192.0.2.4" }));
  model.setRoute(route("exact-2", { destinationPattern: "a.test", nextHop: "192.0.2.5", weight: 3 }));
  for (let n = 0; n < 50; n++) model.setDomain(domain(`d${n}.test`));
}

test("an empty router is filled, then flipped", async (t) => {
  const { router, model, programmer, start, inForce, programmed } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await programmer.apply(model.takeChanges());
  assertHolds(router, model);
  assert.equal(router.table.get("key"), "c0ffee|60");
  assert.equal(router.table.get("epochs"), router.epoch);
  assert.equal(router.journal.filter((line) => line === "set active").length, 1);
  assert.equal(router.journal.at(-1), "set active");
  await inForce();
  assert.equal(programmed(), 1);
  const { entries, pending, programmings, error } = programmer.state();
  assert.deepEqual(
    { entries, pending, programmings, error },
    { entries: 59, pending: 0, programmings: 1, error: undefined },
  );
});

test("a change is in force when apply resolves, and writes no more than it must", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  router.journal.length = 0;
  model.setDomain(domain("new.example"));
  model.setDomain(domain("d1.test", { policy: "Block" }));
  model.deleteDomain("d2.test");
  await programmer.apply(model.takeChanges());
  assertHolds(router, model);
  const epoch = router.epoch ?? "";
  assert.deepEqual(router.journal, [
    `set ${epoch}/n/new.example`,
    `set ${epoch}/n/d1.test`,
    `delete ${epoch}/n/d2.test`,
  ]);
});

test("a change of the settings alone flips the record", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  router.journal.length = 0;
  model.setRoute(route("open", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: true }));
  await programmer.apply(model.takeChanges());
  assert.deepEqual(router.journal, ["set active"]);
  assertHolds(router, model);
});

test("a burst is a few passes, not one a change", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t);
  start();
  await inForce();
  router.journal.length = 0;
  const applied: Promise<void>[] = [];
  for (let n = 0; n < 500; n++) {
    model.setRoute(route("one", { destinationPattern: "one.test", nextHop: `192.0.2.${n % 250}` }));
    applied.push(programmer.apply(model.takeChanges()));
  }
  await Promise.all(applied);
  assertHolds(router, model);
  assert.ok(router.journal.length < 20, router.journal.join("\n"));
});

test("writes that are lost, not answered or executed late change nothing", async (t) => {
  const { router, model, programmer, start } = await setUpProgrammer(t);
  fillModel(model);
  let count = 0;
  router.writes = (execute) => {
    count += 1;
    if (count % 7 === 0) setTimeout(execute, 5);
    else if (count % 5 !== 0) execute();
    return count % 3 === 0 || count % 5 === 0 || count % 7 === 0 ? "break" : "answer";
  };
  start();
  await programmer.apply(model.takeChanges());
  for (let n = 0; n < 10; n++) {
    model.setDomain(domain(`d${n}.test`, { policy: n % 2 === 0 ? "Block" : "Allow" }));
    model.deleteDomain(`d${n + 10}.test`);
    await programmer.apply(model.takeChanges());
  }
  assertHolds(router, model);
});

test("a router that restarts in the middle of the filling is filled anew, and never half", async (t) => {
  const { router, model, programmer, start, programmed } = await setUpProgrammer(t);
  fillModel(model);
  let lines = 0;
  router.beforeLine = () => {
    lines += 1;
    if (lines === 30) router.restart("instance-2");
  };
  let halfFilled = 0;
  const { changed } = router;
  router.changed = () => {
    changed();
    if (router.epoch !== undefined && router.table.size < 60) halfFilled += 1;
  };
  start();
  await programmer.apply(model.takeChanges());
  assertHolds(router, model);
  assert.equal(halfFilled, 0);
  assert.equal(programmed(), 1);
});

test("a router that restarts between the filling and the flip is not flipped", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t);
  fillModel(model);
  router.network = (deliver) => {
    deliver();
    // The last look before the flip: the list of epochs is still there.
    const filled = [...router.table.keys()].filter((key) => key.includes("/")).length === 59;
    if (filled && router.instance === "instance-1") router.restart("instance-2");
  };
  start();
  await inForce();
  assert.equal(router.instance, "instance-2");
  assertHolds(router, model);
  await programmer.apply(model.takeChanges());
});

test("a restart later is noticed, and the new instance programmed", async (t) => {
  const { router, model, programmer, start, inForce, programmed } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await inForce();
  const first = router.epoch;
  router.restart("instance-2");
  await waitFor("the second programming", () => programmed() === 2);
  assertHolds(router, model);
  assert.notEqual(router.epoch, first);
  assert.equal(programmer.state().programmings, 2);
});

test("an emptied table is noticed, and programmed again", async (t) => {
  const { router, model, start, inForce, programmed } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await inForce();
  router.table.clear();
  await waitFor("the second programming", () => programmed() === 2);
  assertHolds(router, model);
});

test("a table emptied in the middle of the filling is never flipped", async (t) => {
  const { router, model, programmer, start } = await setUpProgrammer(t);
  fillModel(model);
  let lines = 0;
  router.beforeLine = () => {
    lines += 1;
    if (lines === 40) router.table.clear();
  };
  start();
  await programmer.apply(model.takeChanges());
  assertHolds(router, model);
});

test("old epochs are swept once no request can be in them, also those of an operator that crashed", async (t) => {
  const { router, model, start, inForce } = await setUpProgrammer(t, { setsMs: 50, ordersMs: 50 });
  router.table.set("active", "older1|1|0|S||");
  router.table.set("older1/n/a.test", "A|");
  router.table.set("epochs", "older1,crashed1");
  router.table.set("crashed1/n/b.test", "A|");
  fillModel(model);
  start();
  await inForce();
  assert.ok(router.table.has("older1/n/a.test"), "requests in flight still read it");
  await waitFor("the sweep", () => router.table.get("epochs") === router.epoch);
  assert.deepEqual(
    router.journal.filter((line) => line.startsWith("sweep")),
    ["sweep older1", "sweep crashed1"],
  );
  assert.deepEqual(
    [...router.table.keys()].filter((key) => key.includes("/") && !key.startsWith(router.epoch ?? "")),
    [],
  );
});

test("what deleted sets leave behind goes after its time", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t, {
    setsMs: 100,
    ordersMs: 50,
  });
  fillModel(model);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  const epoch = router.epoch ?? "";
  const left = (section: string) =>
    [...router.table.keys()].filter((key) => key.startsWith(`${epoch}/${section}/`));
  assert.equal(left("o").length, 4);
  model.deleteRoute("exact");
  model.deleteRoute("exact-2");
  await programmer.apply(model.takeChanges());
  assert.equal(router.table.get(`${epoch}/s/a.test`), "-|.test|0|");
  assert.equal(left("o").length, 4);
  await waitFor("the orders to go", () => left("o").length === 0);
  await waitFor("the tombstone to go", () => !router.table.has(`${epoch}/s/a.test`));
  assertHolds(router, model);
});

test("orders that are used again in time stay", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t, {
    setsMs: 60_000,
    ordersMs: 100,
  });
  fillModel(model);
  const pair = (pattern: string) => {
    model.setRoute(route(`1-${pattern}`, { destinationPattern: pattern, nextHop: "192.0.2.8" }));
    model.setRoute(route(`2-${pattern}`, { destinationPattern: pattern, nextHop: "192.0.2.9" }));
  };
  const half = (pattern: string) => {
    model.deleteRoute(`2-${pattern}`);
  };
  pair("a.test");
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  half("a.test");
  await programmer.apply(model.takeChanges());
  pair("a.test");
  pair("*.b.test");
  await programmer.apply(model.takeChanges());
  half("*.b.test");
  await programmer.apply(model.takeChanges());
  const orders = () => [...router.table.keys()].filter((key) => key.includes("/o/")).length;
  const before = orders();
  await waitFor("the orders of the former set to go", () => orders() < before);
  assertHolds(router, model);
});

test("what was deleted while a filling failed is not filled", async (t) => {
  const { router, model, programmer, start } = await setUpProgrammer(t);
  fillModel(model);
  router.writes = (execute) => {
    execute();
    return router.table.size < 10 ? "answer" : "break";
  };
  start();
  await waitFor("the filling to fail", () => programmer.state().error !== undefined);
  const written = [...router.table.keys()].flatMap((key) => /\/n\/(d\d+\.test)$/.exec(key)?.[1] ?? []);
  assert.notDeepEqual(written, []);
  for (const name of written) model.deleteDomain(name);
  const applied = programmer.apply(model.takeChanges());
  router.writes = (execute) => {
    execute();
    return "answer";
  };
  await applied;
  assertHolds(router, model);
});

test("a router that is away keeps apply waiting, and a fault shows", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  router.writes = () => "break";
  model.setDomain(domain("a.test"));
  const applied = programmer.apply(model.takeChanges());
  await waitFor("the error", () => programmer.state().error !== undefined);
  assert.equal(programmer.state().pending, 1);
  router.writes = (execute) => {
    execute();
    return "answer";
  };
  await applied;
  assert.equal(programmer.state().error, undefined);
  assertHolds(router, model);
});

test("stopped, it rejects what is not in force", async (t) => {
  const { model, programmer } = await setUpProgrammer(t);
  programmer.start();
  const applied = programmer.apply(model.takeChanges());
  // with a code, as errors of the system have: it is no bug, and told without a stack
  await Promise.all([
    assert.rejects(applied, { code: "ERR_STOPPED", message: /stopped/ }),
    programmer.stop(),
  ]);
  await assert.rejects(programmer.apply(model.takeChanges()), /stopped/);
});

test("a table emptied right before a change of the settings is filled anew, not flipped", async (t) => {
  const { router, model, programmer, start, inForce } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  model.setRoute(route("open", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: true }));
  router.table.clear();
  await programmer.apply(model.takeChanges());
  assertHolds(router, model);
});
