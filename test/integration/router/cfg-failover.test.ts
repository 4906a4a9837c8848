/** Next hops that fail: the walk through orders and sets, and what the sender gets in the end. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed, to, toOr, uri } from "../../support/router-bed.ts";
import { header, headers } from "../../support/sip/message.ts";
import type { Handler, UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";

const BOB = "sip:bob@partner.test";
const KNOWN = { names: { "partner.test": "A|partner.test" } };
const INVITE = { method: "INVITE" };

const unavailable: Handler = () => ({ status: 503 });
const mute: Handler = () => undefined;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, failover`, () => {
    let bed: RouterBed;
    let hops: UserAgent[];
    before(async () => {
      const env = { INVITE_TIMEOUT_MS: "300", NON_INVITE_TIMEOUT_MS: "700", UNAVAILABLE_SECONDS: "30" };
      bed = await RouterBed.open(binary, { env });
      hops = await Promise.all([101, 102, 103].map((n) => bed.open(n)));
    });
    after(() => bed.close());
    beforeEach(async () => {
      await bed.router.rpc("htable.flush", "down");
      for (const hop of hops) hop.handler = () => ({ status: 200 });
    });

    /** What happened at each hop since `marks` were taken. */
    const marks = (): number[] => hops.map(({ received }) => received.length);
    const since = (before: number[]): string[] =>
      hops.map(({ received }, i) =>
        received
          .slice(before[i])
          .map((it) => it.method)
          .join(" "),
      );
    const hop = (i: number): UserAgent => {
      const found = hops[i];
      if (found === undefined) throw new RangeError(`no hop ${i}`);
      return found;
    };
    /** A TCP port of this bed at which nothing listens. */
    const refusing = (): string => uri({ host: bed.address(200), port: 5060 }, "tcp");

    test("RFC 3263 §4.3: after a 503 the next one of the order, in order, each once", async () => {
      hop(0).handler = hop(1).handler = unavailable;
      await bed.program({
        ...KNOWN,
        sets: { "partner.test": to(...hops.map((it) => uri(it)), uri(hop(0))) },
      });
      const before = marks();
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(since(before), ["MESSAGE", "MESSAGE", "MESSAGE"]);
    });

    test("RFC 3263 §4.3, RFC 3261 §16.6 (8): each attempt has a branch of its own", async () => {
      hop(0).handler = unavailable;
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0)), uri(hop(1), "tcp")) } });
      assert.equal((await bed.fromInside(BOB, INVITE)).status, 200);
      const [first, second] = [hop(0), hop(1)].map(({ received }) =>
        received.filter(({ method }) => method === "INVITE").at(-1),
      );
      assert.ok(first && second);
      assert.notEqual(header(first, "Via"), header(second, "Via"));
      assert.match(header(second, "Via"), /^SIP\/2\.0\/TCP /);
    });

    test("RFC 3261 §16.9, RFC 3263 §4.3: what nobody can be sent to goes on at once", async () => {
      await bed.program({ ...KNOWN, sets: { "partner.test": to(refusing(), uri(hop(1))) } });
      assert.equal((await bed.fromInside(BOB)).status, 200);
    });

    test("whatever failed before, the router stays in the path of the dialog, once", async () => {
      hop(0).handler = unavailable;
      hop(2).handler = mute;
      const failing = {
        "503": uri(hop(0)),
        "refused TCP": refusing(),
        unroutable: "sip:192.0.2.1:5060;transport=udp",
        silent: uri(hop(2)),
      };
      for (const [what, first] of Object.entries(failing)) {
        await bed.router.rpc("htable.flush", "down");
        await bed.program({ ...KNOWN, sets: { "partner.test": to(first, uri(hop(1))) } });
        assert.equal((await bed.fromInside(BOB, INVITE)).status, 200, what);
        const arrived = hop(1).received.findLast(({ method }) => method === "INVITE");
        assert.ok(arrived);
        const recorded = headers(arrived, "Record-Route");
        assert.equal(recorded.length, 1, what);
        assert.match(recorded[0] ?? "", /;lr;mark=/, what);
      }
    });

    test("RFC 3261 §16.7 (6): all fail: 500, never 503", async () => {
      hop(0).handler = unavailable;
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0)), refusing()) } });
      const { status, reason } = await bed.fromInside(BOB);
      assert.deepEqual([status, reason], [500, "No Usable Next Hop"]);
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0))) } });
      assert.equal((await bed.fromInside(BOB, INVITE)).status, 500);
    });

    test("what the peer says is passed on: no other hop is asked", async () => {
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0)), uri(hop(1))) } });
      for (const status of [302, 404, 486, 500, 504, 603]) {
        const before = marks();
        hop(0).handler = () => ({ status });
        assert.equal((await bed.fromInside(BOB)).status, status);
        assert.deepEqual(since(before), ["MESSAGE", "", ""]);
      }
    });

    test("RFC 3263 §4.3: a silent hop: an INVITE goes on, a MESSAGE is never sent twice and ends with 500", async () => {
      hop(0).handler = mute;
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0)), uri(hop(1))) } });
      const before = marks();
      const { status, reason } = await bed.fromInside(BOB);
      assert.deepEqual([status, reason, since(before)], [500, "No Answer", ["MESSAGE", "", ""]]);
      await bed.router.rpc("htable.flush", "down");
      assert.equal((await bed.fromInside(BOB, INVITE)).status, 200);
      assert.deepEqual(since(before), ["MESSAGE INVITE", "INVITE", ""]);
    });

    test("an INVITE that rings does not go elsewhere", async () => {
      const answered = Promise.withResolvers<{ status: number }>();
      hop(0).handler = (_, provisional) => {
        provisional({ status: 180 });
        return answered.promise;
      };
      hop(2).handler = mute;
      const sets = {
        "partner.test": to(uri(hop(0)), uri(hop(1))),
        "mute.test": to(uri(hop(2)), uri(hop(1))),
      };
      await bed.program({ names: { ...KNOWN.names, "mute.test": "A|mute.test" }, sets });
      const before = marks();
      const ringing = bed.fromInside(BOB, INVITE);
      assert.equal((await bed.fromInside("sip:bob@mute.test", INVITE)).status, 200, "the timer has run out");
      answered.resolve({ status: 200 });
      assert.equal((await ringing).status, 200);
      assert.deepEqual(since(before), ["INVITE", "INVITE", "INVITE"]);
    });

    test("a hop that failed is passed over, also by others, and tried when there is no other", async () => {
      hop(0).handler = unavailable;
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0)), uri(hop(1))) } });
      const before = marks();
      for (let i = 0; i < 3; i += 1) assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(since(before), ["MESSAGE", "MESSAGE MESSAGE MESSAGE", ""]);
      hop(0).handler = () => ({ status: 200 });
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0))) } });
      assert.equal((await bed.fromInside(BOB)).status, 200, "the last resort");
    });

    test("one that failed another request is tried when the rest of the order fails this one", async () => {
      hop(1).handler = unavailable;
      const names = { ...KNOWN.names, "other.test": "A|other.test" };
      const sets = {
        "partner.test": to(uri(hop(0)), uri(hop(1))),
        "other.test": to(uri(hop(1)), uri(hop(2))),
      };
      await bed.program({ names, sets });
      assert.equal((await bed.fromInside("sip:bob@other.test")).status, 200);
      hop(0).handler = unavailable;
      hop(1).handler = () => ({ status: 200 });
      const before = marks();
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(since(before), ["MESSAGE", "MESSAGE", ""]);
      assert.equal((await bed.fromInside("sip:bob@other.test")).status, 200);
      assert.deepEqual(
        since(before),
        ["MESSAGE", "MESSAGE MESSAGE", ""],
        "it answered, so it comes first again",
      );
    });

    test("where all failed a moment ago, each is tried once, in order", async () => {
      for (const it of hops) it.handler = unavailable;
      await bed.program({ ...KNOWN, sets: { "partner.test": to(...hops.map((it) => uri(it))) } });
      assert.equal((await bed.fromInside(BOB)).status, 500);
      const before = marks();
      assert.equal((await bed.fromInside(BOB)).status, 500);
      assert.deepEqual(since(before), ["MESSAGE", "MESSAGE", "MESSAGE"]);
      hop(2).handler = () => ({ status: 200 });
      assert.equal((await bed.fromInside(BOB)).status, 200);
    });

    test("where all failed a moment ago, what cannot be sent at all does not end the search", async () => {
      hop(1).handler = unavailable;
      const unroutable = "sip:192.0.2.1:5060;transport=udp";
      await bed.program({ ...KNOWN, sets: { "partner.test": to(unroutable, refusing(), uri(hop(1))) } });
      assert.equal((await bed.fromInside(BOB)).status, 500);
      hop(1).handler = () => ({ status: 200 });
      assert.equal((await bed.fromInside(BOB)).status, 200);
    });

    test("a 503 with Retry-After is passed over for that long", async () => {
      for (const value of ["1", "1;duration=60", "1 (busy)"]) {
        await bed.router.rpc("htable.flush", "down");
        await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0)), uri(hop(1))) } });
        hop(0).handler = () => ({ status: 503, headers: [["Retry-After", value]] });
        const before = marks();
        for (let i = 0; i < 2; i += 1) assert.equal((await bed.fromInside(BOB)).status, 200);
        assert.deepEqual(since(before), ["MESSAGE", "MESSAGE MESSAGE", ""]);
        await waitFor("the first hop to be tried again", async () => {
          await bed.fromInside(BOB);
          return since(before)[0] === "MESSAGE MESSAGE";
        });
      }
    });

    test("the next less specific set, but never past a blocked one", async () => {
      hop(0).handler = hop(1).handler = unavailable;
      const [a, b, c] = hops.map((it) => uri(it));
      const chain = { "partner.test": toOr(".test", a ?? ""), ".test": toOr("*", b ?? ""), "*": to(c ?? "") };
      await bed.program({ ...KNOWN, depth: 1, sets: chain });
      assert.equal((await bed.fromInside(BOB)).status, 200);
      await bed.program({ ...KNOWN, depth: 1, sets: { ...chain, ".test": "1||0|" } });
      assert.equal((await bed.fromInside(BOB)).status, 500);
      await bed.program({ ...KNOWN, depth: 1, sets: { ...chain, ".test": "-|*|0|" } });
      assert.equal((await bed.fromInside(BOB)).status, 200, "a deleted set is passed through");
    });

    test("the default set follows only for a known domain, or while open", async () => {
      hop(0).handler = unavailable;
      const sets = { "partner.test": toOr("*", uri(hop(0))), "*": to(uri(hop(1))) };
      const explicit = { names: { "partner.test": "-|partner.test" }, sets };
      await bed.program({ ...explicit, open: false });
      assert.equal((await bed.fromInside(BOB)).status, 500);
      await bed.program(explicit);
      assert.equal((await bed.fromInside(BOB)).status, 200);
      await bed.program({ ...explicit, ...KNOWN, open: false });
      assert.equal((await bed.fromInside(BOB)).status, 200);
    });

    test("a set that stops and has no hops: 500", async () => {
      await bed.program({ ...KNOWN, sets: { "partner.test": "0||0|", "*": to(uri(hop(0))) } });
      assert.equal((await bed.fromInside(BOB)).status, 500);
    });

    test("orders share the requests", async () => {
      const orders = { "abc/0": uri(hop(0)), "abc/1": uri(hop(1)), "abc/2": uri(hop(2)) };
      await bed.program({ ...KNOWN, orders, sets: { "partner.test": "0||3|abc" } });
      const before = marks();
      for (let i = 0; i < 60; i += 1) await bed.fromInside(BOB);
      const shares = hops.map(({ received }, i) => received.length - (before[i] ?? 0));
      assert.equal(
        shares.reduce((sum, it) => sum + it),
        60,
      );
      assert.ok(
        shares.every((it) => it > 5),
        shares.join(),
      ); // fails by chance once in 10,000 runs
    });

    test("RFC 3261 §16.10: a cancelled INVITE tries nobody else", async () => {
      hop(0).handler = (_, provisional) => {
        provisional({ status: 180 });
        return undefined;
      };
      await bed.program({ ...KNOWN, sets: { "partner.test": to(uri(hop(0)), uri(hop(1))) } });
      const before = marks();
      const sent = bed.inside.send({ method: "INVITE", uri: BOB, target: bed.target() });
      const callId = header(sent.request, "Call-ID");
      await hop(0).waitForRequest("the INVITE", (it) => header(it, "Call-ID") === callId);
      assert.equal((await bed.inside.cancel(sent)).status, 200);
      assert.equal((await sent.final).status, 487);
      assert.match(since(before)[0] ?? "", /^INVITE CANCEL/);
      assert.deepEqual(since(before).slice(1), ["", ""]);
    });
  });
}
