/** Marks of dialogs: how long they are good for, by which key, and for what. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test, type TestContext } from "node:test";
import { call, type Call } from "../../support/call.ts";
import { dialogOf, now, remarked, type MarkOptions } from "../../support/dialog-mark.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { buildResponse, randomToken } from "../../support/sip/build.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, serialise, tagOf } from "../../support/sip/message.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";

const BOB = "sip:bob@partner.test";
const [FORMER, KEY, NEXT] = ["f".repeat(32), "a".repeat(32), "b".repeat(32)];
const LIFETIME = 3600;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, marks of dialogs`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary);
    });
    after(() => bed.close());
    beforeEach(async () => {
      await bed.program();
      await useKeys(KEY, NEXT, FORMER);
    });

    const useKeys = (...keys: readonly string[]): Promise<void> =>
      bed.router.write([`key|${keys.join(",")}|${LIFETIME}`]);

    const callIn = (): Promise<Call> =>
      call({
        caller: bed.outside,
        callee: bed.platform,
        target: bed.target(),
        uri: `sip:alice@${LOCAL}`,
        from: BOB,
      });

    async function callOut(t: TestContext): Promise<Call & { readonly peer: UserAgent }> {
      const peer = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
      const from = `sip:alice@${LOCAL}`;
      const made = await call({ caller: bed.inside, callee: peer, target: bed.target(), uri: BOB, from });
      return { ...made, peer };
    }

    /** A request in the dialog of an inbound call, with a mark made by the test: its status. */
    async function marked({ caller, sent }: Call, options: Partial<MarkOptions>): Promise<number> {
      const mark: MarkOptions = {
        key: KEY,
        until: now() + LIFETIME,
        kind: "i",
        inside: bed.platform.host,
        ...dialogOf(sent),
        ...options,
      };
      const routes = caller.state.routes.map((route) => remarked(route, mark));
      return (await new Dialog(bed.outside, { ...caller.state, routes }, 10).request("INFO")).status;
    }

    test("a mark shows how long it is good for, which is the lifetime in the table", async () => {
      const before = now();
      const { caller } = await callIn();
      const until = Number(/;until=(\d+)[;>]/.exec(caller.state.routes[0] ?? "")?.[1]);
      assert.ok(until >= before + LIFETIME && until <= now() + LIFETIME, `until ${until}`);
    });

    test("after its time a dialog is not known any more, and nobody can extend it", async () => {
      const made = await callIn();
      assert.equal(await marked(made, {}), 200);
      assert.equal(await marked(made, { until: now() - 1 }), 403);
      const { caller } = made;
      for (const until of [`${now() + 2 * LIFETIME}`, "", "x", "-1", "9".repeat(30)]) {
        const routes = caller.state.routes.map((route) => route.replace(/until=\d+/, `until=${until}`));
        const { status } = await new Dialog(bed.outside, { ...caller.state, routes }, 20).request("INFO");
        assert.equal(status, 403, `until ${until}`);
      }
      const routes = caller.state.routes.map((route) => route.replace(/;until=\d+/, ""));
      assert.equal(
        (await new Dialog(bed.outside, { ...caller.state, routes }, 30).request("INFO")).status,
        403,
      );
      assert.equal((await caller.request("BYE")).status, 200);
    });

    test("marks of the previous and of the next key are accepted, those of a forgotten one are not", async () => {
      const made = await callIn();
      for (const key of [KEY, NEXT, FORMER]) assert.equal(await marked(made, { key }), 200, key);
      assert.equal(await marked(made, { key: "e".repeat(32) }), 403);
      await useKeys(NEXT, KEY);
      assert.equal(await marked(made, { key: FORMER }), 403);
      assert.equal((await made.caller.request("INFO")).status, 200);
      assert.equal((await made.callee.request("INFO")).status, 200);
      await useKeys(NEXT);
      assert.equal((await made.caller.request("BYE")).status, 403);
    });

    test("the first key makes marks; a rotation changes it for the next dialog at once", async () => {
      assert.equal(await marked(await callIn(), { key: KEY }), 200);
      const [before = ""] = (await callIn()).caller.state.routes;
      await useKeys(NEXT, KEY);
      const { caller, sent } = await callIn();
      const [route = ""] = caller.state.routes;
      const until = Number(/until=(\d+)/.exec(route)?.[1]);
      const mark = { until, kind: "i", inside: bed.platform.host, ...dialogOf(sent) } as const;
      assert.equal(remarked(route, { key: NEXT, ...mark }), route);
      assert.notEqual(remarked(route, { key: KEY, ...mark }), route);
      assert.match(before, /;mark=i/);
    });

    test("a subscription keeps its mark over a rotation, in NOTIFY too", async () => {
      const event = [["Event", "presence"]] as const;
      const sent = bed.outside.send({
        method: "SUBSCRIBE",
        uri: `sip:alice@${LOCAL}`,
        target: bed.target(),
        from: BOB,
        headers: event,
      });
      const answer = await sent.final;
      const subscribe = bed.platform.received.at(-1);
      assert.ok(subscribe);
      await useKeys(NEXT, KEY);
      const notifier = Dialog.ofCallee(bed.platform, subscribe, header(answer, "To"));
      const active = [...event, ["Subscription-State", "active"] as const];
      assert.equal((await notifier.request("NOTIFY", { headers: active })).status, 200);
      const notify = bed.outside.received.at(-1);
      assert.ok(notify);
      assert.deepEqual(headers(notify, "Record-Route"), headers(subscribe, "Record-Route").reverse());
    });

    test("replayed with another Call-ID, tag or side a mark is worth nothing", async () => {
      const made = await callIn();
      const { callId, tag } = dialogOf(made.sent);
      assert.equal(await marked(made, { callId: `${callId}x` }), 403);
      assert.equal(await marked(made, { tag: `${tag}x` }), 403);
      assert.equal(await marked(made, { tag: "", callId: `${callId}:${tag}` }), 403);
      for (const other of ["o", "n"]) {
        const routes = made.caller.state.routes.map((route) => route.replace("mark=i", `mark=${other}`));
        const { status } = await new Dialog(bed.outside, { ...made.caller.state, routes }, 40).request(
          "INFO",
        );
        assert.equal(status, 403, other);
      }
    });

    test("whoever replays the mark of somebody else's dialog reaches the inside's end of it, and nobody else", async (t) => {
      const stranger = await bed.peer(t, 5);
      const { caller, invite, peer } = await callOut(t);
      const before = peer.received.length;
      const replayed = (remoteTarget: string, more: readonly string[] = []): Dialog => {
        const routes = [...headers(invite, "Record-Route"), ...more];
        const { local, remote, callId } = caller.state;
        return new Dialog(stranger, { callId, local: remote, remote: local, remoteTarget, routes }, 50);
      };
      assert.equal((await replayed(uri(peer)).request("INFO")).status, 403);
      assert.equal((await replayed(uri(stranger)).request("INFO")).status, 403);
      assert.equal((await replayed(uri(bed.inside), [`<${uri(peer)};lr>`]).request("INFO")).status, 403);
      assert.equal((await replayed(uri(bed.inside)).request("INFO")).status, 200);
      assert.equal(peer.received.length, before);
      assert.deepEqual(stranger.received, []);
    });

    /** A 2xx of the callee to an INVITE that is over, as the test changes it. */
    function lateAnswer({ invite }: Call, tag: string, change: (text: string) => string): Buffer {
      const local = { host: "127.0.0.1", port: 5060, transport: "udp" as const };
      const text = serialise(buildResponse(invite, { status: 200 }, local, tag)).toString();
      return Buffer.from(change(text.replace(/branch=z9hG4bK[^;\r]+/, `branch=z9hG4bK${randomToken()}`)));
    }

    /** Sends late answers of the peer, and waits for the last one: To tags of those that the caller received. */
    async function arrive(
      { peer }: { peer: UserAgent },
      answers: readonly Buffer[],
    ): Promise<readonly string[]> {
      const before = bed.inside.strayResponses.length;
      const tags = (): string[] =>
        bed.inside.strayResponses.slice(before).map((it) => tagOf(header(it, "To")) ?? "");
      for (const answer of answers) await peer.sendRaw(answer, bed.target());
      await waitFor("the last answer", () => tags().includes("last"));
      return tags().toSorted();
    }

    test("a 2xx without its transaction passes by a mark of any key that is accepted, and no other", async (t) => {
      const made = await callOut(t);
      const mark = { kind: "o", inside: bed.inside.host, until: now() + 60, ...dialogOf(made.sent) } as const;
      const by = (options: Partial<MarkOptions> & { key: string }) => (text: string) =>
        text.replaceAll(/mark=[^>]*until=\d+/g, (old) => remarked(old, { ...mark, ...options }));
      const answers = Object.entries({
        former: { key: FORMER },
        next: { key: NEXT },
        forgotten: { key: "e".repeat(32) },
        expired: { key: KEY, until: now() - 1 },
        other: { key: KEY, callId: "other" },
      }).map(([tag, options]) => lateAnswer(made, tag, by(options)));
      const folded = (text: string): string =>
        text.replace(
          /Record-Route: ([^\r]*)/,
          "Record-Route: <sip:a;lr;mark=o1;in=2;until=3>, $1, <sip:b;lr>",
        );
      const tags = await arrive(made, [...answers, lateAnswer(made, "last", folded)]);
      assert.deepEqual(tags, ["former", "last", "next"]);
    });

    test("a 2xx without its transaction goes where the dialog leads, whatever its second Via says", async (t) => {
      const made = await callOut(t);
      const victim = await bed.peer(t, 6);
      const through = (via: string) => (text: string) =>
        text.replace(/(Via: [^\r]*\r\nVia: SIP\/2\.0\/UDP )[^\r]*/, `$1${via};branch=z9hG4bKx`);
      const vias = [
        `${victim.host}:${victim.port}`,
        `${bed.inside.host};maddr=${victim.host}`,
        `${bed.inside.host};received=${victim.host}`,
        "localhost:5060",
        `${bed.router.host}:${PORTS.rpc}`,
        `${bed.router.host}:${bed.ports.sip}`,
        "[::ffff:7f00:1]",
      ];
      const answers = vias.map((via) => lateAnswer(made, "astray", through(via)));
      const unchanged = lateAnswer(made, "last", (text) => text);
      assert.deepEqual(await arrive(made, [...answers, unchanged]), ["last"]);
      assert.deepEqual(victim.strayResponses, []);
    });
  });
}
