/** A proxy's way with responses, CANCEL and transactions: RFC 3261 §16.7 to §16.10, §17, RFC 6026. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed, to, toOr, uri } from "../../support/router-bed.ts";
import { buildResponse, randomToken } from "../../support/sip/build.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, serialise, tagOf, type Header } from "../../support/sip/message.ts";
import type { Handler, ReceivedRequest, SentRequest, UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { answerAgain, BOB, openPartner, requestHeaders, requestOf } from "./setup.ts";

const ringing: Handler = (_, provisional) => {
  provisional({ status: 180 });
  return undefined;
};

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, responses`, () => {
    let bed: RouterBed;
    before(async () => {
      const env = { NON_INVITE_TIMEOUT_MS: "6000", TIMER_C_MS: "1500" };
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

    test("RFC 3261 §16.7 (5), RFC 6026 §7: a 2xx that is sent again passes again, and so does its ACK", async (t) => {
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

    test("RFC 3261 §16.7 (6): a 503 of others is 500, in all methods", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = () => ({ status: 503 });
      for (const method of ["MESSAGE", "INVITE", "SUBSCRIBE", "STRANGE"]) {
        assert.equal((await bed.fromInside(BOB, { method })).status, 500, method);
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

    test("RFC 3261 §9.2, §16.10: CANCEL is answered here and passed on, with the branch of its INVITE", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = ringing;
      const sent = invite();
      await waitFor("ringing", () => sent.provisional.some(({ status }) => status === 180));
      assert.equal((await bed.inside.cancel(sent)).status, 200);
      assert.equal((await sent.final).status, 487);
      await waitFor("the ACK", () => methodsAt(peer) === "INVITE CANCEL ACK");
      const [asked, cancelled, acknowledged] = peer.received;
      assert.ok(asked && cancelled && acknowledged);
      for (const request of [cancelled, acknowledged]) {
        assert.equal(request.uri, asked.uri);
        assert.deepEqual(headers(request, "Via"), headers(asked, "Via").slice(0, 1));
        for (const name of ["From", "Call-ID"]) assert.equal(header(request, name), header(asked, name));
        assert.equal(header(request, "CSeq"), `1 ${request.method}`);
      }
      assert.equal(header(cancelled, "To"), header(asked, "To"));
    });

    test("RFC 3261 §9.1: CANCEL waits until something came back", async (t) => {
      const peer = await openPartner(bed, t);
      const may = Promise.withResolvers<undefined>();
      peer.handler = async (_, provisional) => {
        await may.promise;
        provisional({ status: 180 });
        return undefined;
      };
      const sent = invite();
      await inviteAt(peer);
      assert.equal((await bed.inside.cancel(sent)).status, 200);
      assert.equal(methodsAt(peer), "INVITE");
      may.resolve(undefined);
      await waitFor("the CANCEL", () => methodsAt(peer).startsWith("INVITE CANCEL"));
      assert.equal((await sent.final).status, 487);
    });

    test("RFC 3261 §9.2: CANCEL without its transaction is 481, and after the answer changes nothing", async (t) => {
      const peer = await openPartner(bed, t);
      const stray = requestOf("CANCEL", requestHeaders(bed.inside, "CANCEL"));
      assert.equal((await bed.inside.sendMessage(stray, bed.target()).final).status, 481);
      const sent = invite();
      await sent.final;
      assert.equal((await bed.inside.cancel(sent)).status, 200);
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.equal(methodsAt(peer), "INVITE MESSAGE");
    });

    test("RFC 3261 §8.2.2.3: Proxy-Require in ACK and CANCEL is ignored", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = ringing;
      const sent = invite();
      await waitFor("ringing", () => sent.provisional.some(({ status }) => status === 180));
      const kept = sent.request.headers.filter(([name]) => !["CSeq", "Contact"].includes(name));
      const cancel = requestOf("CANCEL", [...kept, ["CSeq", "1 CANCEL"], ["Proxy-Require", "foo"]]);
      assert.equal((await bed.inside.sendMessage(cancel, bed.target()).final).status, 200);
      assert.equal((await sent.final).status, 487);
    });

    test("RFC 3261 §17.1.1.3, §17.2.1: the ACK of a failure is this router's own, and the client's ends here", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = () => ({ status: 486 });
      assert.equal((await bed.fromInside(BOB, { method: "INVITE" })).status, 486);
      await waitFor("the ACK", () => methodsAt(peer) === "INVITE ACK");
      const [asked, acknowledged] = peer.received;
      assert.ok(asked && acknowledged);
      assert.deepEqual(headers(acknowledged, "Via"), headers(asked, "Via").slice(0, 1));
      assert.equal((await bed.fromInside(BOB)).status, 486);
      assert.equal(methodsAt(peer), "INVITE ACK MESSAGE");
    });

    test("RFC 3261 §17.2.1: without an ACK over UDP the failure is sent again", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = () => ({ status: 486 });
      const before = bed.inside.strayResponses.length;
      await bed.inside.sendOnce(requestOf("INVITE", requestHeaders(bed.inside, "INVITE")), bed.target());
      await waitFor(
        "486 again",
        () => bed.inside.strayResponses.slice(before).filter(({ status }) => status === 486).length > 2,
      );
    });

    test("RFC 3261 §17.2.1, §17.2.2: what is sent again is answered again, and not passed on", async (t) => {
      const peer = await openPartner(bed, t);
      for (const branch of [`z9hG4bK${randomToken()}`, "1"]) {
        for (const method of ["INVITE", "MESSAGE"]) {
          const arrived = peer.received.length;
          const before = bed.inside.strayResponses.length;
          const status = method === "INVITE" ? 180 : 200;
          peer.handler = method === "INVITE" ? ringing : () => ({ status });
          const own = requestHeaders(bed.inside, method).filter(([name]) => name !== "Via");
          const via: Header = ["Via", `SIP/2.0/UDP ${bed.inside.host}:5060;branch=${branch}`];
          const request = requestOf(method, [via, ...own]);
          for (const n of [1, 2, 3]) {
            await bed.inside.sendOnce(request, bed.target());
            const answers = (): number =>
              bed.inside.strayResponses.slice(before).filter((it) => it.status === status).length;
            await waitFor(`answer ${n} to ${method} with branch ${branch}`, () => answers() >= n);
          }
          assert.equal(peer.received.length, arrived + 1, `${method} with branch ${branch}`);
        }
      }
    });

    test("RFC 3261 §17.2.3: the same branch from another sender is another transaction", async (t) => {
      const peer = await openPartner(bed, t);
      const branch = `z9hG4bK${randomToken()}`;
      const callId = randomToken();
      const agents = [bed.inside, bed.platform];
      const answers = agents.map((agent) => {
        const own = requestHeaders(agent, "MESSAGE").filter(([name]) => !["Via", "Call-ID"].includes(name));
        const via: Header = ["Via", `SIP/2.0/UDP ${agent.host}:5060;branch=${branch}`];
        const request = requestOf("MESSAGE", [via, ["Call-ID", callId], ...own]);
        return agent.sendMessage(request, bed.target()).final;
      });
      for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
      assert.equal(peer.received.length, 2);
    });

    test("RFC 3261 §8.2.6.2: an answer of its own has From, To with a tag, Call-ID, CSeq and every Via", async (t) => {
      await openPartner(bed, t);
      const own = requestHeaders(bed.inside, "MESSAGE");
      const more: Header = [
        "Via",
        "SIP/2.0/UDP far.example:5060;branch=z9hG4bKfar, SIP/2.0/TCP farther.example",
      ];
      const request = { ...requestOf("MESSAGE", [...own, more]), uri: "mailto:bob@partner.test" };
      const answer = await bed.inside.sendMessage(request, bed.target()).final;
      assert.equal(answer.status, 416);
      for (const name of ["From", "Call-ID", "CSeq"])
        assert.equal(header(answer, name), header(request, name));
      assert.ok(tagOf(header(answer, "To")));
      assert.deepEqual(headers(answer, "Via").slice(1), headers(request, "Via").slice(1));
    });

    test("RFC 3261 §8.2.6.1: 100 has the Timestamp of its INVITE", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = ringing;
      const sent = bed.inside.send({
        method: "INVITE",
        uri: BOB,
        target: bed.target(),
        headers: [["Timestamp", "54.32"]],
      });
      const trying = await waitFor("100", () => sent.provisional.find(({ status }) => status === 100));
      assert.match(header(trying, "Timestamp"), /^54\.32\b/);
      await bed.inside.cancel(sent);
      await sent.final;
    });

    test("RFC 3261 §8.2.1, §21.4.6: 405 names the methods that are allowed", async () => {
      await bed.program({ names: { "xmpp.test": "X|" } });
      const answer = await bed.fromInside("sip:bob@xmpp.test", { method: "INVITE" });
      assert.equal(answer.status, 405);
      assert.deepEqual(header(answer, "Allow").split(/, */).sort(), ["MESSAGE", "NOTIFY", "SUBSCRIBE"]);
    });

    test("RFC 3261 §11.2: 200 to OPTIONS says what the router takes, but no Allow", async () => {
      await bed.program();
      const answer = await bed.fromInside(`sip:${bed.router.host}`, { method: "OPTIONS" });
      assert.deepEqual([answer.status, header(answer, "Accept"), answer.body], [200, "*/*", ""]);
      for (const name of ["Accept-Encoding", "Accept-Language", "Supported"]) header(answer, name);
      assert.deepEqual(headers(answer, "Allow"), []);
    });

    test("RFC 3261 §21.5.4: 503 is said while there is no routing table, with Retry-After", async (t) => {
      const empty = await RouterBed.open(binary);
      t.after(() => empty.close());
      const answer = await empty.fromInside(BOB);
      assert.deepEqual([answer.status, header(answer, "Retry-After")], [503, "1"]);
    });

    test("RFC 3262, RFC 3311: PRACK and UPDATE pass in an early dialog", async (t) => {
      const peer = await openPartner(bed, t);
      const acknowledged = Promise.withResolvers<undefined>();
      peer.handler = async (request, provisional) => {
        if (request.method === "UPDATE") acknowledged.resolve(undefined);
        if (request.method !== "INVITE") return { status: 200 };
        provisional({
          status: 183,
          headers: [
            ["Require", "100rel"],
            ["RSeq", "1"],
          ],
        });
        await acknowledged.promise;
        return { status: 200 };
      };
      const sent = invite();
      const early = await waitFor("183", () => sent.provisional.find(({ status }) => status === 183));
      const dialog = Dialog.ofCaller(bed.inside, sent.request, early);
      const rack: Header = ["RAck", "1 1 INVITE"];
      assert.equal((await dialog.request("PRACK", { headers: [rack] })).status, 200);
      assert.equal((await dialog.request("UPDATE")).status, 200);
      assert.equal((await sent.final).status, 200);
      assert.equal(methodsAt(peer), "INVITE PRACK UPDATE");
      assert.deepEqual(headers(peer.received[1] ?? assert.fail(), "Route"), []);
      assert.equal(header(peer.received[1] ?? assert.fail(), "RAck"), "1 1 INVITE");
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

    test("RFC 6026 §8.9: an answer without its transaction goes nowhere, but a marked 2xx to an INVITE", async (t) => {
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
