import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pino } from "pino";
import { Model } from "../../../src/federation/model.ts";
import { orders } from "../../../src/federation/shares.ts";
import { SipRouter } from "../../../src/router/sip-router.ts";
import { SNAPSHOT_FILE } from "../../../src/router/snapshot.ts";
import type { RouterHandlers, Verdict } from "../../../src/router/types.ts";
import { FakeRouter } from "../../support/fake-router.ts";
import { config, domain } from "../../support/federation-objects.ts";
import { assertHolds, LIMITS } from "../../support/programmer.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

async function setUp(t: TestContext, handlers: Partial<RouterHandlers> = {}) {
  const fake = await FakeRouter.start();
  const snapshotDirectory = temporaryDirectory("sip-router");
  const router = new SipRouter(
    {
      ...fake.options,
      snapshotDirectory,
      snapshotDelayMs: 60_000,
      dialogs: { keys: ["c0ffee"], lifetimeSeconds: 60 },
      orders,
      limits: LIMITS,
      pollMs: 60_000,
    },
    pino({ level: "silent" }),
  );
  t.after(async () => {
    await router.stop();
    await fake.stop();
  });
  const model = new Model(config());
  const events: string[] = [];
  router.start(model.table, {
    discover: () => Promise.resolve("default"),
    learned: (name, direction, remembered) => events.push(`${name} ${direction} ${String(remembered)}`),
    programmed: () => events.push("programmed"),
    ...handlers,
  });
  await waitFor("the table in force", () => router.state().inForce && router.state().connected);
  return { fake, router, model, events, snapshotDirectory };
}

test("it writes the limits for strangers, and tells who meets them", async (t) => {
  const heard: string[] = [];
  const { fake } = await setUp(t, {
    domainLimited: (name, limit) => heard.push(`${name} ${limit}`),
    sourceLimited: (address, limit) => heard.push(`${address} ${limit}`),
  });
  assert.equal(fake.table.get("limits"), "20|1000|80|20|1|200|500");
  fake.tell("T|a.test|recipients", "S|192.0.2.9|unproven");
  await waitFor("both", () => heard.length === 2);
  assert.deepEqual(heard, ["a.test recipients", "192.0.2.9 unproven"]);
});

test("it tells which known domains have requests", async (t) => {
  const heard: string[] = [];
  const { fake } = await setUp(t, { active: (name, direction) => heard.push(`${name} ${direction}`) });
  fake.tell("A|a.test|i", "A|b.test|o");
  await waitFor("both", () => heard.length === 2);
  assert.deepEqual(heard, ["a.test inbound", "b.test outbound"]);
});

test("it programs, and says so", async (t) => {
  const { fake, router, model, events } = await setUp(t);
  model.setDomain(domain("a.test"));
  await router.apply(model.takeChanges());
  assertHolds(fake, model);
  assert.deepEqual(events, ["programmed"]);
  const { programmingMs, ...state } = router.state();
  assert.equal(typeof programmingMs, "number");
  assert.deepEqual(state, {
    reachable: true,
    connected: true,
    instance: "instance-1",
    inForce: true,
    entries: 2,
    pending: 0,
    programmings: 1,
    questions: 0,
    rejected: 0,
    error: undefined,
  });
});

test("questions are discovered, and the verdicts handed back", async (t) => {
  const { fake } = await setUp(t, {
    discover: (name) => Promise.resolve(name === "b.test" ? "refused" : "default"),
  });
  fake.tell("Q|a.test|o", "Q|b.test|i", "Q|a.test|o");
  await waitFor(
    "both verdicts",
    () => fake.journal.filter((line) => line.startsWith("verdict")).length === 2,
  );
  const verdicts = fake.journal.filter((line) => line.startsWith("verdict"));
  assert.deepEqual(verdicts.toSorted(), ["verdict a.test|D", "verdict b.test|B"]);
});

test("reports are handed on, and forgotten on demand", async (t) => {
  const { fake, router, events } = await setUp(t);
  fake.tables.get("learned")?.set("a.test", "1");
  fake.tell("L|a.test|o|1", "L|b.test|i|0");
  await waitFor("both reports", () => events.length === 3);
  assert.deepEqual(events, ["programmed", "a.test outbound true", "b.test inbound false"]);
  await router.forget("a.test");
  await router.forget("b.test");
  assert.deepEqual(fake.tables.get("learned"), new Map());
});

test("ready is what the router says now", async (t) => {
  const { fake, router } = await setUp(t);
  assert.equal(await router.ready(), true);
  fake.table.clear();
  assert.equal(await router.ready(), false);
});

test("the router's counters", async (t) => {
  const { fake, router } = await setUp(t);
  fake.tables.get("cnt")?.set("INVITE:relayed", "7").set("MESSAGE:blocked", "2");
  assert.deepEqual(await router.counters(), [
    { name: "INVITE:relayed", count: 7 },
    { name: "MESSAGE:blocked", count: 2 },
  ]);
  fake.apart.messages_relayed = 3;
  assert.deepEqual((await router.counters()).at(-1), { name: "MESSAGE:relayed", count: 3 });
  fake.apart.messages_inbound = 4;
  assert.deepEqual((await router.counters()).at(-2), { name: "MESSAGE:relayed:inbound", count: 4 });
});

test("a lost event stream is a reason to look at once", async (t) => {
  const { fake, router, events } = await setUp(t);
  fake.restart("instance-2");
  await waitFor("the second programming", () => events.length === 2);
  assert.equal(router.state().instance, "instance-2");
});

test("stopping answers what is open, and leaves a snapshot", async (t) => {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const { fake, router, model, snapshotDirectory } = await setUp(t, { discover: () => promise });
  fake.tell("Q|a.test|o");
  await waitFor("the question", () => router.state().questions === 1);
  const stopped = router.stop();
  await waitFor("the end of the stream", () => fake.streams === 0);
  resolve("default");
  await stopped;
  assert.equal(fake.journal.at(-1), "verdict a.test|D");
  assert.ok(existsSync(join(snapshotDirectory, SNAPSHOT_FILE)));
  await assert.rejects(router.apply(model.takeChanges()), /stopped/);
});
