import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../../src/federation/decide.ts";
import { explain, type View, type Whereabouts } from "../../../src/federation/explain.ts";
import { federationConfig, federationObjects, sipRequest } from "../../support/arbitraries.ts";
import { config, domain } from "../../support/federation-objects.ts";
import { requestTo, routes, viewOf } from "../../support/federation-view.ts";

const at = (address: string, alive?: boolean, failed = false): Whereabouts => ({
  addresses: [{ address, port: 5060, alive, failed }],
  problem: undefined,
});

/** Next hops by name, where they are; all others are not resolved yet. */
function located(where: Readonly<Record<string, Whereabouts>>): Pick<View, "whereabouts"> {
  return { whereabouts: ({ host }) => where[host] ?? { addresses: [], problem: undefined } };
}

const TWO = {
  routes: routes({
    first: { destinationPattern: "a.test", nextHop: "one.test" },
    second: {
      destinationPattern: "a.test",
      nextHop: "two.test",
      priority: 2,
      allowLessSpecificRoute: false,
    },
  }),
  domains: [domain("a.test")],
};
const SUMMARY = "relayed to one.test:5060 over TCP (StaticRoute first), or to one of 1 more";

/** What is said, where these next hops are. */
function said(where: Readonly<Record<string, Whereabouts>>) {
  const view = viewOf(TWO, config(), located(where));
  const { summary, nextHop, passedOver } = explain(view, requestTo("a.test"));
  return { summary, nextHop: nextHop && `${nextHop.route} ${nextHop.address} ${nextHop.port}`, passedOver };
}

test("the first address that is not known to be dead is where it goes", () => {
  assert.deepEqual(said({ "one.test": at("192.0.2.1"), "two.test": at("192.0.2.2", true) }), {
    summary: SUMMARY,
    nextHop: "first 192.0.2.1 5060",
    passedOver: [],
  });
});

test("what is passed over is told with its reason", () => {
  assert.deepEqual(said({ "one.test": at("192.0.2.1", false), "two.test": at("2001:db8::2", true) }), {
    summary: `${SUMMARY}; now to [2001:db8::2]:5060 over TCP`,
    nextHop: "second 2001:db8::2 5060",
    passedOver: ["StaticRoute first: 192.0.2.1:5060 over TCP does not answer probes."],
  });
  assert.deepEqual(said({ "one.test": at("192.0.2.1", true, true), "two.test": at("192.0.2.2", true) }), {
    summary: `${SUMMARY}; now to 192.0.2.2:5060 over TCP`,
    nextHop: "second 192.0.2.2 5060",
    passedOver: ["StaticRoute first: 192.0.2.1:5060 over TCP failed a moment ago."],
  });
});

test("where no next hop has an address the answer is 500", () => {
  const lost: Whereabouts = { addresses: [], problem: "two.test has no A or AAAA record" };
  assert.deepEqual(said({ "two.test": lost }), {
    summary: `${SUMMARY}; now answered with 500: no next hop has an address`,
    nextHop: undefined,
    passedOver: [
      "StaticRoute first: one.test is not resolved yet.",
      "StaticRoute second: two.test has no A or AAAA record.",
    ],
  });
});

test("where all are passed over they are tried all the same, in order", () => {
  assert.deepEqual(said({ "one.test": at("192.0.2.1", false), "two.test": at("192.0.2.2", false) }), {
    summary: `${SUMMARY}; now none of them answers, and all are tried: first 192.0.2.1:5060 over TCP`,
    nextHop: "first 192.0.2.1 5060",
    passedOver: [
      "StaticRoute first: 192.0.2.1:5060 over TCP does not answer probes.",
      "StaticRoute second: 192.0.2.2:5060 over TCP does not answer probes.",
    ],
  });
});

test("the states of all addresses are told", () => {
  const addresses = [
    { address: "192.0.2.1", port: 5060, alive: false, failed: true },
    { address: "192.0.2.2", port: 5060, alive: true, failed: true },
    { address: "192.0.2.3", port: 5060, alive: undefined },
    { address: "192.0.2.4", port: 5060, alive: true },
  ];
  const view = viewOf(TWO, config(), located({ "one.test": { addresses, problem: undefined } }));
  const [first, second] = explain(view, requestTo("a.test")).candidates;
  assert.deepEqual(
    first?.addresses.map(({ state }) => state),
    ["dead", "failed", "unknown", "answers"],
  );
  assert.equal(first.passedOver, undefined);
  assert.equal(second?.passedOver, "two.test is not resolved yet.");
});

test("weights share the first place among those of one priority that serve", () => {
  const specs = {
    heavy: { destinationPattern: "a.test", nextHop: "heavy.test", weight: 60 },
    light: { destinationPattern: "a.test", nextHop: "light.test", weight: 20 },
    dead: { destinationPattern: "a.test", nextHop: "dead.test", weight: 90 },
    later: { destinationPattern: "a.test", nextHop: "later.test", weight: 90, priority: 2 },
  };
  const where = {
    "heavy.test": at("192.0.2.1"),
    "light.test": at("192.0.2.2"),
    "dead.test": at("192.0.2.3", false),
    "later.test": at("192.0.2.4"),
  };
  const view = viewOf({ routes: routes(specs), domains: [] }, config(), located(where));
  const { nextHop, candidates: all } = explain(view, requestTo("a.test"));
  assert.deepEqual(
    all.map(({ route: name }) => name),
    ["dead", "heavy", "light", "later"],
  );
  assert.deepEqual([nextHop?.route, nextHop?.percent], ["heavy", 75]);
});

test("what routes have no part in has no candidates", () => {
  const view = viewOf(
    { ...TWO, domains: [domain("a.test", { policy: "Block" }), domain("x.test", { protocol: "XMPP" })] },
    config(),
  );
  const ping = requestTo("local.test", {
    method: "OPTIONS",
    requestUri: { scheme: "sip", host: "local.test" },
  });
  for (const request of [requestTo("a.test"), requestTo("x.test"), ping, requestTo("a b")]) {
    assert.deepEqual(explain(view, request).candidates, []);
    assert.equal("nextHop" in explain(view, request), false);
    assert.deepEqual(explain(view, request).caching, { because: "Nothing is relayed." });
  }
});

test("explain says what decide decides, of any objects and any request", () => {
  const world = fc.record({
    objects: federationObjects(),
    settings: federationConfig(),
    request: sipRequest(),
  });
  fc.assert(
    fc.property(world, ({ objects, settings, request }) => {
      const view = viewOf(objects, settings);
      const decision = decide(view.table, request);
      const explanation = explain(view, request);
      const { action, row, direction, domain: about, because } = decision;
      assert.deepEqual(
        { action, row, direction, domain: about, because },
        {
          action: explanation.action,
          row: explanation.row,
          direction: explanation.direction,
          domain: explanation.domain,
          because: explanation.because,
        },
      );
      const relay = decision.action === "relay" ? decision : { candidates: [], cache: false };
      const serving = explanation.candidates.filter(({ passedOver }) => passedOver === undefined);
      assert.deepEqual(
        serving.map((it) => it.route),
        relay.candidates.map((hop) => hop.route),
      );
      assert.equal(explanation.caching.creates !== undefined, relay.cache);
    }),
    { numRuns: 500 },
  );
});
