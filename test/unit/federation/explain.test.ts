import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, type Whereabouts } from "../../../src/federation/explain.ts";
import { translate } from "../../../src/federation/translate.ts";
import { config, domain, route } from "../../support/federation-objects.ts";

const { table } = translate(
  {
    routes: [
      route("first", { destinationPattern: "a.test", nextHop: "one.test", priority: 1 }),
      route("second", {
        destinationPattern: "a.test",
        nextHop: "two.test",
        priority: 2,
        allowLessSpecificRoute: false,
      }),
    ],
    domains: [domain("a.test")],
  },
  config(),
);
const request = {
  method: "INVITE",
  source: "10.1.1.1",
  requestUri: { scheme: "sip", host: "a.test" },
  from: undefined,
};

/** What is said, where these next hops are. */
function said(where: Readonly<Record<string, Whereabouts>>) {
  const unknown: Whereabouts = { addresses: [], problem: undefined };
  const { summary, nextHop, passedOver } = explain(table, request, ({ host }) => where[host] ?? unknown);
  return { summary, nextHop: nextHop && `${nextHop.route} ${nextHop.address} ${nextHop.port}`, passedOver };
}

const at = (address: string, alive?: boolean): Whereabouts => ({
  addresses: [{ address, port: 5060, alive }],
  problem: undefined,
});
const SUMMARY = "relayed to one.test:5060 over TCP (StaticRoute first), or to one of 1 more";

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
  const lost: Whereabouts = { addresses: [], problem: "two.test has no A or AAAA record" };
  assert.deepEqual(said({ "two.test": lost }), {
    summary: `${SUMMARY}; now none of them answers`,
    nextHop: undefined,
    passedOver: [
      "StaticRoute first: one.test is not resolved yet.",
      "StaticRoute second: two.test has no A or AAAA record.",
    ],
  });
});

test("without a look at next hops, or without any, nothing is said of addresses", () => {
  assert.equal("nextHop" in explain(table, request), false);
  const nowhere = { ...request, requestUri: { scheme: "sip", host: "b.test" } };
  assert.equal("passedOver" in explain(table, nowhere, () => at("192.0.2.1")), false);
});
