/** Next hops are probed with OPTIONS on the operator's order, and those that it calls dead are passed over. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed, to, uri } from "../../support/router-bed.ts";
import { header } from "../../support/sip/message.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const BOB = "sip:bob@partner.test";
const KNOWN = { names: { "partner.test": "A|partner.test" } };

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, probes`, () => {
    let bed: RouterBed;
    let operator: TestOperator;
    let hops: [UserAgent, UserAgent];
    before(async () => {
      const env = { NON_INVITE_TIMEOUT_MS: "700", INVITE_TIMEOUT_MS: "200" };
      bed = await RouterBed.open(binary, { ipv6: true, insideListener: true, env });
      operator = await TestOperator.connect(bed.router);
      hops = await Promise.all([bed.open(101), bed.open(102)]);
    });
    after(async () => {
      await operator.leave();
      await bed.close();
    });
    beforeEach(async () => {
      await bed.router.rpc("htable.flush", "down");
      for (const hop of hops) hop.handler = () => ({ status: 200 });
    });

    /** What the router tells of a probe: status and microseconds. */
    async function probed(hop: string, inside = false): Promise<[status: number, microseconds: number]> {
      const before = operator.frames.length;
      assert.equal((await bed.router.control.probe([{ uri: hop, inside }])).ok, true);
      const frame = await waitFor("the result of the probe", () =>
        operator.frames.slice(before).find((it) => it.startsWith(`P|${hop}|`)),
      );
      const [, , status, microseconds] = frame.split("|");
      return [Number(status), Number(microseconds)];
    }

    const seen = (): number[] =>
      hops.map(({ received }) => received.filter(({ method }) => method === "MESSAGE").length);

    test("an answer of any kind is told with the time that it took", async () => {
      for (const transport of ["udp", "tcp"] as const) {
        for (const status of [200, 404, 503]) {
          hops[0].handler = () => ({ status });
          const [answered, took] = await probed(uri(hops[0], transport));
          assert.equal(answered, status);
          assert.ok(took > 0 && took < 5_000_000, String(took));
        }
      }
      const probe = hops[0].received.at(-1) ?? assert.fail();
      assert.deepEqual([probe.method, probe.uri], ["OPTIONS", uri(hops[0], "tcp")]);
      assert.equal(header(probe, "Max-Forwards"), "70");
    });

    test("silence and refusal end as 408", async () => {
      hops[0].handler = () => undefined;
      const refusing = uri({ host: bed.address(200), port: 5060 }, "tcp");
      for (const hop of [uri(hops[0]), refusing]) assert.equal((await probed(hop))[0], 408);
    });

    test("a probe leaves from the listener of its side, over IPv6 too", async (t) => {
      const ports = { false: bed.ports.sip, true: bed.ports.inside };
      for (const inside of [false, true]) {
        await probed(uri(hops[0]), inside);
        const { source } = hops[0].received.at(-1) ?? assert.fail();
        assert.deepEqual(source, { host: bed.router.host, port: ports[String(inside) as "true" | "false"] });
      }
      const six = await UserAgent.open({ host: "::1", port: 0 });
      t.after(() => six.close());
      assert.equal((await probed(uri(six), true))[0], 200);
      assert.equal(six.received.at(-1)?.source.port, bed.ports.inside);
    });

    test("a dead next hop is passed over, tried where there is no other, and takes part again when it is alive", async () => {
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hops[0]), uri(hops[1])) } });
      const mark = (isDead: boolean) => bed.router.control.mark(new Map([[uri(hops[0]), isDead]]));
      const before = seen();
      const since = (): number[] => seen().map((it, i) => it - (before[i] ?? 0));
      assert.equal((await bed.fromInside(BOB)).status, 200);
      await mark(true);
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(since(), [1, 1]);
      await mark(false);
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(since(), [2, 1]);
      await mark(true);
      hops[1].handler = () => ({ status: 503 });
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(since(), [3, 2]);
    });

    test("an answer to a probe does not end what a 503 asked for", async () => {
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hops[0]), uri(hops[1])) } });
      hops[0].handler = () => ({ status: 503 });
      assert.equal((await bed.fromInside(BOB)).status, 200);
      await bed.router.control.mark(new Map([[uri(hops[0]), false]]));
      assert.deepEqual([...(await bed.router.table("down"))], [[uri(hops[0]), 1]]);
    });

    test("hundreds of next hops that come and go while probes are under way harm nobody", async () => {
      const places = Array.from({ length: 300 }, (_, n) => {
        const host = n % 3 === 0 ? hops[n % 2 === 0 ? 0 : 1].host : bed.address(200);
        const port = n % 3 === 0 ? 5060 : 6000 + n;
        return uri({ host, port }, n % 3 === 1 ? "tcp" : "udp");
      });
      const batches = Array.from({ length: 6 }, (_, n) => places.slice(n * 50, n * 50 + 50));
      for (let round = 0; round < 10; round += 1) {
        const some = batches.map((batch) =>
          bed.router.control.probe(batch.map((it) => ({ uri: it, inside: round % 2 === 0 }))),
        );
        const marks = batches.map((batch) =>
          bed.router.control.mark(new Map(batch.map((it, n) => [it, n % 2 === round % 2]))),
        );
        await bed.program({
          ...KNOWN,
          sets: { "partner.test": to(...places.slice(round * 10, round * 10 + 9), uri(hops[0])) },
        });
        const outcomes = await Promise.all([...some, ...marks]);
        assert.ok(outcomes.every(({ ok }) => ok));
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => bed.fromInside(BOB, { method: "INVITE" })),
        );
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      }
      await waitFor("the end of all probes", async () => {
        const stats = (await bed.router.rpc("tm.stats")) as { current: number; waiting: number };
        return stats.current === stats.waiting;
      });
      bed.router.assertRunning();
    });

    test("a MESSAGE that nobody answered goes elsewhere if probes find its next hop dead, and only then", async () => {
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hops[0]), uri(hops[1])) } });
      hops[0].handler = () => undefined;
      assert.equal((await bed.fromInside(BOB)).status, 500);
      await bed.router.rpc("htable.flush", "down");
      const [before = 0] = seen();
      const sent = bed.fromInside(BOB);
      await waitFor("the MESSAGE", () => (seen()[0] ?? 0) > before, { interval: 1 });
      await bed.router.control.mark(new Map([[uri(hops[0]), true]]));
      assert.equal((await sent).status, 200);
    });
  });
}
