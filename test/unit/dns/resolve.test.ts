import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "../../support/dns-server.ts";
import { hop, resolve, setup } from "./setup.ts";

const naptr = (order: number, preference: number, services: string, replacement: string, flags = "s") => ({
  order,
  preference,
  flags,
  services,
  regexp: "",
  replacement,
});
const srv = (priority: number, weight: number, port: number, target: string) => ({
  priority,
  weight,
  port,
  target,
});

test("RFC 3263 §4.2: a name with a port is A and AAAA alone", async (t) => {
  const bed = await setup(t);
  bed.server.set("sbc.test", "A", 60, "192.0.2.2", "192.0.2.1");
  bed.server.set("sbc.test", "AAAA", 60, "2001:db8:0:0:0::1");
  deepEqual(await resolve(bed, hop("sbc.test", 5070)), {
    targets: ["192.0.2.1:5070", "192.0.2.2:5070", "[2001:db8::1]:5070"],
    problem: undefined,
  });
  deepEqual(bed.server.asked.map(({ type }) => type).sort(), ["A", "AAAA"]);
});

test("only the addresses of the families in use are asked for", async (t) => {
  const bed = await setup(t, { families: [6] });
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  deepEqual(await resolve(bed, hop("sbc.test")), { targets: [], problem: "sbc.test has no AAAA record" });
  equal(bed.server.count("sbc.test", "A"), 0);
});

test("addresses that stand for no one machine are no targets", async (t) => {
  const bed = await setup(t);
  bed.server.set("sbc.test", "A", 60, "0.0.0.0", "224.0.0.1", "255.255.255.255");
  bed.server.set("sbc.test", "AAAA", 60, "::", "ff02::1", "fe80::1");
  deepEqual(await resolve(bed, hop("sbc.test")), {
    targets: [],
    problem: "sbc.test has no address that requests can be sent to",
  });
  bed.server.set("mapped.test", "AAAA", 60, "::ffff:192.0.2.7");
  deepEqual((await resolve(bed, hop("mapped.test"))).targets, ["192.0.2.7:5060"]);
});

test("RFC 3263 §4.2: an address is itself, at once and without DNS", async (t) => {
  const { resolver, server } = await setup(t, { families: [4] });
  const hops = [
    hop("192.0.2.1", 5070),
    hop("2001:db8::1", 0, "TLS"),
    hop("192.0.2.1", 0),
    hop("localhost", 0),
  ];
  resolver.follow(hops);
  const targets = hops.map((one) => resolver.targets(one)?.map(({ address, port }) => `${address} ${port}`));
  deepEqual(targets, [["192.0.2.1 5070"], ["2001:db8::1 5061"], ["192.0.2.1 5060"], ["127.0.0.1 5060"]]);
  await resolver.ready(0);
  deepEqual(server.asked, []);
});

test("RFC 3263 §4.1, §4.2: NAPTR leads to SRV, SRV to addresses", async (t) => {
  const bed = await setup(t);
  const { server } = bed;
  const records = [naptr(10, 1, "SIP+D2T", "_sip._tcp.edge.test")];
  server.set("partner.test", "NAPTR", 60, ...records);
  server.set("_sip._tcp.edge.test", "SRV", 60, srv(20, 0, 5062, "c.test"), srv(10, 60, 5060, "A.test"));
  server.set("a.test", "A", 60, "192.0.2.2", "192.0.2.1");
  server.set("a.test", "AAAA", 60, "2001:db8::1");
  server.set("c.test", "A", 60, "192.0.2.3");
  deepEqual(await resolve(bed, hop("partner.test", 0, "TCP")), {
    targets: [
      "192.0.2.1:5060/10/60",
      "192.0.2.2:5060/10/60",
      "[2001:db8::1]:5060/10/60",
      "192.0.2.3:5062/20/0",
    ],
    problem: undefined,
  });
});

