import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, nextHopsOf, type View } from "../../../src/federation/explain.ts";
import type { SipRequest } from "../../../src/federation/types.ts";
import { config, domain } from "../../support/federation-objects.ts";
import { requestTo, routes, viewOf } from "../../support/federation-view.ts";

const OPEN = {
  routes: routes({
    default: { destinationPattern: ".*", nextHop: "one.test", blockRoute: false },
    inside: { destinationPattern: "local.test", nextHop: "one.test" },
    users: { destinationPattern: "+49*", routeType: "User", nextHop: "one.test" },
  }),
  domains: [domain("known.test")],
};

/** What a success leaves behind, or why nothing. */
function remembered(request: SipRequest, knowledge: Partial<View> = {}): string {
  const { creates, because } = explain(viewOf(OPEN, config(), knowledge), request).caching;
  return creates === undefined ? because : `creates ${creates}`;
}

test("what a success makes known, and why nothing", () => {
  const stranger = requestTo("local.test", {
    source: "192.0.2.9",
    from: { scheme: "sip", host: "new.test" },
  });
  const number = requestTo("new.test", {
    requestUri: { scheme: "sip", user: "+49123", host: "new.test" },
  });
  assert.equal(remembered(requestTo("new.test")), "creates new.test");
  assert.equal(remembered(requestTo("known.test")), "known.test is known already.");
  assert.equal(remembered(requestTo("local.test")), "No external domain has a part in it.");
  assert.equal(remembered(requestTo("192.0.2.7")), "A name like 192.0.2.7 is never remembered.");
  assert.equal(remembered(number), "What a route for users reaches is not remembered.");
  assert.equal(remembered(stranger), "Nothing proves that the request comes from new.test.");
  assert.equal(remembered({ ...stranger, from: undefined }), "Its From names no domain.");
  assert.equal(
    remembered(requestTo("new.test", { method: "OPTIONS" })),
    "The success of OPTIONS makes no domain known.",
  );
});

test("limits and refusals of the API server keep a domain from being known", () => {
  assert.equal(
    remembered(requestTo("new.test"), { limit: () => "There are too many." }),
    "There are too many.",
  );
  assert.equal(
    remembered(requestTo("new.test"), { memory: () => "refused" }),
    "The API server refused FederatedDomain new.test a moment ago: the operator's log has its reason.",
  );
});

test("a domain that was found over XMPP is reached over it, also where the API does not know it yet", () => {
  const open = {
    routes: routes({ default: { destinationPattern: ".*", nextHop: "one.test", blockRoute: false } }),
    domains: [],
  };
  const view = viewOf(open, config({ xmpp: true }), { memory: () => "learnedOverXmpp" });
  const { row, action, caching } = explain(view, requestTo("new.test", { method: "MESSAGE" }));
  assert.deepEqual([row, action], [2, "gateway"]);
  assert.match(caching.because, /its FederatedDomain is not in the API yet/);
});

test("a domain that was learned is known, also where the API does not know it yet", () => {
  const closed = {
    routes: routes({ default: { destinationPattern: ".*", nextHop: "one.test" } }),
    domains: [],
  };
  const view = viewOf(closed, config(), { memory: (name) => (name === "new.test" ? "learned" : undefined) });
  assert.equal(explain(view, requestTo("other.test")).row, 6);
  const { row, because, caching } = explain(view, requestTo("new.test"));
  assert.equal(row, 3);
  assert.equal(
    caching.because,
    "new.test has answered, and is routed as a known domain: its FederatedDomain is not in the API yet.",
  );
  assert.ok(because.includes(caching.because));
  assert.deepEqual(
    nextHopsOf(view, requestTo("new.test")).map(({ host }) => host),
    ["one.test"],
  );
});
