import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, type View } from "../../../src/federation/explain.ts";
import type { SipRequest } from "../../../src/federation/types.ts";
import { config, domain } from "../../support/federation-objects.ts";
import { requestTo, routes, viewOf } from "../../support/federation-view.ts";

/** Each candidate as `route pattern`, with what is said of it. */
function candidates(view: View, request: SipRequest): string[] {
  return explain(view, request).candidates.map(
    ({ route: name, pattern, passedOver }) => `${name} ${pattern}: ${passedOver ?? "may serve"}`,
  );
}

test("every route whose pattern matches is a candidate, and what passes it over is told", () => {
  const specs = {
    exact: { destinationPattern: "a.b.test", nextHop: "one.test" },
    off: { destinationPattern: "a.b.test", nextHop: "one.test", service: "Disabled" },
    bad: { destinationPattern: "a.b.test", nextHop: "198.51.100.1" },
    bare: { destinationPattern: "*.b.test" },
    below: { destinationPattern: ".test.b.*", nextHop: "one.test", allowLessSpecificRoute: false },
    wide: { destinationPattern: "*.test", nextHop: "one.test" },
    default: { destinationPattern: ".*", nextHop: "one.test", blockRoute: false },
    elsewhere: { destinationPattern: "c.test", nextHop: "one.test" },
  } as const;
  const view = viewOf({ routes: routes(specs), domains: [] }, config());
  const ends = "The search for a next hop ends before it, at *.b.test: allowLessSpecificRoute is false.";
  assert.deepEqual(candidates(view, requestTo("a.b.test")), [
    "exact a.b.test: may serve",
    "off a.b.test: Its service is Disabled.",
    "bad a.b.test: It is not accepted: The next hop 198.51.100.1 port 5060 is this system itself, requests would go in circles: set nextHop to the partner's server.",
    "below .test.b.*: may serve",
    "bare *.b.test: It is not accepted: A route in service needs a next hop: set nextHop, or blockRoute: true, or service: Disabled.",
    `wide *.test: ${ends}`,
    `default .*: ${ends}`,
  ]);
  assert.equal(explain(view, requestTo("a.b.test")).passedOver.length, 0);
});

test("a blocked pattern: who blocks, and what that means", () => {
  const specs = {
    wall: { destinationPattern: "*.test", blockRoute: true },
    behind: { destinationPattern: "*.test", nextHop: "one.test" },
    exact: { destinationPattern: "a.test", nextHop: "one.test" },
    default: { destinationPattern: ".*", nextHop: "one.test", blockRoute: false },
  };
  const view = viewOf({ routes: routes(specs), domains: [] }, config());
  const behind = "behind *.test: StaticRoute wall blocks its pattern.";
  assert.deepEqual(candidates(view, requestTo("a.test")), [
    "exact a.test: may serve",
    behind,
    "wall *.test: It is blocked: the search for a next hop ends here.",
    "default .*: The search for a next hop ends before it, at *.test: it is blocked.",
  ]);
  const refused = [
    behind,
    "wall *.test: It is blocked: the request is refused.",
    "default .*: The search for a next hop ends before it.",
  ];
  assert.deepEqual(candidates(view, requestTo("b.test")), refused);
  const inbound = requestTo("local.test", {
    source: "192.0.2.9",
    from: { scheme: "sip", host: "b.test" },
  });
  assert.deepEqual(candidates(view, inbound), refused, "the block of the domain that sends");
});

test("default routes: closed, without next hop, beside an open one", () => {
  const closed = {
    default: { destinationPattern: ".*", nextHop: "one.test" },
    empty: { destinationPattern: ".*" },
    off: { destinationPattern: ".*", nextHop: "one.test", service: "Disabled" },
  } as const;
  const explicit = { exact: { destinationPattern: "a.test", nextHop: "one.test" } };
  const known = "It is blocked: while federation is closed it serves known domains only.";
  const rest = ["off .*: Its service is Disabled.", "empty .*: It has no next hop."];
  const view = viewOf({ routes: routes({ ...closed, ...explicit }), domains: [domain("b.test")] }, config());
  assert.deepEqual(candidates(view, requestTo("c.test")), [`default .*: ${known}`, ...rest]);
  assert.deepEqual(candidates(view, requestTo("a.test")), [
    "exact a.test: may serve",
    `default .*: ${known}`,
    ...rest,
  ]);
  assert.deepEqual(candidates(view, requestTo("b.test")), ["default .*: may serve", ...rest]);
  const inbound = requestTo("local.test", { source: "192.0.2.9", from: undefined });
  assert.deepEqual(candidates(view, inbound), [`default .*: ${known}`, ...rest]);
  const open = { gate: { destinationPattern: ".*", nextHop: "one.test", blockRoute: false } };
  const opened = viewOf({ routes: routes({ ...closed, ...open }), domains: [] }, config());
  assert.deepEqual(candidates(opened, requestTo("c.test")), [
    "default .*: It is blocked, and another default route is open.",
    "gate .*: may serve",
    ...rest,
  ]);
});

test("sips: asks for TLS, with and without a next hop that has it", () => {
  const specs = {
    plain: { destinationPattern: "a.test", nextHop: "one.test" },
    secret: { destinationPattern: "a.test", nextHop: "one.test", protocolType: "TLS", priority: 2 },
  } as const;
  const request = requestTo("a.test", { requestUri: { scheme: "sips", host: "a.test" } });
  const plain =
    "plain a.test: A sips: URI asks for TLS on every hop, and its next hop is not reached over TLS.";
  const both = viewOf({ routes: routes(specs), domains: [] }, config());
  assert.deepEqual(candidates(both, request), [plain, "secret a.test: may serve"]);
  const one = viewOf({ routes: routes({ plain: specs.plain }), domains: [] }, config());
  assert.deepEqual(candidates(one, request), [plain]);
  assert.equal(explain(one, request).status, 480);
});

test("routes for users go first, for the inside alone", () => {
  const specs = {
    users: { destinationPattern: "b*", routeType: "User", nextHop: "one.test" },
    off: { destinationPattern: "bo.", routeType: "User", nextHop: "one.test", service: "Disabled" },
    others: { destinationPattern: "c*", routeType: "User", nextHop: "one.test" },
    inside: { destinationPattern: "local.test", nextHop: "one.test" },
  } as const;
  const view = viewOf({ routes: routes(specs), domains: [domain("a.test")] }, config());
  assert.deepEqual(candidates(view, requestTo("local.test")), [
    "off bo.: Its service is Disabled.",
    "users b*: may serve",
    "inside local.test: may serve",
  ]);
  const inbound = requestTo("local.test", {
    source: "192.0.2.9",
    from: { scheme: "sip", host: "a.test" },
  });
  assert.deepEqual(candidates(view, inbound), ["inside local.test: may serve"]);
});