test("of the NAPTR records, the first by order and preference counts that fits the transport", async (t) => {
  const bed = await setup(t);
  const { server } = bed;
  const records = [
    naptr(20, 1, "SIP+D2T", "_sip._tcp.later.test"),
    naptr(10, 9, "SIP+D2T", "_sip._tcp.a-less.test"),
    naptr(10, 5, "sip+d2t", "_SIP._tcp.Best.test", "S"),
    naptr(1, 1, "SIPS+D2T", "_sips._tcp.tls.test"),
    naptr(1, 1, "SIP+D2T", "_sip._tcp.regexp.test", "u"),
    naptr(1, 1, "E2U+sip", "_sip._tcp.enum.test"),
  ];
  server.set("partner.test", "NAPTR", 60, ...records);
  server.set("sbc.test", "A", 60, "192.0.2.1");
  for (const [n, { replacement }] of records.entries()) {
    server.set(replacement.toLowerCase(), "SRV", 60, srv(1, 1, 5070 + n, "sbc.test"));
  }
  deepEqual((await resolve(bed, hop("partner.test", 0, "TCP"))).targets, ["192.0.2.1:5072/1/1"]);
  deepEqual((await resolve(bed, hop("partner.test", 0, "TLS"))).targets, ["192.0.2.1:5073/1/1"]);
});

test("where a NAPTR record leads nowhere, the next one counts, and then the addresses", async (t) => {
  const bed = await setup(t);
  const { server } = bed;
  const records = [naptr(1, 1, "SIP+D2U", "_sip._udp.gone.test"), naptr(2, 1, "SIP+D2U", "_sip._udp.b.test")];
  server.set("partner.test", "NAPTR", 60, ...records);
  server.set("_sip._udp.b.test", "SRV", 60, srv(1, 1, 5064, "b.test"));
  server.set("b.test", "A", 60, "192.0.2.1");
  deepEqual((await resolve(bed, hop("partner.test", 0))).targets, ["192.0.2.1:5064/1/1"]);
  server.set("other.test", "NAPTR", 60, naptr(1, 1, "SIP+D2U", "_sip._udp.gone.test"));
  server.set("other.test", "A", 60, "192.0.2.2");
  deepEqual((await resolve(bed, hop("other.test", 0))).targets, ["192.0.2.2:5060"]);
  server.set("third.test", "NAPTR", 60, naptr(1, 1, "SIP+D2U", "_sip._udp.gone.test"));
  equal(
    (await resolve(bed, hop("third.test", 0))).problem,
    "third.test has no A or AAAA record, and _sip._udp.gone.test has no SRV record",
  );
});

test("a NAPTR record without a name in it is none", async (t) => {
  const bed = await setup(t);
  bed.server.set("partner.test", "NAPTR", 60, naptr(1, 1, "SIP+D2U", "."));
  bed.server.set("_sip._udp.partner.test", "SRV", 60, srv(1, 1, 5070, "sbc.test"));
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  deepEqual((await resolve(bed, hop("partner.test", 0))).targets, ["192.0.2.1:5070/1/1"]);
});

for (const [transport, name] of [
  ["UDP", "_sip._udp.partner.test"],
  ["TCP", "_sip._tcp.partner.test"],
  ["TLS", "_sips._tcp.partner.test"],
] as const) {
  test(`without a fitting NAPTR record, SRV is asked for by the usual name for ${transport}`, async (t) => {
    const bed = await setup(t);
    bed.server.set("partner.test", "NAPTR", 60, naptr(1, 1, "SIP+D2S", "_sip._sctp.partner.test"));
    bed.server.set(name, "SRV", 60, srv(1, 2, 5080, "sbc.test"));
    bed.server.set("sbc.test", "A", 60, "192.0.2.1");
    deepEqual((await resolve(bed, hop("partner.test", 0, transport))).targets, ["192.0.2.1:5080/1/2"]);
  });
}

