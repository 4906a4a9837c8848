/** What the checks say of routes and domains, without an API server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition, StaticRoute } from "../../../../src/api/types.ts";
import { domainFindings, isRemarkable } from "../../../../src/cli/doctor/checks/domains.ts";
import { routeFindings } from "../../../../src/cli/doctor/checks/routes.ts";
import { xmppFindings } from "../../../../src/cli/doctor/checks/xmpp.ts";
import type { DomainFacts } from "../../../../src/cli/doctor/facts.ts";
import { condition, HEALTHY, known, lines, pod } from "./facts.ts";

function staticRoute(
  name: string,
  conditions: readonly Condition[],
  spec: Partial<StaticRoute["spec"]> = {},
): StaticRoute {
  return {
    apiVersion: "sipfederation.io/v1alpha1",
    kind: "StaticRoute",
    metadata: {
      ...{ name, namespace: "voice", uid: "1", resourceVersion: "1" },
      ...{ generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" },
    },
    spec: {
      ...{ destinationPattern: ".*", nextHop: "sbc.test", protocolType: "TCP", routeType: "Domain" },
      ...{ priority: 1, weight: 1, allowLessSpecificRoute: true, service: "Enabled", trustIdentity: false },
      ...spec,
    },
    status: { conditions: [...conditions] },
  };
}

const IN_FORCE = [condition("Accepted", "True", "Accepted"), condition("Programmed", "True", "Programmed")];

function routes(list: readonly StaticRoute[], localDomains: readonly string[] = []): readonly string[] {
  const settings = known({ localDomains, xmpp: false });
  return lines(routeFindings({ routes: known(list), settings, namespace: "voice" }));
}

test("routes: all is well, federation open or closed", () => {
  const state = (reason: string, spec: Partial<StaticRoute["spec"]> = {}) =>
    routes([staticRoute("default", [...IN_FORCE, condition("Ready", "True", reason)], spec)]);
  assert.deepEqual(state("Open"), [
    "ok: 1 route accepted and in force",
    "ok: federation is open, by default",
  ]);
  assert.match(
    state("Blocked")[1] ?? "",
    /^ok: federation is closed: the default route is blocked, and serves known/,
  );
  assert.match(state("Disabled")[1] ?? "", /^ok: federation is closed: no default route serves anybody/);
});

const UNREACHABLE: readonly (readonly [reason: string, Partial<StaticRoute["spec"]>, expected: RegExp])[] = [
  ["NoAnswer", {}, /^problem: StaticRoute default: Because\. -> see that the next hop runs/],
  ["Unresolvable", {}, /-> correct nextHop, or its records in DNS/],
  [
    "TLSFailed",
    { protocolType: "TLS", nextHop: "2001:db8::1", tls: { serverName: "sbc.example" } },
    /-> see more of it: sipfed doctor --next-hop \[2001:db8::1\]:5061 --server-name sbc\.example/,
  ],
];

for (const [reason, spec, expected] of UNREACHABLE) {
  test(`routes: a next hop that does not answer, ${reason}`, () => {
    const conditions = [...IN_FORCE, condition("NextHopReachable", "False", reason)];
    assert.match(routes([staticRoute("default", conditions, spec)])[0] ?? "", expected);
  });
}

test("routes: what is not accepted, not in force, not looked at, and no default route", () => {
  const found = routes([
    staticRoute("a", [condition("Accepted", "False", "Loop")], { destinationPattern: "a.example" }),
    staticRoute(
      "b",
      [condition("Accepted", "True", "Accepted"), condition("Programmed", "False", "Pending")],
      {
        destinationPattern: "b.example",
      },
    ),
    staticRoute("c", [condition("Ready", "Unknown", "Pending")], { destinationPattern: "c.example" }),
  ]).map((line) => line.split(" -> ")[0]);
  assert.deepEqual(found, [
    "problem: StaticRoute a has no effect: Because.",
    "problem: StaticRoute b is not in force: Because.",
    "problem: StaticRoute c: no operator has looked at it yet",
    "problem: no route has the pattern .*, and the operator makes the predefined one",
  ]);
});

test("routes: a local domain needs one of its own, which is in service", () => {
  const one = (spec: Partial<StaticRoute["spec"]>) =>
    routes([staticRoute("own", IN_FORCE, spec)], ["Example.com"]).filter((line) =>
      line.includes("local domain"),
    );
  assert.deepEqual(one({ destinationPattern: "example.COM" }), []);
  assert.equal(one({ destinationPattern: "example.com", service: "Disabled" }).length, 1);
  assert.match(
    one({ destinationPattern: "*.com" })[0] ?? "",
    /^problem: the local domain Example\.com has no route/,
  );
});

function domains(remarkable: DomainFacts["remarkable"]): readonly string[] {
  return lines(domainFindings({ domains: known({ total: 9, overXmpp: 0, remarkable }), namespace: "voice" }));
}

test("domains: those with the same problem are told of together", () => {
  assert.deepEqual(domains([]), ["ok: 9 domains, none with a problem"]);
  const lost = [...IN_FORCE, condition("Routed", "False", "NoRoute")];
  const names = ["a.example", "b.example", "c.example", "d.example"];
  assert.deepEqual(domains(names.map((name) => ({ name, conditions: lost }))), [
    "problem: known, and without a way: a.example, b.example, c.example and 1 more -> set the next hop of the default route, or create a StaticRoute for them",
  ]);
  assert.match(
    domains([{ name: "a.example", conditions: [...IN_FORCE, condition("Throttled", "True", "Rate")] }])[0] ??
      "",
    /^warning: a\.example: Because\. -> if you know it, adopt it: sipfed export a\.example/,
  );
});

test("domains: only those with something to tell are kept", () => {
  assert.ok(
    !isRemarkable([
      ...IN_FORCE,
      condition("Routed", "True", "DefaultRoute"),
      condition("Throttled", "False", "No"),
    ]),
  );
  assert.ok(!isRemarkable([...IN_FORCE, condition("Routed", "False", "Blocked")]), "on purpose");
  assert.ok(isRemarkable([condition("Ready", "Unknown", "Pending")]));
});

test("xmpp: streams, none of them, and domains that want a gateway", () => {
  const xmpp = (metrics: string, overXmpp = 0) =>
    lines(
      xmppFindings({
        pods: known([pod({ metrics })]),
        domains: known({ total: 1, overXmpp, remarkable: [] }),
        settings: undefined,
      }),
    );
  assert.match(xmpp("sip_federation_xmpp_up 1\n")[0] ?? "", /^ok: every local domain has its stream/);
  assert.match(xmpp("sip_federation_xmpp_up 0\n")[0] ?? "", /^problem: pod edge-0: not every local domain/);
  assert.deepEqual(xmpp(HEALTHY), []);
  assert.match(
    xmpp(HEALTHY, 3)[0] ?? "",
    /^warning: 3 domains can be reached over XMPP alone, and there is no XMPP gateway/,
  );
});
