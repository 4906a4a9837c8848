import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { encode, type Packet } from "dns-packet";
import { HopResolver } from "../../../src/dns/hop-resolver.ts";
import { DnsServer, refusal, truncated } from "../../support/dns-server.ts";
import { freePort } from "../../support/free-port.ts";
import { waitFor } from "../../support/wait-for.ts";
import { hop, QUICK, resolve, setup, startServer, startSilentServer } from "./setup.ts";

/** The same reply with another address in it. */
function forged(reply: Packet): Packet {
  const answers = [{ name: "sbc.test", type: "A", ttl: 60, data: "192.0.2.66" } as const];
  return { ...reply, flags: 0, answers, authorities: [] };
}

test("queries ask for recursion and offer EDNS0, with an id and a port of their own", async (t) => {
  const bed = await setup(t);
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  await resolve(bed, hop("sbc.test"));
  const [a, aaaa] = bed.server.asked;
  ok(a?.edns && aaaa?.edns);
  notEqual(a.port, aaaa.port);
  const ids = new Set<number>();
  for (let n = 0; n < 20; n += 1) await resolve(bed, hop(`gone-${n}.test`));
  for (const { id } of bed.server.asked) ids.add(id);
  ok(ids.size > 35, `${ids.size} ids of 42 queries`);
});

test("a truncated reply is asked for again over TCP", async (t) => {
  const bed = await setup(t, { families: [4] });
  const addresses = Array.from({ length: 60 }, (_, n) => `192.0.2.${n + 1}`);
  bed.server.set("sbc.test", "A", 60, ...addresses);
  bed.server.network = ({ over }, reply) => [over === "udp" ? truncated(reply) : reply];
  equal((await resolve(bed, hop("sbc.test"))).targets?.length, 60);
  deepEqual(
    bed.server.asked.map(({ over }) => over),
    ["udp", "tcp"],
  );
});

test("a truncated reply is no answer where TCP gives none", async (t) => {
  const bed = await setup(t, { families: [4], timing: { ...QUICK, tryMs: 100 } });
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  bed.server.network = ({ over }, reply) => (over === "udp" ? [truncated(reply)] : []);
  const { targets, problem } = await resolve(bed, hop("sbc.test"));
  equal(targets, undefined);
  match(problem ?? "", /did not answer over TCP for sbc\.test \(A\)$/);
});

test("replies with another id or another question are not taken, and the right one still is", async (t) => {
  const bed = await setup(t, { families: [4] });
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  bed.server.network = (_asked, reply) => [
    { ...forged(reply), id: ((reply.id ?? 0) + 1) % 0x10000 },
    { ...forged(reply), questions: [{ name: "other.test", type: "A" }] },
    { ...forged(reply), questions: [{ name: "sbc.test", type: "AAAA" }] },
    { ...forged(reply), questions: [] },
    { ...forged(reply), type: "query" },
    reply,
  ];
  deepEqual((await resolve(bed, hop("sbc.test"))).targets, ["192.0.2.1:5060"]);
});

test("a reply that is right but comes from elsewhere is not taken", async (t) => {
  const bed = await setup(t, { families: [4] });
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  const stranger = createSocket("udp4").bind(53, bed.block.next());
  t.after(() => stranger.close());
  await once(stranger, "listening");
  bed.server.network = async ({ port }, reply) => {
    // From another address of this machine, to the very socket that waits.
    await new Promise<void>((sent) => {
      stranger.send(encode(forged(reply)), port, "127.0.0.1", () => {
        sent();
      });
    });
    return [reply];
  };
  deepEqual((await resolve(bed, hop("sbc.test"))).targets, ["192.0.2.1:5060"]);
});

test("bytes that are no message are passed over", async (t) => {
  const bed = await setup(t, { families: [4] });
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  bed.server.network = (_asked, reply) => {
    const whole = encode(forged(reply));
    // Cut off, too short for a header, and with a name that goes round in circles.
    const loop = Buffer.concat([whole.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]);
    return [whole.subarray(0, -3), whole.subarray(0, 5), Buffer.alloc(0), loop, reply];
  };
  deepEqual((await resolve(bed, hop("sbc.test"))).targets, ["192.0.2.1:5060"]);
});

test("a server that does not know EDNS0 is asked without", async (t) => {
  const bed = await setup(t, { families: [4] });
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  bed.server.network = ({ edns }, reply) => [edns ? { ...refusal(reply, "FORMERR"), questions: [] } : reply];
  deepEqual(await resolve(bed, hop("sbc.test")), { targets: ["192.0.2.1:5060"], problem: undefined });
});

test("an error that only EDNS0 can express is not taken for an empty answer", async (t) => {
  const bed = await setup(t, { families: [4] });
  const opt = { udpPayloadSize: 512, ednsVersion: 0, flags: 0, flag_do: false, options: [] };
  bed.server.network = (_asked, reply) => [
    {
      ...reply,
      flags: 0,
      authorities: [],
      additionals: [{ type: "OPT", name: ".", extendedRcode: 2, ...opt }],
    },
  ];
  const { targets, problem } = await resolve(bed, hop("sbc.test"));
  equal(targets, undefined);
  match(problem ?? "", /answered rcode 32 for/);
});

