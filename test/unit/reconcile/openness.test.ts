import assert from "node:assert/strict";
import { test } from "node:test";
import { Openness } from "../../../src/reconcile/openness.ts";

/** What is noticed at each look, as `REASON NAME UID`. */
function looks(uids: Record<string, string> = {}) {
  const openness = new Openness((_kind, name) => uids[name]);
  return (...openRoutes: readonly string[]): string[] =>
    openness
      .look(openRoutes)
      .map(({ reason, type, regarding: { kind, name, uid } }) =>
        [type, reason, kind, name, uid ?? "gone"].join(" "),
      );
}

test("what is found first is no change, open or closed", () => {
  assert.deepEqual(looks()("default"), []);
  assert.deepEqual(looks()(), []);
});

test("opened is told on the routes that open, closed on those that did", () => {
  const uids: Record<string, string> = { default: "1", backup: "2" };
  const look = looks(uids);
  look();
  assert.deepEqual(look("default", "backup"), [
    "Normal FederationOpened StaticRoute default 1",
    "Normal FederationOpened StaticRoute backup 2",
  ]);
  assert.deepEqual(look("backup"), [], "still open");
  delete uids.backup;
  assert.deepEqual(
    look(),
    ["Normal FederationClosed StaticRoute backup 2"],
    "deleted, and told of all the same",
  );
  assert.deepEqual(look(), []);
});
