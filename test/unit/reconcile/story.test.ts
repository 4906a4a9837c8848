import assert from "node:assert/strict";
import { test } from "node:test";
import type { VerdictChanges } from "../../../src/federation/types.ts";
import type { Notice } from "../../../src/reconcile/notices.ts";
import { Story } from "../../../src/reconcile/story.ts";

function begin() {
  const lines: string[] = [];
  const log = {
    info: (_fields: object, message: string) => lines.push(`info ${message}`),
    warn: (fields: object, message: string) =>
      lines.push(`warn ${(fields as { name: string }).name} ${message}`),
  };
  const story = new Story(log, (_kind, name) => `uid of ${name}`);
  return { story, lines };
}

const NOTHING: VerdictChanges = { routes: new Set(), domains: new Set() };
const CHANGED: VerdictChanges = { routes: new Set(["loop"]), domains: new Set() };

const refusal = (note: string): Notice => ({
  regarding: { apiVersion: "v", kind: "StaticRoute", name: "loop", uid: undefined },
  type: "Warning",
  reason: "NextHopIsSelf",
  action: "Translate",
  note,
});

test("the log tells when federation opens and closes, once each", () => {
  const { story, lines } = begin();
  for (const open of [false, false, true, true, false]) story.tell(open ? ["default"] : [], NOTHING, []);
  assert.deepEqual(
    lines.map((line) => line.split(":")[0]),
    ["info federation is closed", "info federation is open", "info federation is closed"],
  );
});

test("an object that is not accepted is told of once, and again after it was accepted in between", () => {
  const { story, lines } = begin();
  story.tell([], CHANGED, [refusal("in circles")]);
  story.tell([], CHANGED, [refusal("in circles")]);
  assert.deepEqual(lines.slice(1), ["warn loop not accepted: in circles"]);
  story.tell([], CHANGED, [refusal("over TLS")]);
  assert.deepEqual(lines.slice(2), ["warn loop not accepted: over TLS"]);
  story.tell([], CHANGED, []);
  story.tell([], CHANGED, [refusal("over TLS")]);
  assert.equal(lines.length, 4);
});

test("what becomes an Event: every refusal, and federation that opens or closes", () => {
  const { story } = begin();
  const reasons = (openRoutes: readonly string[], refusals: readonly Notice[]): string[] =>
    story.tell(openRoutes, CHANGED, refusals).map(({ reason }) => reason);
  assert.deepEqual(reasons([], [refusal("in circles")]), ["NextHopIsSelf"]);
  assert.deepEqual(reasons(["default"], [refusal("in circles")]), ["FederationOpened", "NextHopIsSelf"]);
  assert.deepEqual(reasons([], []), ["FederationClosed"]);
});