test("a referral is not taken for an empty answer", async (t) => {
  const bed = await setup(t, { families: [4] });
  bed.server.network = (_asked, reply) => [
    { ...reply, flags: 0, authorities: [{ name: "test", type: "NS", ttl: 60, data: "ns.test" }] },
  ];
  const { targets, problem } = await resolve(bed, hop("sbc.test"));
  equal(targets, undefined);
  match(problem ?? "", /only answered which other servers to ask for sbc\.test/);
});

test("names in replies may be written in any case", async (t) => {
  const bed = await setup(t, { families: [4] });
  bed.server.network = (_asked, reply) => [
    {
      ...reply,
      flags: 0,
      questions: [{ name: "SBC.test", type: "A" }],
      answers: [
        { name: "sbC.test", type: "CNAME", ttl: 60, data: "LB.test" },
        { name: "lb.TEST", type: "A", ttl: 60, data: "192.0.2.1" },
      ],
    },
  ];
  deepEqual((await resolve(bed, hop("sbc.test"))).targets, ["192.0.2.1:5060"]);
});

test("a dead server costs one try, and not one with every question", async (t) => {
  const { block, server } = await setup(t);
  const dead = await startSilentServer(t, block);
  server.set("a.test", "A", 3600, "192.0.2.1");
  server.set("b.test", "A", 3600, "192.0.2.2");
  const timing = { ...QUICK, tryMs: 150 };
  const servers = [dead.address, server.address];
  const bed = await setup(t, { servers, timing, families: [4] });
  deepEqual(await resolve(bed, hop("a.test")), { targets: ["192.0.2.1:5060"], problem: undefined });
  deepEqual(await resolve(bed, hop("b.test")), { targets: ["192.0.2.2:5060"], problem: undefined });
  deepEqual(
    dead.asked.map(({ name }) => name),
    ["a.test"],
  );
});

test("a server that refuses is not asked twice, the next one is", async (t) => {
  const first = await setup(t);
  const second = await startServer(t, first.block);
  first.server.network = (_asked, reply) => [refusal(reply, "REFUSED")];
  second.set("sbc.test", "A", 3600, "192.0.2.1");
  const servers = [first.server.address, second.address];
  const bed = await setup(t, { servers, families: [4] });
  deepEqual((await resolve(bed, hop("sbc.test"))).targets, ["192.0.2.1:5060"]);
  second.network = () => [];
  const { problem } = await resolve(
    await setup(t, { servers, families: [4], timing: { ...QUICK, tryMs: 100 } }),
    hop("sbc.test"),
  );
  const [one, two] = [first.server.host, second.host];
  equal(problem, `the DNS server ${one} answered REFUSED and ${two} did not answer for sbc.test (A)`);
  equal(first.server.asked.length, 2);
  equal(second.asked.length, 3, "a message may have been lost");
});

test("a port where nobody listens is known at once", async (t) => {
  const { block } = await setup(t);
  const nobody = block.next();
  const bed = await setup(t, {
    servers: [nobody],
    families: [4],
    timing: { ...QUICK, tryMs: 60_000 },
  });
  const { targets, problem } = await resolve(bed, hop("sbc.test"));
  equal(targets, undefined);
  equal(problem, `the DNS server ${nobody} could not be reached for sbc.test (A)`);
});

test("a lost message is asked for again", async (t) => {
  const bed = await setup(t, { families: [4], timing: { ...QUICK, tryMs: 150 } });
  bed.server.set("sbc.test", "A", 60, "192.0.2.1");
  bed.server.network = (_asked, reply) => (bed.server.asked.length === 1 ? [] : [reply]);
  deepEqual(await resolve(bed, hop("sbc.test")), { targets: ["192.0.2.1:5060"], problem: undefined });
});

test("servers are reached over IPv6, also with TCP", async (t) => {
  const server = await DnsServer.start("::1", await freePort("::1"));
  t.after(() => server.stop());
  server.set("sbc.test", "AAAA", 60, "2001:db8::1");
  server.network = ({ over }, reply) => [over === "udp" ? truncated(reply) : reply];
  const bed = await setup(t, { servers: [server.address] });
  deepEqual((await resolve(bed, hop("sbc.test"))).targets, ["[2001:db8::1]:5060"]);
});

test("what is no address of a server is an error at once", () => {
  const wrong = { servers: ["dns.test"], changed: () => undefined };
  let message = "";
  try {
    new HopResolver(wrong).stop();
  } catch (error) {
    message = String(error);
  }
  equal(message, 'Error: "dns.test" is not the address of a DNS server');
});

test("without any server, that is the problem", async (t) => {
  const bed = await setup(t, { servers: [] });
  deepEqual(await resolve(bed, hop("sbc.test")), {
    targets: undefined,
    problem: "no DNS server is configured",
  });
  await waitFor("the news", () => bed.news.includes("sbc.test"));
});