test("RFC 3263 §4.2: without SRV records it is the name's own addresses and the default port", async (t) => {
  const bed = await setup(t);
  bed.server.set("partner.test", "A", 60, "192.0.2.1");
  deepEqual((await resolve(bed, hop("partner.test", 0, "TCP"))).targets, ["192.0.2.1:5060"]);
  deepEqual((await resolve(bed, hop("partner.test", 0, "TLS"))).targets, ["192.0.2.1:5061"]);
});

test("a name without anything says what it lacks", async (t) => {
  const bed = await setup(t);
  deepEqual(await resolve(bed, hop("gone.test")), {
    targets: [],
    problem: "gone.test does not exist in DNS",
  });
  deepEqual((await resolve(bed, hop("gone.test", 0))).problem?.split(", and "), [
    "gone.test does not exist in DNS",
    "_sip._udp.gone.test has no SRV record",
  ]);
  bed.server.set("bare.test", "A", 60);
  deepEqual(await resolve(bed, hop("bare.test")), {
    targets: [],
    problem: "bare.test has no A or AAAA record",
  });
});

test("a service that is decidedly not offered has no targets, whatever addresses the name has", async (t) => {
  const bed = await setup(t);
  bed.server.set("_sip._udp.partner.test", "SRV", 60, srv(0, 0, 0, "."));
  bed.server.set("partner.test", "A", 60, "192.0.2.1");
  deepEqual(await resolve(bed, hop("partner.test", 0)), {
    targets: [],
    problem: "the SRV record of _sip._udp.partner.test says that there is no such service",
  });
});

test("SRV records that name no host or no port are not used", async (t) => {
  const bed = await setup(t);
  const records = [srv(0, 0, 5060, "."), srv(1, 1, 0, "sbc.test"), srv(2, 1, 5070, "sbc.test")];
  bed.server.set("_sip._udp.partner.test", "SRV", 60, ...records);
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  deepEqual(await resolve(bed, hop("partner.test", 0)), {
    targets: ["192.0.2.1:5070/2/1"],
    problem: undefined,
  });
});

test("SRV targets that meet at one address and port are one target, where it is best", async (t) => {
  const bed = await setup(t);
  const records = [srv(20, 5, 5060, "a.test"), srv(10, 5, 5060, "b.test"), srv(10, 7, 5061, "b.test")];
  bed.server.set("_sip._udp.partner.test", "SRV", 60, ...records);
  bed.server.set("a.test", "A", 60, "192.0.2.1");
  bed.server.set("b.test", "A", 60, "192.0.2.1");
  deepEqual((await resolve(bed, hop("partner.test", 0))).targets, [
    "192.0.2.1:5061/10/7",
    "192.0.2.1:5060/10/5",
  ]);
});

test("an SRV target without addresses is a problem, and the others serve", async (t) => {
  const bed = await setup(t);
  bed.server.set("_sip._udp.partner.test", "SRV", 60, srv(1, 1, 5060, "a.test"), srv(2, 1, 5060, "b.test"));
  bed.server.set("b.test", "A", 60, "192.0.2.2");
  deepEqual(await resolve(bed, hop("partner.test", 0)), {
    targets: ["192.0.2.2:5060/2/1"],
    problem: "a.test does not exist in DNS, but is a target of _sip._udp.partner.test",
  });
});

test("one family that fails does not keep the other from being used", async (t) => {
  const bed = await setup(t);
  const { server } = bed;
  server.set("sbc.test", "A", 60, "192.0.2.1");
  server.network = (asked, reply) => [asked.type === "AAAA" ? refusal(reply, "SERVFAIL") : reply];
  const { targets, problem } = await resolve(bed, hop("sbc.test"));
  deepEqual(targets, ["192.0.2.1:5060"]);
  equal(
    problem,
    `the DNS server ${server.host} answered SERVFAIL for sbc.test (AAAA); what else was found is in use`,
  );
});

