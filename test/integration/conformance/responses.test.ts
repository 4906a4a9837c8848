/** A proxy's way with responses: RFC 3261 §16.7 and §16.8, RFC 4320, RFC 6026. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed, toOr, to, uri } from "../../support/router-bed.ts";
import { buildResponse, randomToken } from "../../support/sip/build.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, serialise, tagOf, type Header } from "../../support/sip/message.ts";
import type { ReceivedRequest, SentRequest, UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { answerAgain, BOB, openPartner, ringing } from "./setup.ts";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, responses`, () => {
    let bed: RouterBed;
    before(async () => {
      const env = { NON_INVITE_TIMEOUT_MS: "4500", TIMER_C_MS: "1500" };
      bed = await RouterBed.open(binary, { env });
    });
    after(() => bed.close());

    const invite = (): SentRequest =>
      bed.inside.send({ method: "INVITE", uri: BOB, target: bed.target(), from: "sip:alice@local.test" });
    const inviteAt = (peer: UserAgent): Promise<ReceivedRequest> =>
      peer.waitForRequest("the INVITE", ({ method }) => method === "INVITE");
    const methodsAt = (peer: UserAgent): string => peer.received.map(({ method }) => method).join(" ");

    test("RFC 3261 §16.7 (3): its own Via is removed", async (t) => {
      const peer = await openPartner(bed, t);
      const answer = await bed.fromInside(BOB);
      assert.equal(headers(peer.received[0] ?? assert.fail(), "Via").length, 2);
      assert.equal(headers(answer, "Via").length, 1);
      assert.match(header(answer, "Via"), new RegExp(`${bed.inside.host}:5060;.*rport=5060`));
    });

    test("RFC 3261 §16.7 (5): 100 stays here, other provisional answers to an INVITE pass", async (t) => {
      const peer = await openPartner(bed, t);
      const rung = Promise.withResolvers<undefined>();
      peer.handler = async (_, provisional) => {
        for (const status of [100, 180, 182, 183, 199, 150]) provisional({ status });
        await rung.promise;
        return { status: 200 };
      };
      const sent = invite();
      await waitFor("all of them", () => sent.provisional.length === 6);
      rung.resolve(undefined);
      assert.equal((await sent.final).status, 200);
      assert.deepEqual(sent.provisional.map(({ status, reason }) => `${status} ${reason}`).sort(), [
        "100 Trying",
        "150 Test",
        "180 Test",
        "182 Test",
        "183 Test",
        "199 Test",
      ]);
    });

    test("RFC 3261 §16.7 (5), §13.2.2.4: every 2xx to an INVITE passes, of a fork downstream too", async (t) => {
      const peer = await openPartner(bed, t);
      const before = bed.inside.strayResponses.length;
      const sent = invite();
      const first = await sent.final;
      const received = await inviteAt(peer);
      for (const tag of ["second", "third"]) await answerAgain(peer, received, { status: 200 }, tag);
      await waitFor("the other two", () => bed.inside.strayResponses.length === before + 2);
      const others = bed.inside.strayResponses.slice(before);
      assert.deepEqual(others.map((it) => tagOf(header(it, "To"))).sort(), ["second", "third"]);
      for (const answer of [first, ...others]) {
        assert.equal(headers(answer, "Record-Route").length, 1);
        const dialog = Dialog.ofCaller(bed.inside, sent.request, answer);
        await dialog.ack();
        assert.equal((await dialog.request("BYE")).status, 200);
      }
      await waitFor("an ACK and a BYE for each", () => peer.received.length === 7);
    });

    test("RFC 3261 §16.7 (5), RFC 6026 §7.1: a 2xx that is sent again passes again, and so does its ACK", async (t) => {
      const peer = await openPartner(bed, t);
      const before = bed.inside.strayResponses.length;
      const sent = invite();
      const answer = await sent.final;
      const tag = tagOf(header(answer, "To")) ?? assert.fail();
      const received = await inviteAt(peer);
      const dialog = Dialog.ofCaller(bed.inside, sent.request, answer);
      for (const n of [1, 2]) {
        await answerAgain(peer, received, { status: 200 }, tag);
        await waitFor("the 200", () => bed.inside.strayResponses.length === before + n);
        await dialog.ack();
        await waitFor("the ACK", () => methodsAt(peer) === `INVITE${" ACK".repeat(n)}`);
      }
    });

    test("RFC 3261 §16.7 (5): after a final answer no other one passes", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = (request) => ({ status: request.method === "INVITE" ? 486 : 404 });
      const before = bed.inside.strayResponses.length;
      for (const method of ["INVITE", "MESSAGE"]) {
        await bed.fromInside(BOB, { method });
        const received = await peer.waitForRequest(method, (it) => it.method === method);
        for (const status of [180, 486, 603, method === "MESSAGE" ? 200 : 404]) {
          await answerAgain(peer, received, { status }, "other");
        }
      }
      peer.handler = () => ({ status: 200 });
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(bed.inside.strayResponses.slice(before), []);
    });

    test("RFC 3261 §16.7 (6): answers of any class pass as they are, unknown ones too", async (t) => {
      const peer = await openPartner(bed, t);
      const own: Header[] = [
        ["Retry-After", "18;duration=36"],
        ["Warning", '399 partner.test "why"'],
        ["X-Strange", "yes"],
        ["Contact", "<sip:elsewhere@other.test>;q=0.5, <sip:there@other.test>"],
        ["Content-Type", "text/plain"],
      ];
      for (const status of [202, 299, 302, 380, 400, 404, 481, 499, 500, 504, 599, 600, 603, 699]) {
        peer.handler = () => ({ status, reason: "As It Is", headers: own, body: "because" });
        for (const method of ["MESSAGE", "INVITE"]) {
          const answer = await bed.fromInside(BOB, { method });
          assert.deepEqual([answer.status, answer.reason, answer.body], [status, "As It Is", "because"]);
          for (const [name, value] of own) assert.equal(header(answer, name), value, `${name} of ${status}`);
        }
      }
    });

    test("RFC 3261 §16.7 (6): whatever failed before, the answer of the last one asked is the final one, once", async (t) => {
      const [first, second] = [await bed.peer(t), await bed.peer(t, 1)];
      first.handler = () => ({ status: 503 });
      const sets = { "partner.test": toOr("*", uri(first)), "*": to(uri(second)) };
      const before = bed.inside.strayResponses.length;
      for (const status of [200, 407, 486, 603]) {
        second.handler = () => ({ status });
        for (const method of ["INVITE", "MESSAGE"]) {
          await bed.router.rpc("htable.flush", "down");
          await bed.program({ names: { "partner.test": "A|partner.test" }, sets });
          assert.equal((await bed.fromInside(BOB, { method })).status, status);
        }
      }
      assert.deepEqual(bed.inside.strayResponses.slice(before), []);
    });

    test("RFC 3261 §16.8, §16.7 (2): timer C ends an INVITE that nobody answers, and ringing restarts it", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = ringing;
      const sent = invite();
      const received = await inviteAt(peer);
      const started = performance.now();
      await waitFor("twice timer C", async () => {
        await answerAgain(peer, received, { status: 183 }, "still");
        assert.ok(!methodsAt(peer).includes("CANCEL"), "not cancelled while it rings");
        return performance.now() - started > 3_000;
      });
      assert.equal((await sent.final).status, 408);
      await waitFor("a CANCEL", () => methodsAt(peer).includes("CANCEL"));
    });

    test("RFC 4320 §4.1, §4.2: a non-INVITE draws 100 after 3.5 s and no other provisional answer, and never 408", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = (_, provisional) => {
        provisional({ status: 183 });
        return undefined;
      };
      const started = performance.now();
      const sent = bed.inside.send({ method: "MESSAGE", uri: BOB, target: bed.target() });
      await waitFor("100", () => sent.provisional.length > 0);
      const waited = performance.now() - started;
      assert.ok(waited > 3_400, `100 after ${waited} ms`);
      const answer = await sent.final;
      assert.deepEqual([answer.status, answer.reason], [500, "No Answer"]);
      assert.ok(sent.provisional.every(({ status }) => status === 100));
      const before = bed.inside.strayResponses.length;
      await answerAgain(peer, peer.received[0] ?? assert.fail(), { status: 200 }, "late");
      peer.handler = () => ({ status: 200 });
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(bed.inside.strayResponses.slice(before), [], "no late answer");
    });

    test("RFC 4320 §4.2: a 408 of others to a non-INVITE is 500", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = () => ({ status: 408 });
      assert.equal((await bed.fromInside(BOB)).status, 500);
      assert.equal((await bed.fromInside(BOB, { method: "INVITE" })).status, 408);
    });

    test("RFC 6026 §7.3, §8.9: an answer without its transaction goes nowhere, but a marked 2xx to an INVITE", async (t) => {
      const peer = await openPartner(bed, t);
      assert.equal((await bed.fromInside(BOB, { method: "INVITE" })).status, 200);
      const [received] = peer.received;
      assert.ok(received);
      const local = { host: peer.host, port: 5060, transport: "udp" as const };
      const answer = (branch: string, change: (text: string) => string = (it) => it): Buffer => {
        const response = serialise(buildResponse(received, { status: 200 }, local, "late")).toString();
        return Buffer.from(change(response.replace(/branch=z9hG4bK[^;\r]+/, `branch=z9hG4bK${branch}`)));
      };
      const strays = [
        answer("a", (it) => it.replace(/Record-Route: [^\r]*\r\n/, "")),
        answer("b", (it) => it.replace(/;mark=o./, ";mark=o?")),
        answer("c", (it) => it.replace("SIP/2.0 200", "SIP/2.0 486")),
        answer("d", (it) => it.replace("1 INVITE", "1 MESSAGE")),
        answer(randomToken()),
      ];
      const before = bed.inside.strayResponses.length;
      for (const stray of strays) await peer.sendRaw(stray, bed.target());
      await waitFor("the marked one", () => bed.inside.strayResponses.length > before);
      assert.equal((await bed.fromInside(BOB)).status, 200);
      const arrived = bed.inside.strayResponses.slice(before);
      assert.deepEqual(
        arrived.map((it) => tagOf(header(it, "To"))),
        ["late"],
      );
    });
  });
}
