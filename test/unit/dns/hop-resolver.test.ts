import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Packet } from "dns-packet";
import { refusal } from "../../support/dns-server.ts";
import { waitFor } from "../../support/wait-for.ts";
import { hop, QUICK, resolve, setup, written } from "./setup.ts";

const SBC = hop("sbc.test");

test("a change is followed within the TTL, and told once", async (t) => {
  const bed = await setup(t);
  const { server, resolver, news } = bed;
  server.set("sbc.test", "A", 0, "192.0.2.1");
  deepEqual((await resolve(bed, SBC)).targets, ["192.0.2.1:5060"]);
  await waitFor("the news", () => news.length === 1);
  server.set("sbc.test", "A", 0, "192.0.2.2");
  await waitFor("the change", () => written(resolver.targets(SBC))?.[0] === "192.0.2.2:5060");
  await waitFor("the news", () => news.length === 2);
  deepEqual(news, ["sbc.test", "sbc.test"]);
});

test("the smallest TTL of the chain counts, those of aliases and absences too", async (t) => {
  const bed = await setup(t);
  const { server, resolver } = bed;
  server.set("_sip._udp.partner.test", "SRV", 3600, {
    priority: 1,
    weight: 1,
    port: 5060,
    target: "www.test",
  });
  server.set("www.test", "CNAME", 0, "a.test");
  server.set("a.test", "A", 3600, "192.0.2.1");
  server.set("b.test", "A", 3600, "192.0.2.2");
  const partner = hop("partner.test", 0);
  await resolve(bed, partner);
  server.set("www.test", "CNAME", 3600, "b.test");
  await waitFor("the change", () => written(resolver.targets(partner))?.[0] === "192.0.2.2:5060/1/1");

  server.negativeTtl = 0;
  await resolve(bed, hop("b.test"));
  server.set("b.test", "AAAA", 3600, "2001:db8::1");
  await waitFor("the new record", () => resolver.targets(hop("b.test"))?.length === 2);
});

test("nothing is asked before its time", async (t) => {
  const { server, resolver } = await setup(t);
  server.set("stable.test", "A", 3600, "192.0.2.1");
  server.set("moving.test", "A", 0, "192.0.2.2");
  resolver.follow([hop("stable.test"), hop("moving.test")]);
  await waitFor("ten questions", () => server.count("moving.test", "A") >= 10);
  equal(server.count("stable.test"), 2, "A and AAAA");
});

test("equal results are not told, and are the same array", async (t) => {
  const bed = await setup(t);
  const { server, resolver, news } = bed;
  server.set("sbc.test", "A", 0, "192.0.2.1", "192.0.2.2");
  await resolve(bed, SBC);
  const before = resolver.targets(SBC);
  server.set("sbc.test", "A", 0, "192.0.2.2", "192.0.2.1");
  const asked = server.asked.length;
  await waitFor("more questions", () => server.asked.length > asked + 6);
  equal(resolver.targets(SBC), before);
  deepEqual(news, ["sbc.test"]);
});

test("when DNS fails, the last targets stay in use, and the problem says so until it is over", async (t) => {
  const bed = await setup(t);
  const { server, resolver, news } = bed;
  server.set("sbc.test", "A", 0, "192.0.2.1");
  await resolve(bed, SBC);
  server.network = (_asked, reply) => [refusal(reply, "SERVFAIL")];
  await waitFor("the problem", () => resolver.problem(SBC) !== undefined);
  const asked = server.asked.length;
  await waitFor("more failures", () => server.asked.length > asked + 6);
  deepEqual(written(resolver.targets(SBC)), ["192.0.2.1:5060"]);
  equal(
    resolver.problem(SBC),
    `the DNS server ${server.host} answered SERVFAIL for sbc.test (A); the last known addresses stay in use`,
  );
  server.network = (_asked, reply) => [reply];
  await waitFor("the end of the problem", () => resolver.problem(SBC) === undefined);
  await waitFor("all news", () => news.length === 3);
  deepEqual(written(resolver.targets(SBC)), ["192.0.2.1:5060"]);
});

test("a server that falls silent takes nothing away either", async (t) => {
  const bed = await setup(t, { timing: { ...QUICK, tryMs: 100 } });
  const { server, resolver } = bed;
  server.set("sbc.test", "A", 0, "192.0.2.1");
  await resolve(bed, SBC);
  server.network = () => [];
  const problem = await waitFor("the problem", () => resolver.problem(SBC));
  match(problem, /did not answer for sbc\.test \(A\); the last known addresses stay in use$/);
  deepEqual(written(resolver.targets(SBC)), ["192.0.2.1:5060"]);
});

