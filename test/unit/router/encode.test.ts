import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Model } from "../../../src/federation/model.ts";
import { orders } from "../../../src/federation/shares.ts";
import type { NextHop, RouteSet } from "../../../src/federation/types.ts";
import { encodeActive, encodeName, encodeSet, encodeTombstone, hopUri } from "../../../src/router/encode.ts";
import { federationConfig, federationObjects } from "../../support/arbitraries.ts";
import { config, domain, route } from "../../support/federation-objects.ts";
import { expectedEntries } from "../../support/router-table.ts";

const hop = (fields: Partial<NextHop>): NextHop => ({
  route: "r",
  host: "192.0.2.1",
  port: 5060,
  transport: "TCP",
  priority: 1,
  weight: 1,
  trustIdentity: false,
  ...fields,
});

test("a next hop is a URI; without a port it is resolved by SRV", () => {
  assert.equal(hopUri(hop({})), "sip:192.0.2.1:5060;transport=tcp");
  assert.equal(hopUri(hop({ trustIdentity: true })), "sip:192.0.2.1:5060;transport=tcp;id");
  assert.equal(
    hopUri(hop({ host: "2001:db8::1", transport: "UDP" })),
    "sip:[2001:db8::1]:5060;transport=udp",
  );
  assert.equal(
    hopUri(hop({ host: "srv.example", port: 0, transport: "TLS" })),
    "sip:srv.example;transport=tls;tls=srv.example",
  );
  assert.equal(
    hopUri(hop({ transport: "TLS", serverName: "2001:db8::1", trustIdentity: true })),
    "sip:192.0.2.1:5060;transport=tls;tls=2001-db8--1;id",
  );
});

test("a table as the router holds it", () => {
  const model = new Model(
    config({
      localDomains: ["local.test"],
      insideNetworks: ["10.0.0.0/8", "2001:db8:1::/48"],
      insideCertificateNames: ["platform.test"],
      trustedPeers: [
        {
          sources: ["203.0.113.0/24", "2001:db8:2::/64"],
          certificateNames: [],
          domains: ["a.test", "b.test"],
        },
        { sources: [], certificateNames: ["sbc.test", "*.test"], domains: ["*"] },
      ],
      unprovenInbound: "refuse",
    }),
  );
  model.setRoute(
    route("inside", { destinationPattern: "local.test", nextHop: "10.0.0.5", protocolType: "UDP" }),
  );
  model.setRoute(route("open", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: false }));
  model.setRoute(route("below", { destinationPattern: "*.deep.test", nextHop: "192.0.2.2" }));
  model.setRoute(route("reversed", { destinationPattern: ".test.partner.*", nextHop: "192.0.2.3" }));
  model.setRoute(route("exact", { destinationPattern: "partner.test", nextHop: "192.0.2.4", weight: 2 }));
  model.setRoute(route("exact-2", { destinationPattern: "partner.test", nextHop: "192.0.2.5", weight: 1 }));
  model.setRoute(route("shut", { destinationPattern: "shut.test", blockRoute: true }));
  model.setRoute(
    route("stop", { destinationPattern: "*.stop.test", nextHop: "192.0.2.6", allowLessSpecificRoute: false }),
  );
  model.setRoute(
    route("numbers", { routeType: "User", destinationPattern: "+4930..*", nextHop: "192.0.2.7" }),
  );
  model.setDomain(domain("partner.test"));
  model.setDomain(domain("plain.test"));
  model.setDomain(domain("bad.test", { policy: "Block" }));
  model.setDomain(domain("found.test", { trust: "Limited" }));
  model.setDomain(domain("met.test", { trust: "Limited", sources: ["203.0.113.8/32"] }));
  model.setDomain(domain("chat.test", { protocol: "XMPP", sources: ["203.0.113.9/32", "2001:db8::/32"] }));

  const [orderId] = Object.keys(expectedEntries(model.table, orders)).flatMap(
    (key) => /^o\/(\w+)/.exec(key)?.[1] ?? [],
  );
  assert.match(orderId ?? "", /^[0-9a-f]{16}$/);
  assert.deepEqual(expectedEntries(model.table, orders), {
    active:
      "|1|2|R|10.0.0.0/8,2001:db8:1::/48|203.0.113.0/24,2001:db8:2::/64=a.test,b.test=;=*=sbc.test|7*,5,..;|platform.test",
    "s/*": "0||1|sip:192.0.2.1:5060;transport=tcp",
    "s/local.test": "0||1|sip:10.0.0.5:5060;transport=udp",
    "s/.deep.test": "0|*|1|sip:192.0.2.2:5060;transport=tcp",
    "s/.partner.test": "0|*|1|sip:192.0.2.3:5060;transport=tcp",
    "s/=partner.test": "0|*|1|sip:192.0.2.3:5060;transport=tcp",
    "s/partner.test": `0|=partner.test|3|${orderId ?? ""}`,
    [`o/${orderId ?? ""}/0`]: "sip:192.0.2.4:5060;transport=tcp sip:192.0.2.5:5060;transport=tcp",
    [`o/${orderId ?? ""}/1`]: "sip:192.0.2.4:5060;transport=tcp sip:192.0.2.5:5060;transport=tcp",
    [`o/${orderId ?? ""}/2`]: "sip:192.0.2.5:5060;transport=tcp sip:192.0.2.4:5060;transport=tcp",
    "s/@+4930..*": "0|@|1|sip:192.0.2.7:5060;transport=tcp",
    "s/shut.test": "1||0|",
    "s/.stop.test": "0||1|sip:192.0.2.6:5060;transport=tcp",
    "n/local.test": "L|local.test",
    "n/partner.test": "A|partner.test",
    "n/plain.test": "A|",
    "n/bad.test": "B|",
    "n/found.test": "A|||L",
    "n/met.test": "A||203.0.113.8/32|L",
    "n/chat.test": "X||203.0.113.9/32,2001:db8::/32",
    "n/shut.test": "-|shut.test",
  });
});

