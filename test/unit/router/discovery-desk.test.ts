import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { DiscoveryDesk, type DeskPorts } from "../../../src/router/discovery-desk.ts";
import type { Verdict } from "../../../src/router/types.ts";

function setUp(discover: DeskPorts["discover"], options = { timeoutMs: 10_000, capacity: 100 }) {
  const answers: string[] = [];
  const answer = (domain: string, verdict: Verdict) => {
    answers.push(`${domain} ${verdict}`);
    return Promise.resolve({ ok: true, body: "" } as const);
  };
  const desk = new DiscoveryDesk({ discover, answer }, options, pino({ level: "silent" }));
  return { desk, answers };
}

test("many questions for one domain are one discovery and one answer", async () => {
  const asked: string[] = [];
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const { desk, answers } = setUp((domain, direction) => {
    asked.push(`${domain} ${direction}`);
    return promise;
  });
  for (let n = 0; n < 10; n++) desk.ask("a.test", "outbound");
  desk.ask("a.test", "inbound");
  assert.equal(desk.outstanding, 2);
  resolve("refused");
  await desk.drained();
  assert.deepEqual(asked, ["a.test outbound", "a.test inbound"]);
  assert.deepEqual(answers, ["a.test refused", "a.test refused"]);
  assert.equal(desk.outstanding, 0);
  desk.ask("a.test", "outbound");
  await desk.drained();
  assert.equal(asked.length, 3);
});

test("no answer in time is an error of the discovery: the default route", async () => {
  const { desk, answers } = setUp(() => new Promise(() => undefined), { timeoutMs: 5, capacity: 100 });
  desk.ask("a.test", "outbound");
  await desk.drained();
  assert.deepEqual(answers, ["a.test default"]);
});

test("a discovery that fails is served and not remembered", async () => {
  const { desk, answers } = setUp(() => Promise.reject(new Error("bug")));
  desk.ask("a.test", "outbound");
  await desk.drained();
  assert.deepEqual(answers, ["a.test uncached"]);
});

test("above its capacity it asks nobody", async () => {
  const asked: string[] = [];
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const { desk, answers } = setUp(
    (domain) => {
      asked.push(domain);
      return promise;
    },
    { timeoutMs: 10_000, capacity: 2 },
  );
  for (const domain of ["a.test", "b.test", "c.test"]) desk.ask(domain, "outbound");
  resolve("default");
  await desk.drained();
  assert.deepEqual(asked, ["a.test", "b.test"]);
  assert.deepEqual(answers.toSorted(), ["a.test default", "b.test default", "c.test uncached"]);
});

test("a verdict that the router does not take ends the question all the same", async () => {
  const refuse = () => Promise.resolve({ ok: false, status: undefined, message: "away" } as const);
  const discover = () => Promise.resolve<Verdict>("default");
  const options = { timeoutMs: 100, capacity: 10 };
  const desk = new DiscoveryDesk({ discover, answer: refuse }, options, pino({ level: "silent" }));
  desk.ask("a.test", "outbound");
  await desk.drained();
  assert.equal(desk.outstanding, 0);
});