test("a part of a chain that fails is as it was, the rest moves on", async (t) => {
  const bed = await setup(t);
  const { server, resolver } = bed;
  const service = (port: number, target: string) => ({ priority: 1, weight: 1, port, target });
  server.set("_sip._udp.partner.test", "SRV", 0, service(5060, "a.test"), service(5060, "b.test"));
  server.set("a.test", "A", 0, "192.0.2.1");
  server.set("b.test", "A", 0, "192.0.2.2");
  const partner = hop("partner.test", 0);
  await resolve(bed, partner);
  server.network = ({ name }, reply) => [name === "a.test" ? refusal(reply, "SERVFAIL") : reply];
  server.set("b.test", "A", 0, "192.0.2.3");
  await waitFor("the change", () => written(resolver.targets(partner))?.[1] === "192.0.2.3:5060/1/1");
  deepEqual(written(resolver.targets(partner)), ["192.0.2.1:5060/1/1", "192.0.2.3:5060/1/1"]);
  match(resolver.problem(partner) ?? "", /SERVFAIL for a\.test/);

  server.network = ({ name }, reply) => [name === "c.test" ? refusal(reply, "SERVFAIL") : reply];
  server.set("_sip._udp.partner.test", "SRV", 0, service(5060, "c.test"));
  await waitFor("the new failure", () => resolver.problem(partner)?.includes("c.test"));
  deepEqual(
    written(resolver.targets(partner)),
    ["192.0.2.1:5060/1/1", "192.0.2.3:5060/1/1"],
    "nothing was found, nothing was denied",
  );
});

test("where SRV fails, the loss of its last known target takes nothing away", async (t) => {
  const bed = await setup(t);
  const { server, resolver } = bed;
  const service = { priority: 1, weight: 1, port: 5060, target: "a.test" };
  server.set("_sip._udp.partner.test", "SRV", 0, service);
  server.set("a.test", "A", 0, "192.0.2.1");
  const partner = hop("partner.test", 0);
  await resolve(bed, partner);
  server.network = ({ type }, reply) => [type === "SRV" ? refusal(reply, "SERVFAIL") : reply];
  server.remove("a.test");
  await waitFor("the problem", () => resolver.problem(partner) !== undefined);
  const asked = server.count("a.test");
  await waitFor("more questions", () => server.count("a.test") > asked + 4);
  deepEqual(written(resolver.targets(partner)), ["192.0.2.1:5060/1/1"]);
});

test("a name that is taken away has no targets any more, and gets them back with it", async (t) => {
  const bed = await setup(t);
  const { server, resolver, news } = bed;
  server.set("sbc.test", "A", 0, "192.0.2.1");
  await resolve(bed, SBC);
  server.remove("sbc.test");
  await waitFor("the end", () => resolver.targets(SBC)?.length === 0);
  equal(resolver.problem(SBC), "sbc.test does not exist in DNS");
  // The zone says an hour, which is too long for what is wrong.
  server.set("sbc.test", "A", 3600, "192.0.2.1");
  await waitFor("the return", () => resolver.targets(SBC)?.length === 1);
  equal(resolver.problem(SBC), undefined);
  await waitFor("all news", () => news.length === 3);
});

test("until DNS has answered, nothing is known; a failure at first is a problem, not an absence", async (t) => {
  const bed = await setup(t);
  const { server, resolver } = bed;
  server.set("sbc.test", "A", 3600, "192.0.2.1");
  server.network = (_asked, reply) => [refusal(reply, "SERVFAIL")];
  resolver.follow([SBC]);
  equal(resolver.targets(SBC), undefined);
  equal(resolver.problem(SBC), undefined);
  await resolver.ready(10_000);
  equal(resolver.targets(SBC), undefined);
  match(resolver.problem(SBC) ?? "", /answered SERVFAIL for sbc\.test \(A\)$/);
  server.network = (_asked, reply) => [reply];
  await waitFor("the answer", () => resolver.targets(SBC)?.length === 1);
  equal(resolver.problem(SBC), undefined);
});

test("what is not wanted any more is forgotten, and not asked for again", async (t) => {
  const { server, resolver, news } = await setup(t);
  server.set("a.test", "A", 0, "192.0.2.1");
  server.set("b.test", "A", 0, "192.0.2.2");
  const [a, b] = [hop("a.test"), hop("b.test")];
  const sameAsB = { ...b, route: "another" };
  resolver.follow([a, b, sameAsB]);
  await waitFor("the news", () => news.length === 2);
  resolver.follow([b]);
  equal(resolver.targets(a), undefined);
  const before = server.count("a.test");
  server.set("a.test", "A", 0, "192.0.2.3");
  const asked = server.count("b.test");
  await waitFor("more questions", () => server.count("b.test") > asked + 6);
  ok(server.count("a.test") <= before + 2, "what was in flight");
  deepEqual(news.toSorted(), ["a.test", "b.test"]);
});

test("an answer to what is forgotten meanwhile changes nothing", async (t) => {
  const { server, resolver, calls } = await setup(t, { families: [4] });
  const held: (() => void)[] = [];
  server.set("sbc.test", "A", 3600, "192.0.2.1");
  server.network = (_asked, reply) =>
    new Promise<Packet[]>((deliver) => {
      held.push(() => {
        deliver([reply]);
      });
    });
  resolver.follow([SBC]);
  await waitFor("the question", () => held.length === 1);
  resolver.follow([]);
  await resolver.ready(60_000);
  resolver.follow([hop("other.test")]);
  await waitFor("the next question", () => held.length === 2);
  for (const deliver of held) deliver();
  await resolver.ready(60_000);
  equal(resolver.targets(SBC), undefined);
  await waitFor("the news", () => calls() === 1);
});