test("a set without hops has no order, and equal orders are one", () => {
  const set = (hops: readonly NextHop[]): RouteSet => ({
    key: "a.test",
    blocked: false,
    hops,
    next: undefined,
  });
  assert.equal(encodeSet(set([]), orders).value, "0||0|");
  assert.equal(
    encodeSet(set([hop({})]), () => [[hop({})], [hop({})]]).value,
    "0||1|sip:192.0.2.1:5060;transport=tcp",
  );
});

test("equal orders have one id, and other orders another", () => {
  const set = (key: string, hops: readonly NextHop[]): RouteSet => ({ key, blocked: false, hops, next: "*" });
  const pair = [hop({}), hop({ host: "192.0.2.2" })];
  const one = encodeSet(set("a.test", pair), orders).orders?.id;
  assert.equal(encodeSet(set("b.test", pair), orders).orders?.id, one);
  assert.notEqual(encodeSet(set("a.test", [...pair, hop({ host: "192.0.2.3" })]), orders).orders?.id, one);
});

test("what cannot be written safely is left out", () => {
  const hops = ["a|b.test", "a b.test", "evil\r\nhost", "x;y", "fe80::1%eth0", ""].map((host) =>
    hop({ host }),
  );
  const set: RouteSet = { key: "a.test", blocked: false, hops: [...hops, hop({})], next: undefined };
  assert.equal(encodeSet(set, orders).value, "0||1|sip:192.0.2.1:5060;transport=tcp");
  const table = new Model(
    config({
      insideNetworks: ["10.0.0.0/8|x", "10.0.0.0/8"],
      trustedPeers: [{ sources: ["1.2.3.4"], certificateNames: ["a=b"], domains: ["a;b", "a.test"] }],
    }),
  ).table;
  assert.equal(encodeActive("e", table), "e|0|0|S|10.0.0.0/8|||");
  const entry = {
    kind: "known",
    policy: "Allow",
    protocol: "SIP",
    trust: "Full",
    sources: ["x|y/3"],
  } as const;
  assert.equal(encodeName(entry, undefined), "A|");
});

test("a tombstone passes on to the next set", () => {
  assert.equal(encodeTombstone("*"), "-|*|0|");
  assert.equal(encodeTombstone(undefined), "-||0|");
});

test("keys and values are plain: the fields of every entry can be told apart", () => {
  fc.assert(
    fc.property(federationConfig(), federationObjects(), (settings, { routes, domains }) => {
      const model = new Model(settings);
      for (const object of routes) model.setRoute(object);
      for (const object of domains) model.setDomain(object);
      for (const [key, value] of Object.entries(expectedEntries(model.table, orders))) {
        assert.match(
          key,
          /^(active|n\/[a-z0-9._-]+|s\/(\*|[.=]?[a-z0-9._-]+|@[A-Za-z0-9.+]+\*?)|o\/[0-9a-f]{16}\/\d+)$/,
        );
        assert.match(value, /^[a-z0-9 ._:;=|,*@/[\]-]*$/i);
        const fields = { n: [2, 3, 4], s: [4], o: [1], a: [8] }[key.charAt(0)];
        assert.ok(fields?.includes(value.split("|").length), `${key} ${value}`);
      }
    }),
  );
});
