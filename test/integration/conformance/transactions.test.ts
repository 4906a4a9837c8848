/** CANCEL and transactions: RFC 3261 §9, §16.10 and §17. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed } from "../../support/router-bed.ts";
import { randomToken } from "../../support/sip/build.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, type Header } from "../../support/sip/message.ts";
import type { ReceivedRequest, SentRequest, UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { BOB, openPartner, requestHeaders, requestOf, ringing } from "./setup.ts";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, transactions`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary);
    });
    after(() => bed.close());

    const invite = (): SentRequest =>
      bed.inside.send({ method: "INVITE", uri: BOB, target: bed.target(), from: "sip:alice@local.test" });
    const inviteAt = (peer: UserAgent): Promise<ReceivedRequest> =>
      peer.waitForRequest("the INVITE", ({ method }) => method === "INVITE");
    const methodsAt = (peer: UserAgent): string => peer.received.map(({ method }) => method).join(" ");

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

    test("RFC 3262 §4, RFC 3311 §5: PRACK and UPDATE pass in an early dialog", async (t) => {
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
  });
}