test("equal questions at the same time are asked once", async (t) => {
  const { server, resolver } = await setup(t);
  server.set("sbc.test", "A", 3600, "192.0.2.1");
  resolver.follow([hop("sbc.test", 5060), hop("sbc.test", 5061, "TLS"), hop("sbc.test", 5070, "TCP")]);
  await resolver.ready(10_000);
  equal(server.asked.length, 2, "A and AAAA");
  deepEqual(written(resolver.targets(hop("sbc.test", 5061, "TLS"))), ["192.0.2.1:5061"]);
});

test("no more questions at once than allowed", async (t) => {
  const { server, resolver } = await setup(t, { parallel: 4, families: [4] });
  const held: (() => void)[] = [];
  let most = 0;
  server.network = (_asked, reply) =>
    new Promise<Packet[]>((deliver) => {
      held.push(() => {
        deliver([reply]);
      });
      most = Math.max(most, held.length);
      if (held.length === 4) for (const each of held.splice(0)) each();
    });
  resolver.follow(Array.from({ length: 40 }, (_, n) => hop(`sbc-${n}.test`)));
  await resolver.ready(10_000);
  equal(server.asked.length, 40);
  equal(most, 4);
});

test("a thousand names are resolved, and following them again asks nothing", async (t) => {
  const { server, resolver, news, calls } = await setup(t);
  const hops = Array.from({ length: 1000 }, (_, n) => hop(`sbc-${n}.test`));
  for (const { host } of hops) server.set(host, "A", 3600, "192.0.2.1");
  resolver.follow(hops);
  await resolver.ready(30_000);
  ok(hops.every((one) => resolver.targets(one)?.length === 1));
  await waitFor("the news", () => news.length === 1000);
  ok(calls() < 1000, "what changes together is told together");
  const asked = server.asked.length;
  const began = performance.now();
  for (let times = 0; times < 20; times += 1) resolver.follow(hops);
  ok(performance.now() - began < 1000);
  resolver.follow([...hops, SBC]);
  await resolver.ready(10_000);
  equal(server.asked.length, asked + 2);
});

test("ready waits no longer than told", async (t) => {
  const { server, resolver } = await setup(t);
  server.network = () => [];
  resolver.follow([SBC]);
  const began = performance.now();
  await resolver.ready(30);
  ok(performance.now() - began < 900, "less than one try");
  equal(resolver.targets(SBC), undefined);
});

test("stopped, nothing is asked or told, what waits ends, and what is known stays", async (t) => {
  const bed = await setup(t, { timing: { ...QUICK, tryMs: 60 } });
  const { server, resolver, calls } = bed;
  server.set("sbc.test", "A", 0, "192.0.2.1");
  await resolve(bed, SBC);
  await waitFor("the news", () => calls() === 1);
  server.network = () => [];
  resolver.follow([SBC, hop("other.test")]);
  const ready = resolver.ready(60_000);
  await waitFor("the questions", () => server.count("other.test") === 2, { interval: 1 });
  resolver.stop();
  const told = calls();
  await ready;
  resolver.follow([hop("third.test")]);
  equal(resolver.targets(hop("third.test")), undefined);
  deepEqual(written(resolver.targets(SBC)), ["192.0.2.1:5060"]);
  // Another resolver's turns show that this one had the time.
  const other = await setup(t);
  other.server.set("sbc.test", "A", 0, "192.0.2.1");
  other.resolver.follow([SBC]);
  await waitFor("many turns", () => other.server.asked.length > 20);
  equal(server.count("other.test"), 2, "no second round");
  equal(calls(), told);
});

test("a resolver that waits does not keep its process alive", async (t) => {
  const { server } = await setup(t);
  server.set("sbc.test", "A", 3600, "192.0.2.1");
  server.network = ({ name }, reply) => (name === "silent.test" ? [] : [reply]);
  const worker = new Worker(
    `import(process.env.MODULE).then(async ({ HopResolver }) => {
      const options = { servers: [process.env.SERVER], timing: { tryMs: 60_000 } };
      const resolver = new HopResolver({ ...options, changed: () => undefined });
      resolver.follow([{ host: "sbc.test", port: 5060, transport: "UDP" }]);
      await resolver.ready(10_000);
      resolver.follow([{ host: "silent.test", port: 0, transport: "TLS" }]);
    });`,
    {
      eval: true,
      env: {
        MODULE: new URL("../../../src/dns/hop-resolver.ts", import.meta.url).href,
        SERVER: server.address,
      },
    },
  );
  const { promise, resolve: exited } = Promise.withResolvers<number>();
  worker.on("exit", exited);
  t.after(() => worker.terminate());
  equal(await promise, 0);
  equal(server.count("sbc.test", "A"), 1);
});
