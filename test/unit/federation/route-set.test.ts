import assert from "node:assert/strict";
import { test } from "node:test";
import { translate } from "../../../src/federation/translate.ts";
import { Model } from "../../../src/federation/model.ts";
import { config, route } from "../../support/federation-objects.ts";

const numbers = Array.from({ length: 101 }, (_, index) => index);
const name = (index: number) => `route-${String(index).padStart(3, "0")}`;
const many = numbers.map((index) =>
  route(name(index), { destinationPattern: "*.a.test", nextHop: "192.0.2.1" }),
);

function acceptedOf(routes: typeof many): Record<string, string | undefined> {
  const { routeVerdicts } = translate({ routes, domains: [] }, config());
  return Object.fromEntries([...routeVerdicts].map(([key, verdict]) => [key, verdict.accepted.reason]));
}

test("of equally old routes of one pattern the first hundred by name are accepted", () => {
  const accepted = acceptedOf(many.toReversed());
  assert.equal(accepted[name(99)], "Accepted");
  assert.equal(accepted[name(100)], "TooManyRoutes");
});

test("older routes go first", () => {
  const older = route(
    "zz-older",
    { destinationPattern: "*.A.test.", nextHop: "192.0.2.1" },
    "2025-01-01T00:00:00Z",
  );
  const accepted = acceptedOf([...many.slice(0, 100), older]);
  assert.equal(accepted["zz-older"], "Accepted");
  assert.equal(accepted[name(99)], "TooManyRoutes");
});

test("disabled routes, and those of another pattern for the same domains, take no place", () => {
  const disabled = route("aa-disabled", { destinationPattern: "*.a.test", service: "Disabled" });
  const reversed = route("aa-reversed", { destinationPattern: ".test.a.*", nextHop: "192.0.2.2" });
  const accepted = acceptedOf([disabled, reversed, ...many.slice(0, 100)]);
  assert.deepEqual(new Set(Object.values(accepted)), new Set(["Accepted"]));
});

test("a place that becomes free goes to the next one, and its verdict is reported", () => {
  const model = new Model(config());
  for (const object of many) model.setRoute(object);
  assert.equal(model.table.routeSets.get(".a.test")?.hops.length, 100);
  model.takeVerdictChanges();
  model.deleteRoute(name(0));
  assert.ok(model.takeVerdictChanges().routes.has(name(100)));
  assert.equal(model.routeVerdict(name(100))?.accepted.status, "True");
  assert.equal(model.table.routeSets.get(".a.test")?.hops.length, 100);
});
