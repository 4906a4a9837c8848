import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionsOf, readyOf } from "../../../src/federation/conditions.ts";
import type { Finding } from "../../../src/federation/types.ts";

const finding = (status: Finding["status"], reason: string): Finding => ({
  status,
  reason,
  message: `${reason}.`,
});
const ACCEPTED = finding("True", "Accepted");
const REFUSED = finding("False", "InvalidPattern");
const PROGRAMMED = finding("True", "Programmed");
const WAITING = finding("Unknown", "Waiting");
const T1 = new Date("2026-01-01T00:00:00Z");
const T2 = new Date("2026-01-02T00:00:00Z");

const statuses = (conditions: ReturnType<typeof conditionsOf>) =>
  Object.fromEntries(conditions.map(({ type, status }) => [type, status]));

test("Ready is Accepted and Programmed", () => {
  assert.equal(readyOf({ accepted: ACCEPTED, programmed: PROGRAMMED }).status, "True");
  assert.deepEqual(readyOf({ accepted: ACCEPTED, programmed: WAITING }), WAITING);
  assert.deepEqual(readyOf({ accepted: REFUSED, programmed: PROGRAMMED }), REFUSED);
});

test("a ready route says what it does", () => {
  const findings = { accepted: ACCEPTED, programmed: PROGRAMMED, state: "Blocked" } as const;
  assert.equal(readyOf(findings).reason, "Blocked");
  assert.equal(readyOf({ ...findings, programmed: WAITING }).reason, "Waiting");
});

test("a ready domain says how it is routed", () => {
  const routed = finding("True", "DefaultRoute");
  const ready = readyOf({ accepted: ACCEPTED, programmed: PROGRAMMED, routed });
  assert.deepEqual([ready.reason, ready.message], ["Ready", routed.message]);
});

test("what is not accepted is stalled, and what is accepted again is not", () => {
  const stalled = conditionsOf([], { accepted: REFUSED, programmed: PROGRAMMED }, 1, T1);
  assert.deepEqual(statuses(stalled), {
    Accepted: "False",
    Programmed: "True",
    Ready: "False",
    Stalled: "True",
  });
  const mended = conditionsOf(stalled, { accepted: ACCEPTED, programmed: PROGRAMMED }, 2, T2);
  assert.deepEqual(statuses(mended), { Accepted: "True", Programmed: "True", Ready: "True" });
});

test("Routed is a condition where it was found out", () => {
  const routed = finding("False", "NoRoute");
  const conditions = conditionsOf([], { accepted: ACCEPTED, programmed: PROGRAMMED, routed }, 1, T1);
  assert.deepEqual(statuses(conditions), {
    Accepted: "True",
    Programmed: "True",
    Routed: "False",
    Ready: "True",
  });
});

test("times move with the status alone, generations always, and other writers' conditions stay", () => {
  const foreign = {
    type: "NextHopReachable",
    ...finding("True", "Answers"),
    lastTransitionTime: "2025-01-01T00:00:00Z",
  };
  const before = conditionsOf([foreign], { accepted: ACCEPTED, programmed: WAITING }, 1, T1);
  const after = conditionsOf(before, { accepted: ACCEPTED, programmed: PROGRAMMED }, 2, T2);
  const times = Object.fromEntries(after.map((it) => [it.type, it.lastTransitionTime.slice(0, 10)]));
  assert.deepEqual(times, {
    NextHopReachable: "2025-01-01",
    Accepted: "2026-01-01",
    Programmed: "2026-01-02",
    Ready: "2026-01-02",
  });
  assert.deepEqual(
    after.find((it) => it.type === "NextHopReachable"),
    foreign,
  );
  assert.equal(after.find((it) => it.type === "Accepted")?.observedGeneration, 2);
});
