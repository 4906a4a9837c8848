import assert from "node:assert/strict";
import { test } from "node:test";
import { findCondition, sameStatus, withCondition, withoutConditions } from "../../../src/api/conditions.ts";
import type { Condition, StaticRouteStatus } from "../../../src/api/types.ts";

const BEFORE = "2026-01-01T00:00:00Z";
const NOW = new Date("2026-02-02T02:02:02.345Z");

const ready: Condition = {
  type: "Ready",
  status: "True",
  reason: "Serving",
  message: "In force.",
  observedGeneration: 1,
  lastTransitionTime: BEFORE,
};
const accepted: Condition = { ...ready, type: "Accepted", reason: "Accepted" };

test("a new condition comes last, with the time in whole seconds", () => {
  const update = { type: "Ready", status: "True", reason: "R", message: "M", observedGeneration: 3 } as const;
  assert.deepEqual(withCondition([accepted], update, NOW), [
    accepted,
    { ...update, lastTransitionTime: "2026-02-02T02:02:02Z" },
  ]);
});

test("the time moves when the status changes, and only then", () => {
  const said = { type: "Ready", reason: "Other", message: "Other.", observedGeneration: 2 };
  const same = withCondition([ready, accepted], { ...said, status: "True" }, NOW);
  assert.deepEqual(same, [{ ...said, status: "True", lastTransitionTime: BEFORE }, accepted]);
  const other = withCondition([ready, accepted], { ...said, status: "Unknown" }, NOW);
  assert.deepEqual(other, [
    { ...said, status: "Unknown", lastTransitionTime: "2026-02-02T02:02:02Z" },
    accepted,
  ]);
});

test("setting and removing leave the given conditions as they were", () => {
  const given = Object.freeze([Object.freeze({ ...ready }), Object.freeze({ ...accepted })]);
  withCondition(given, { ...ready, status: "False", observedGeneration: 2 }, NOW);
  assert.deepEqual(withoutConditions(given, "Ready", "Absent"), [accepted]);
  assert.deepEqual(given, [ready, accepted]);
});

test("a condition is found by its type", () => {
  assert.equal(findCondition([ready, accepted], "Accepted"), accepted);
  assert.equal(findCondition([ready, accepted], "Stalled"), undefined);
});

test("statuses are the same whatever the order of their conditions and fields", () => {
  const { reason, ...rest } = ready;
  const a: StaticRouteStatus = { observedGeneration: 1, effectivePort: 5060, conditions: [ready, accepted] };
  const b: StaticRouteStatus = {
    conditions: [accepted, { ...rest, reason }],
    effectivePort: 5060,
    observedGeneration: 1,
  };
  assert.ok(sameStatus(a, b));
});

const written: StaticRouteStatus = { observedGeneration: 1, conditions: [ready, accepted] };
const withAccepted = (fields: Partial<Condition>): StaticRouteStatus => ({
  ...written,
  conditions: [ready, { ...accepted, ...fields }],
});

const differences: Readonly<Record<string, StaticRouteStatus>> = {
  "no observedGeneration": { conditions: written.conditions },
  "another observedGeneration": { ...written, observedGeneration: 2 },
  "one more field": { ...written, effectivePort: 0 },
  "one condition less": { ...written, conditions: [ready] },
  "one condition more": { ...written, conditions: [ready, accepted, { ...ready, type: "Stalled" }] },
  "another type": withAccepted({ type: "Stalled" }),
  "another status": withAccepted({ status: "False" }),
  "another reason": withAccepted({ reason: "LocalDomain" }),
  "another message": withAccepted({ message: "" }),
  "another generation of a condition": withAccepted({ observedGeneration: 2 }),
  "another time": withAccepted({ lastTransitionTime: "2026-01-01T00:00:01Z" }),
};

for (const [what, other] of Object.entries(differences)) {
  test(`a status with ${what} is worth writing`, () => {
    assert.ok(!sameStatus(written, other));
    assert.ok(!sameStatus(other, written));
  });
}
