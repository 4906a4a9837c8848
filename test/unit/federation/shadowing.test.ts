import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../../../src/federation/model.ts";
import { overlap, shadowing } from "../../../src/federation/shadowing.ts";
import { config, route, type RouteFields } from "../../support/federation-objects.ts";

const HOP = { nextHop: "192.0.2.1" };

/** Of these patterns, each of a route of its own. */
function relations(...specs: readonly (string | RouteFields)[]) {
  const model = new Model(config());
  specs.forEach((spec, at) => {
    const fields = typeof spec === "string" ? { destinationPattern: spec } : spec;
    model.setRoute(route(`r${at}`, { ...HOP, ...fields }));
  });
  const patterns = new Map(
    [...model.routes.values()].flatMap((result) =>
      result.ok ? [[result.route.pattern.text, result.route.pattern.keys] as const] : [],
    ),
  );
  return shadowing(model.table.routeSets, patterns);
}

test("the more specific pattern takes its domains from the next less specific one", () => {
  const found = relations("a.b.example", "*.b.example", "*.example", ".*", "other.test");
  assert.deepEqual(found.get("a.b.example")?.shadows, "*.b.example");
  assert.deepEqual(found.get("*.b.example")?.shadows, "*.example");
  assert.deepEqual(found.get("*.example")?.shadows, ".*");
  assert.deepEqual(found.get(".*")?.shadows, undefined);
  assert.deepEqual(found.get(".*")?.shadowedBy, ["*.example", "other.test"]);
  assert.deepEqual(found.get("*.b.example")?.shadowedBy, ["a.b.example"]);
});

test("the reversed form goes together with the one for all below, and after the domain itself", () => {
  const found = relations("b.example", "*.b.example", ".example.b.*", ".*");
  assert.equal(found.get("*.b.example")?.actsWith, ".example.b.*");
  assert.equal(found.get(".example.b.*")?.actsWith, "*.b.example");
  assert.equal(found.get("b.example")?.shadows, ".example.b.*");
  assert.equal(found.get(".example.b.*")?.shadows, ".*");
});

test("what is tried next ends where a route says so", () => {
  const found = relations(
    "b.example",
    { destinationPattern: "*.example", allowLessSpecificRoute: false },
    ".*",
  );
  assert.equal(found.get("b.example")?.fallback, "*.example");
  assert.equal(found.get("*.example")?.fallback, undefined);
  assert.equal(found.get("*.example")?.shadows, ".*");
});

test("patterns for users are compared by the users that both match", () => {
  const user = (destinationPattern: string): RouteFields => ({ destinationPattern, routeType: "User" });
  const found = relations(user("+4930...."), user("+49*"), user("+1*"), "b.example");
  assert.equal(found.get("@+4930....")?.shadows, "@+49*");
  assert.equal(found.get("@+49*")?.shadows, undefined);
  assert.deepEqual(found.get("@+49*")?.shadowedBy, ["@+4930...."]);
  assert.deepEqual(found.get("@+1*")?.shadowedBy, []);
});

test("patterns overlap where some user is matched by both", () => {
  const yes = [
    ["23*", "2345"],
    ["..45", "23.."],
    ["23*", "2*"],
    ["23", "23*"],
  ] as const;
  const no = [
    ["23*", "24*"],
    ["234", "2345"],
    ["2345", "23"],
    ["...", "2345*"],
  ] as const;
  for (const [a, b] of yes) assert.ok(overlap(a, b) && overlap(b, a), `${a} ${b}`);
  for (const [a, b] of no) assert.ok(!overlap(a, b) && !overlap(b, a), `${a} ${b}`);
});
