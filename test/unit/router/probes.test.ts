import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { pino } from "pino";
import type { ControlOutcome, ProbedHop } from "../../../src/router/control-client.ts";
import { Probes } from "../../../src/router/probes.ts";
import { waitFor } from "../../support/wait-for.ts";

const ok: ControlOutcome = { ok: true, body: "" };
const A = "sip:192.0.2.1:5060;transport=tcp";
const B = "sip:192.0.2.2:5060;transport=tcp";

interface Setting {
  readonly intervalMs?: number;
  readonly outcome?: () => ControlOutcome;
  /** Next hops that answer at once. */
  readonly living?: Set<string>;
}

function setUp(
  t: TestContext,
  { intervalMs = 60_000, outcome = () => ok, living = new Set() }: Setting = {},
) {
  const sent: ProbedHop[] = [];
  const marks: string[] = [];
  const changes: string[] = [];
  const control = {
    probe: (hops: readonly ProbedHop[]): Promise<ControlOutcome> => {
      sent.push(...hops);
      for (const { uri } of hops) if (living.has(uri)) setImmediate(answer, uri);
      return Promise.resolve(outcome());
    },
    mark: (dead: ReadonlyMap<string, boolean>): Promise<ControlOutcome> => {
      for (const [uri, isDead] of dead) marks.push(`${uri} ${isDead ? "dead" : "alive"}`);
      return Promise.resolve(ok);
    },
  };
  const answer = (uri: string): void => {
    probes.result(uri, 200, 1500);
  };
  const probes = new Probes({ control, intervalMs, timeoutMs: 20 }, pino({ level: "silent" }));
  probes.start((uri) => changes.push(uri));
  t.after(() => {
    probes.stop();
  });
  const follow = (...uris: string[]): void => {
    probes.follow(uris.map((uri) => ({ uri, inside: false })));
  };
  return { probes, sent, marks, changes, living, follow };
}

test("a next hop is probed at once, and answers with the time that it took", async (t) => {
  const { probes, follow, changes, marks } = setUp(t, { living: new Set([A]) });
  assert.equal(probes.state(A).alive, undefined);
  follow(A);
  await waitFor("the answer", () => probes.state(A).alive);
  assert.deepEqual(probes.state(A), { alive: true, failures: 0, latencyMs: 1.5 });
  assert.deepEqual([changes, marks], [[A], []]);
});

test("three probes in a row without an answer, soon after each other, are death", async (t) => {
  const { probes, follow, sent, changes, marks } = setUp(t);
  follow(A);
  await waitFor("the first failure", () => probes.state(A).failures === 1, { interval: 1 });
  assert.equal(probes.state(A).alive, undefined);
  await waitFor("death", () => probes.state(A).alive === false, { interval: 1 });
  assert.deepEqual([sent.length, changes, marks], [3, [A], [`${A} dead`]]);
});

test("one answer is life again, and a single silence is none", async (t) => {
  const { probes, follow, living, marks, changes } = setUp(t, { intervalMs: 30, living: new Set([B]) });
  follow(A, B);
  await waitFor("death", () => probes.state(A).alive === false, { interval: 1 });
  living.add(A);
  await waitFor("life", () => probes.state(A).alive, { interval: 1 });
  assert.equal(marks.at(-1), `${A} alive`);
  assert.deepEqual(
    changes.filter((uri) => uri === A),
    [A, A],
  );
  living.delete(A);
  await waitFor("a failure", () => probes.state(A).failures === 1, { interval: 1 });
  assert.equal(probes.state(A).alive, true);
  assert.equal(marks.filter((mark) => mark.startsWith(B)).length, 0);
});

test("the router forgets marks: it is told of the dead again and again", async (t) => {
  const { follow, marks } = setUp(t, { intervalMs: 30 });
  follow(A);
  await waitFor("three marks", () => marks.length >= 3, { interval: 1 });
  assert.deepEqual(new Set(marks), new Set([`${A} dead`]));
});

test("a router that is away says nothing about its next hops", async (t) => {
  const away: ControlOutcome = { ok: false, status: undefined, message: "refused" };
  const { probes, follow, sent } = setUp(t, { intervalMs: 30, outcome: () => away });
  follow(A);
  await waitFor("several tries", () => sent.length > 4, { interval: 1 });
  assert.deepEqual(probes.state(A), { alive: undefined, failures: 0, latencyMs: undefined });
});

test("the router's own 408 is silence, and a late answer counts for nothing", async (t) => {
  const { probes, follow } = setUp(t);
  follow(A);
  await waitFor("the probe to fail", () => probes.state(A).failures > 0, { interval: 1 });
  const { failures } = probes.state(A);
  probes.result(A, 408, 2_000_000);
  assert.ok(probes.state(A).failures >= failures);
  probes.result(B, 200, 1);
  assert.equal(probes.state(B).alive, undefined);
});

test("what is followed no more is forgotten, what stays is known", async (t) => {
  const { probes, follow } = setUp(t, { living: new Set([A, B]) });
  follow(A, B);
  await waitFor("both", () => probes.state(A).alive === true && probes.state(B).alive === true);
  follow(B);
  assert.deepEqual([probes.state(A).alive, probes.state(B).alive], [undefined, true]);
  assert.deepEqual(
    [...probes.states()].map(({ uri }) => uri),
    [B],
  );
});

test("hundreds that come at once are probed in small orders", async (t) => {
  const uris = Array.from({ length: 130 }, (_, n) => `sip:192.0.2.1:${5000 + n};transport=udp`);
  const { probes, follow, sent } = setUp(t, { living: new Set(uris) });
  follow(...uris);
  await waitFor("all of them", () => uris.every((uri) => probes.state(uri).alive === true));
  assert.equal(sent.length, 130);
});
