/** What the console says of domains and routes, from the objects. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainIndex } from "../../../src/admin/console/domains/index.ts";
import { Model } from "../../../src/federation/model.ts";
import type { DomainObject, FederationConfig } from "../../../src/federation/types.ts";
import { overviewOf, type OverviewJoints } from "../../../src/main/console/overview.ts";
import { routesView } from "../../../src/main/console/routes.ts";
import { Rows } from "../../../src/main/console/rows.ts";
import { domainRow } from "../../support/console-bed.ts";
import { config, domain, route } from "../../support/federation-objects.ts";

const HOP = { nextHop: "192.0.2.1" };
const ROUTES = [
  route("default", { destinationPattern: ".*", ...HOP, blockRoute: false }),
  route("partners", { destinationPattern: "*.partner.example", ...HOP }),
  route("partners-2", { destinationPattern: "*.partner.example", nextHop: "192.0.2.2", weight: 3 }),
  route("banned", { destinationPattern: "*.spam.example", blockRoute: true }),
];

function modelOf(
  domains: readonly DomainObject[],
  settings: Partial<FederationConfig> = {},
  routes = ROUTES,
) {
  const model = new Model(config(settings));
  for (const one of routes) model.setRoute(one);
  for (const one of domains) model.setDomain(one);
  return model;
}

function rows(domains: readonly DomainObject[], settings: Partial<FederationConfig> = {}, routes = ROUTES) {
  const entries = new Map(
    domains.map((object) => [
      object.name,
      {
        ...{ name: object.name, uid: object.uid, resourceVersion: "1", specVersion: "1", statusDigest: 0 },
        ...{ object, discovered: object.spec.trust === "Limited", created: 1_700_000_000 },
        programmed: !object.name.startsWith("new."),
      },
    ]),
  );
  return new Rows({
    model: modelOf(domains, settings, routes),
    domains: entries,
    throttled: (name) => name.startsWith("loud."),
    activity: (name) => (name.startsWith("loud.") ? 5 : undefined),
  });
}

test("a row has what serves the domain, and its state", () => {
  const all = rows([
    domain("a.example", { trust: "Limited" }),
    domain("b.partner.example", { description: "Contract" }),
    domain("c.spam.example"),
    domain("blocked.example", { policy: "Block" }),
    domain("x.example", { protocol: "XMPP" }),
    domain("new.example"),
    domain("loud.example"),
    domain("local.test"),
  ]);
  const states = (name: string) => [all.row(name)?.state, all.row(name)?.servedBy];
  const byDefault = { kind: "Default", pattern: ".*" };
  assert.deepEqual(states("a.example"), ["Ready", byDefault]);
  assert.deepEqual(states("b.partner.example"), [
    "Ready",
    { kind: "Explicit", pattern: "*.partner.example", route: "partners", more: 1 },
  ]);
  assert.deepEqual(states("c.spam.example"), [
    "Blocked",
    { kind: "Explicit", pattern: "*.spam.example", route: "banned" },
  ]);
  assert.deepEqual(states("blocked.example"), ["Blocked", { kind: "Nothing" }]);
  assert.deepEqual(states("x.example"), ["NoRoute", { kind: "XMPP" }], "there is no gateway");
  assert.deepEqual(states("new.example"), ["Pending", byDefault]);
  assert.deepEqual(states("loud.example"), ["Throttled", byDefault]);
  assert.deepEqual(states("local.test"), ["NotAccepted", { kind: "Nothing" }]);
  assert.equal(all.row("nobody.example"), undefined);
  const { origin, created, activity } = all.row("a.example") ?? {};
  assert.deepEqual([origin, created, activity], ["discovered", 1_700_000_000_000, undefined]);
  assert.equal(all.row("b.partner.example")?.description, "Contract");
  assert.equal(all.row("loud.example")?.activity, 5);
});

test("with a gateway XMPP domains are ready, and without any route others are not", () => {
  assert.equal(
    rows([domain("x.example", { protocol: "XMPP" })], { xmpp: true }).row("x.example")?.state,
    "Ready",
  );
  assert.equal(rows([domain("a.example")], {}, []).row("a.example")?.state, "NoRoute");
});

test("domains of one route share what says so", () => {
  const all = rows([domain("a.partner.example"), domain("b.partner.example")]);
  assert.equal(all.row("a.partner.example")?.servedBy, all.row("b.partner.example")?.servedBy);
});

test("routes are grouped by pattern, most specific first, each with the state of its next hop", () => {
  const routes = [
    ...ROUTES,
    route("one", { destinationPattern: "one.partner.example", nextHop: "192.0.2.3", priority: 2 }),
    route("users", { destinationPattern: "+49*", routeType: "User", ...HOP }),
    route("broken", { destinationPattern: "a..b", ...HOP }),
    route("off", { destinationPattern: "off.example", ...HOP, service: "Disabled" }),
  ];
  const alive: Record<string, boolean | undefined> = { "192.0.2.1": true, "192.0.2.2": false };
  const { groups, isOpen } = routesView({
    model: modelOf([], {}, routes),
    routes: {
      entries: () =>
        routes.map((object) => ({
          ...{ name: object.name, uid: object.uid, resourceVersion: "1", specVersion: "1" },
          ...{ object, statusDigest: 0, programmed: true },
        })),
    },
    whereabouts: ({ host, port }) => ({
      addresses: [{ address: host, port, alive: alive[host] }],
      problem: undefined,
    }),
    latency: () => 1.5,
    servedBy: (pattern) => (pattern === ".*" ? 7 : 0),
  });
  assert.equal(isOpen, true);
  assert.deepEqual(
    groups.map(({ kind, pattern }) => `${kind} ${pattern}`),
    [
      "Invalid ",
      "User +49*",
      "Domain one.partner.example",
      "Domain off.example",
      "Below *.partner.example",
      "Below *.spam.example",
      "Default .*",
    ],
  );
  const group = (pattern: string) => groups.find((one) => one.pattern === pattern);
  const partners = group("*.partner.example");
  assert.deepEqual(
    partners?.routes.map(({ name, share, hop }) => [name, share, hop?.state]),
    [
      ["partners-2", 75, "silent"],
      ["partners", 25, "answers"],
    ],
  );
  assert.deepEqual(
    [partners.shadows, partners.shadowedBy, partners.fallback],
    [".*", ["one.partner.example"], ".*"],
  );
  assert.equal(group("one.partner.example")?.routes[0]?.hop?.state, "unknown");
  assert.deepEqual(
    [group("off.example")?.routes[0]?.state, group("off.example")?.routes[0]?.hop],
    ["Disabled", undefined],
  );
  assert.equal(group("off.example")?.shadows, undefined, "what is out of service takes nothing from anybody");
  assert.deepEqual(
    groups[0]?.routes.map(({ state }) => state),
    ["NotAccepted"],
  );
  assert.equal(group(".*")?.domains, 7);
});

const DAY = 86_400_000;

function overview(fields: Partial<OverviewJoints> = {}) {
  const domains = new DomainIndex();
  domains.set(domainRow("a.example", { state: "Throttled" }));
  const state = { reachable: true, inForce: true, pending: 0, questions: 0 };
  return overviewOf(
    {
      model: modelOf([]),
      domains,
      router: () => ({ state: () => state as never, tls: () => undefined }),
      unreachable: () => ({}),
      isCurrent: () => true,
      xmppUp: () => undefined,
      ...fields,
    },
    0,
  );
}

test("the overview names what needs a look, and where", () => {
  const calm = overview();
  assert.deepEqual(calm.problems, [
    {
      severity: "warning",
      text: "1 domain slowed down by the limits for strangers.",
      page: "domains?state=Throttled",
    },
  ]);
  assert.deepEqual(
    [calm.isOpen, calm.openRoutes, calm.domains.all, calm.xmppUp],
    [true, ["default"], 1, undefined],
  );
  const broken = route("broken", { destinationPattern: "a..b", ...HOP });
  const troubled = overview({
    model: modelOf([], {}, [...ROUTES, broken]),
    router: () => undefined,
    unreachable: () => ({ partners: "No answer to OPTIONS." }),
    isCurrent: () => false,
    xmppUp: () => false,
  });
  const texts = troubled.problems.map(({ text }) => text).join("\n");
  for (const text of [
    /router of this pod does not answer/,
    /API server is away/,
    /StaticRoute broken is not accepted/,
    /StaticRoute partners: No answer/,
    /XMPP gateway is away/,
  ])
    assert.match(texts, text);
  assert.deepEqual(troubled.routes, { all: 5, notAccepted: 1, silent: 1 });
});

test("a certificate that ends soon is told of, and of many problems a few", () => {
  const tls = (notAfter: number, problem?: string) => () => ({
    state: () => ({ reachable: true, inForce: true, pending: 0, questions: 0 }) as never,
    tls: () => ({ notAfter, problem, reloads: 0 }),
  });
  assert.match(overview({ router: tls(3 * DAY) }).problems[0]?.text ?? "", /ends in 3 days/);
  assert.match(overview({ router: tls(-1) }).problems[0]?.text ?? "", /has expired/);
  assert.match(
    overview({ router: tls(90 * DAY, "the key does not fit") }).problems[0]?.text ?? "",
    /the key does not fit/,
  );
  assert.equal(overview({ router: tls(90 * DAY) }).problems.length, 1);
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`r${at}`, "No answer."]));
  const { problems } = overview({ unreachable: () => many });
  assert.equal(problems.length, 7);
  assert.match(problems[5]?.text ?? "", /^25 more/);
});