test("what else fails is not taken for an absence: without an answer for SRV, the addresses do not count", async (t) => {
  const bed = await setup(t);
  bed.server.set("partner.test", "A", 60, "192.0.2.1");
  bed.server.network = (asked, reply) => [asked.type === "SRV" ? refusal(reply, "SERVFAIL") : reply];
  const { targets, problem } = await resolve(bed, hop("partner.test", 0));
  equal(targets, undefined);
  match(problem ?? "", /answered SERVFAIL for _sip\._udp\.partner\.test \(SRV\)$/);
  equal(bed.server.count("partner.test", "A"), 0);
});

test("a NAPTR question that servers refuse is one without an answer", async (t) => {
  const bed = await setup(t);
  bed.server.network = (asked, reply) => [asked.type === "NAPTR" ? refusal(reply, "NOTIMP") : reply];
  bed.server.set("_sip._udp.partner.test", "SRV", 60, srv(1, 1, 5070, "sbc.test"));
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  const { targets, problem } = await resolve(bed, hop("partner.test", 0));
  deepEqual(targets, ["192.0.2.1:5070/1/1"]);
  match(problem ?? "", /answered NOTIMP for partner\.test \(NAPTR\); what else was found is in use$/);
  deepEqual((await resolve(bed, hop("gone.test", 0))).targets, []);
});

test("aliases are followed, also where the answer ends with one", async (t) => {
  const bed = await setup(t, { families: [4] });
  const { server } = bed;
  server.set("www.test", "CNAME", 60, "lb.test");
  server.set("lb.test", "CNAME", 60, "sbc.test");
  server.set("sbc.test", "A", 60, "192.0.2.1");
  deepEqual((await resolve(bed, hop("www.test"))).targets, ["192.0.2.1:5060"]);
  equal(server.asked.length, 1);
  server.network = (_asked, reply) => [{ ...reply, answers: (reply.answers ?? []).slice(0, 1) }];
  deepEqual((await resolve(bed, hop("www.test", 5070))).targets, ["192.0.2.1:5070"]);
  deepEqual(
    server.asked.slice(1).map(({ name }) => name),
    ["www.test", "lb.test", "sbc.test"],
  );
});

test("an alias of a name that does not exist is a name without addresses", async (t) => {
  const bed = await setup(t);
  bed.server.set("www.test", "CNAME", 60, "gone.test");
  equal((await resolve(bed, hop("www.test"))).problem, "www.test has no A or AAAA record");
  bed.server.network = ({ name }, reply) => {
    const { answers = [], flags = 0, authorities = [] } = reply;
    // What a server says that looks no further than the alias.
    return [
      name === "www.test"
        ? { ...reply, answers, flags: flags & ~3, authorities: [] }
        : { ...reply, authorities },
    ];
  };
  equal((await resolve(bed, hop("www.test", 5070))).problem, "www.test has no A or AAAA record");
});

test("aliases in a circle end", async (t) => {
  const bed = await setup(t, { families: [4] });
  const { server } = bed;
  server.network = ({ name }, reply) => {
    const target = name === "a.test" ? "b.test" : "a.test";
    const alias = { name, type: "CNAME", ttl: 60, data: target } as const;
    return [{ ...reply, flags: 0, answers: [alias], authorities: [] }];
  };
  const { targets, problem } = await resolve(bed, hop("a.test"));
  equal(targets, undefined);
  equal(problem, "a.test is an alias of an alias, more than 8 times");
  equal(server.asked.length, 9);
});

test("a name that DNS cannot have is not asked for", async (t) => {
  const bed = await setup(t);
  const long = `${"a.".repeat(124)}test`;
  bed.server.set(long, "A", 60, "192.0.2.1");
  deepEqual((await resolve(bed, hop(long, 0))).targets, ["192.0.2.1:5060"]);
  equal(bed.server.count(`_sip._udp.${long}`), 0);
  equal((await resolve(bed, hop("a..test"))).problem, "a..test does not exist in DNS");
});
