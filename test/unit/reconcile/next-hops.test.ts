import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "../../../src/federation/types.ts";
import { Model } from "../../../src/federation/model.ts";
import { NextHops, type HopName } from "../../../src/reconcile/next-hops.ts";
import { config, route } from "../../support/federation-objects.ts";

const target = (address: string, port = 5060): Target => ({ address, port, priority: 0, weight: 1 });

function setUp() {
  const model = new Model(config({ localDomains: ["local.test"] }));
  const names = new Map<string, readonly Target[]>();
  const problems = new Map<string, string>();
  const alive = new Map<string, boolean>();
  const followed: string[] = [];
  const probed = new Map<string, boolean>();
  const changed: string[] = [];
  let moves = 0;
  const nextHops = new NextHops({
    table: model.table,
    resolver: {
      follow: (hops) => {
        followed.splice(0, followed.length, ...Array.from(hops, ({ host }) => host));
      },
      targets: ({ host }: HopName) => names.get(host),
      problem: ({ host }: HopName) => problems.get(host),
    },
    prober: {
      follow: (hops) => {
        probed.clear();
        for (const { uri, inside } of hops) probed.set(uri, inside);
      },
      isAlive: (uri) => alive.get(uri),
      problem: (uri) => problems.get(uri),
    },
    uriOf: ({ host, port, transport }) => `${transport} ${host}:${port}`,
    moved: () => (moves += 1),
    changed: (routes) => changed.push(...routes),
  });
  const set = (name: string, fields: Parameters<typeof route>[1]): void => {
    model.setRoute(route(name, fields));
    nextHops.follow();
  };
  const reachable = (name: string): string => {
    const found = nextHops.reachability(name);
    return typeof found === "object" ? `${found.status} ${found.reason}: ${found.message}` : String(found);
  };
  return {
    model,
    nextHops,
    names,
    problems,
    alive,
    followed,
    probed,
    changed,
    set,
    reachable,
    moves: () => moves,
  };
}

test("next hops are followed by name, and probed by address, from the side that they serve", () => {
  const { names, followed, probed, set } = setUp();
  names
    .set("sbc.test", [target("192.0.2.1"), target("192.0.2.2")])
    .set("pbx.test", [target("10.0.0.5", 5070)]);
  set("out", { destinationPattern: ".*", nextHop: "sbc.test", blockRoute: false });
  set("in", { destinationPattern: "local.test", nextHop: "pbx.test" });
  assert.deepEqual(followed.toSorted(), ["pbx.test", "sbc.test"]);
  assert.deepEqual([...probed].toSorted(), [
    ["TCP 10.0.0.5:5070", true],
    ["TCP 192.0.2.1:5060", false],
    ["TCP 192.0.2.2:5060", false],
  ]);
});

test("a name that leads elsewhere moves its sets, and concerns its routes", () => {
  const { nextHops, names, probed, changed, set, moves, model } = setUp();
  set("a", { destinationPattern: "a.test", nextHop: "sbc.test" });
  set("b", { destinationPattern: ".test.b.*", nextHop: "sbc.test" });
  set("c", { destinationPattern: "c.test", nextHop: "other.test" });
  assert.deepEqual(nextHops.orders(model.table.routeSets.get("a.test")?.hops ?? []).flat(), []);
  names.set("sbc.test", [target("192.0.2.1")]);
  nextHops.resolved([{ host: "sbc.test", port: 5060, transport: "TCP" }]);
  assert.deepEqual(changed.toSorted(), ["a", "b"]);
  assert.deepEqual([...nextHops.takeMoved()].toSorted(), [".b.test", "=b.test", "a.test"]);
  assert.deepEqual([[...nextHops.takeMoved()], moves(), [...probed.keys()]], [[], 1, ["TCP 192.0.2.1:5060"]]);
  const [order] = nextHops.orders(model.table.routeSets.get("a.test")?.hops ?? []);
  assert.equal(order?.[0]?.host, "192.0.2.1");
  nextHops.resolved([{ host: "sbc.test", port: 0, transport: "TCP" }]);
  assert.equal(moves(), 1, "nobody goes by its SRV records");
});

test("reachable is what answers, unreachable what never does, and unknown what was not asked", () => {
  const { nextHops, names, alive, changed, set, reachable } = setUp();
  names.set("sbc.test", [target("192.0.2.1"), target("192.0.2.2")]);
  set("out", { destinationPattern: "a.test", nextHop: "sbc.test" });
  assert.equal(reachable("out"), "unknown");
  alive.set("TCP 192.0.2.1:5060", false);
  nextHops.probed("TCP 192.0.2.1:5060");
  assert.deepEqual([changed, reachable("out")], [["out"], "unknown"]);
  alive.set("TCP 192.0.2.2:5060", false);
  const silent = "No answer to OPTIONS from 192.0.2.1 port 5060, 192.0.2.2 port 5060 over TCP.";
  assert.equal(reachable("out"), `False NoAnswer: ${silent}`);
  assert.deepEqual(nextHops.unreachable(), { out: silent });
  alive.set("TCP 192.0.2.2:5060", true);
  assert.equal(reachable("out"), "True Answers: The next hop answers probes.");
  assert.deepEqual(nextHops.unreachable(), {});
});

test("where a next hop is, for people", () => {
  const { nextHops, names, problems, alive, set, model } = setUp();
  names.set("sbc.test", [target("192.0.2.1"), target("192.0.2.2")]);
  set("out", { destinationPattern: "a.test", nextHop: "sbc.test" });
  alive.set("TCP 192.0.2.1:5060", false);
  const hop = model.table.routeSets.get("a.test")?.hops[0] ?? assert.fail();
  assert.deepEqual(nextHops.whereabouts(hop), {
    addresses: [
      { address: "192.0.2.1", port: 5060, alive: false },
      { address: "192.0.2.2", port: 5060, alive: undefined },
    ],
    problem: undefined,
  });
  problems.set("TCP 192.0.2.1:5060", "its certificate has expired");
  assert.equal(nextHops.whereabouts(hop).addresses[0]?.problem, "its certificate has expired");
  names.delete("sbc.test");
  problems.set("sbc.test", "the DNS server does not answer");
  assert.deepEqual(nextHops.whereabouts(hop), { addresses: [], problem: "the DNS server does not answer" });
});

test("a name that leads nowhere, or to this system itself, is unreachable, and says why", () => {
  const { names, problems, probed, set, reachable } = setUp();
  set("out", { destinationPattern: "a.test", nextHop: "sbc.test" });
  names.set("sbc.test", []);
  problems.set("sbc.test", "sbc.test has no A or AAAA record");
  assert.equal(reachable("out"), "False Unresolvable: sbc.test has no A or AAAA record.");
  names.set("sbc.test", [target("198.51.100.1")]);
  set("out", { destinationPattern: "a.test", nextHop: "sbc.test" });
  assert.equal(reachable("out"), "False Unresolvable: sbc.test leads to this system itself.");
  assert.equal(probed.size, 0);
});

test("nothing is told of a route that no request goes by", () => {
  const { names, probed, set, reachable } = setUp();
  names.set("192.0.2.1", [target("192.0.2.1")]);
  set("off", { destinationPattern: "a.test", nextHop: "192.0.2.1", service: "Disabled" });
  set("shut", { destinationPattern: "b.test", nextHop: "192.0.2.1", blockRoute: true });
  assert.deepEqual([reachable("off"), reachable("shut"), reachable("none")], Array(3).fill("undefined"));
  assert.equal(probed.size, 0);
});
