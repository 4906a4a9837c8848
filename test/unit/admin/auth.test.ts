import assert from "node:assert/strict";
import { test } from "node:test";
import { Access, type Holder, type Review } from "../../../src/admin/auth/access.ts";
import { FailedLogins } from "../../../src/admin/auth/failed-logins.ts";
import { Sessions } from "../../../src/admin/console/auth/sessions.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ALLOWED: Review<Holder> = { outcome: "allowed", viewer: { user: "ada" } };
const AWAY: Review<Holder> = { outcome: "unavailable", reason: "away", isAway: true };

function clock() {
  let time = 0;
  return {
    now: () => time,
    pass: (ms: number): void => {
      time += ms;
    },
  };
}

function access(answers: Review<Holder>[], more: { readonly staleMs?: number } = {}) {
  const { now, pass } = clock();
  let asked = 0;
  const ports = {
    now,
    ...more,
    review: () => {
      asked += 1;
      return Promise.resolve(answers.shift() ?? AWAY);
    },
  };
  return { access: new Access(ports), pass, asked: () => asked };
}

test("a yes holds for a minute, then it is asked for again", async () => {
  const { access: one, pass, asked } = access([ALLOWED, { outcome: "unknown" }]);
  assert.deepEqual(await Promise.all([one.check("t"), one.check("t")]), [ALLOWED, ALLOWED]);
  assert.deepEqual(await one.check("t"), ALLOWED);
  assert.equal(asked(), 1, "one question serves all who ask meanwhile, and later");
  pass(MINUTE);
  assert.equal((await one.check("t")).outcome, "unknown");
  assert.equal(asked(), 2);
});

test("a no is asked for again soon", async () => {
  const { access: one, pass } = access([{ outcome: "forbidden", user: "bob" }, ALLOWED]);
  assert.equal((await one.check("t")).outcome, "forbidden");
  assert.equal((await one.check("t")).outcome, "forbidden");
  pass(5_000);
  assert.equal((await one.check("t")).outcome, "allowed");
});

test("while the API server is away, who was known stays known for ten minutes, and nobody else is let in", async () => {
  const { access: one, pass } = access([ALLOWED]);
  await one.check("t");
  pass(9 * MINUTE);
  assert.equal((await one.check("t")).outcome, "allowed");
  assert.equal((await one.check("other")).outcome, "unavailable");
  pass(MINUTE);
  assert.equal((await one.check("t")).outcome, "unavailable");
});

test("an operator that may not ask any more knows nobody", async () => {
  const { access: one, pass } = access([
    ALLOWED,
    { outcome: "unavailable", reason: "no right", isAway: false },
  ]);
  await one.check("t");
  pass(MINUTE);
  assert.equal((await one.check("t")).outcome, "unavailable");
});

test("who is given longer stays known longer, and counts as let in before", async () => {
  const { access: one, pass } = access([ALLOWED], { staleMs: 24 * HOUR });
  assert.equal(one.wasAllowed("t"), false);
  await one.check("t");
  pass(24 * HOUR - 1);
  assert.deepEqual([one.wasAllowed("t"), (await one.check("t")).outcome], [true, "allowed"]);
  pass(1);
  assert.equal((await one.check("t")).outcome, "unavailable");
});

test("a session ends when it is idle for an hour, and after twelve in any case", () => {
  const { now, pass } = clock();
  const sessions = new Sessions(now);
  const id = sessions.begin("token");
  assert.equal(sessions.find(id)?.token, "token");
  assert.equal(sessions.find(`${id.slice(0, -1)}_`), undefined);
  for (let half = 0; half < 23; half += 1) {
    pass(HOUR / 2);
    assert.ok(sessions.find(id), `after ${half / 2} hours`);
  }
  pass(HOUR / 2);
  assert.equal(sessions.find(id), undefined);
  const idle = sessions.begin("token");
  pass(HOUR);
  assert.equal(sessions.find(idle), undefined);
});

test("a session that was ended is not found, and old ones make room", () => {
  const sessions = new Sessions(() => 0);
  const first = sessions.begin("token");
  const second = sessions.begin("token");
  sessions.end(sessions.find(second)?.key ?? "");
  assert.equal(sessions.find(second), undefined);
  for (let at = 0; at < 1000; at += 1) sessions.begin("token");
  assert.equal(sessions.find(first), undefined);
});

test("who tries tokens is slowed down, others are not", () => {
  const { now, pass } = clock();
  const failures = new FailedLogins(now);
  for (let at = 0; at < 10; at += 1) {
    assert.equal(failures.wait("192.0.2.1"), undefined, `try ${at}`);
    failures.failed("192.0.2.1");
  }
  assert.equal(failures.wait("192.0.2.1"), 6);
  assert.equal(failures.wait("192.0.2.2"), undefined);
  pass(6_000);
  assert.equal(failures.wait("192.0.2.1"), undefined);
});

test("many addresses together are slowed down too", () => {
  const failures = new FailedLogins(() => 0);
  for (let at = 0; at < 100; at += 1) failures.failed(`192.0.2.${at}`);
  assert.equal(failures.wait("198.51.100.1"), 1);
});
