/** Subscriptions, presence and messages: RFC 6665, 3856, 3428. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, type Header } from "../../support/sip/message.ts";
import type { SentRequest } from "../../support/sip/user-agent.ts";
import { BOB, openPartner } from "./setup.ts";

const PRESENCE: Header = ["Event", "presence"];
const ACTIVE: Header = ["Subscription-State", "active;expires=600"];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, events`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, { insideListener: true });
    });
    after(() => bed.close());

    const subscribe = (...more: readonly Header[]): SentRequest =>
      bed.inside.send({ method: "SUBSCRIBE", uri: BOB, target: bed.target(), headers: [PRESENCE, ...more] });

    test("RFC 6665 §4.3: a SUBSCRIBE is recorded, and its NOTIFYs too, with the subscriber's side first", async (t) => {
      const peer = await openPartner(bed, t);
      const answer = await subscribe().final;
      const [received] = peer.received;
      assert.ok(received);
      const notifier = Dialog.ofCallee(peer, received, header(answer, "To"));
      for (let n = 1; n < 3; n += 1) {
        assert.equal((await notifier.request("NOTIFY", { headers: [PRESENCE, ACTIVE] })).status, 200);
        const notify = bed.inside.received.at(-1) ?? assert.fail();
        const recorded = headers(received, "Record-Route");
        assert.equal(recorded.length, 2);
        assert.deepEqual(headers(notify, "Record-Route"), recorded.toReversed());
      }
    });

    test("RFC 6665 §4.4.1: a NOTIFY that comes before the 2xx opens the dialog, by its own Record-Route", async (t) => {
      const peer = await openPartner(bed, t);
      const notified = Promise.withResolvers<undefined>();
      peer.handler = async ({ method }) => {
        if (method === "SUBSCRIBE") await notified.promise;
        return { status: 200 };
      };
      const sent = subscribe();
      const received = await peer.waitForRequest("the SUBSCRIBE", ({ method }) => method === "SUBSCRIBE");
      const notifier = Dialog.ofCallee(peer, received, `<${BOB}>;tag=early`);
      assert.equal((await notifier.request("NOTIFY", { headers: [PRESENCE, ACTIVE] })).status, 200);
      const notify = bed.inside.received.at(-1) ?? assert.fail();
      notified.resolve(undefined);
      await sent.final;
      const { callId } = notifier.state;
      const subscriber = new Dialog(bed.inside, {
        callId,
        local: header(sent.request, "From"),
        remote: header(notify, "From"),
        remoteTarget: uri(peer),
        routes: headers(notify, "Record-Route"),
      });
      const ended = await subscriber.request("SUBSCRIBE", { headers: [PRESENCE, ["Expires", "0"]] });
      assert.equal(ended.status, 200);
      assert.equal(header(peer.received.at(-1) ?? assert.fail(), "Expires"), "0");
    });

    test("RFC 6665 §4.1.4: a SUBSCRIBE that forks downstream gets NOTIFYs of every fork", async (t) => {
      const peer = await openPartner(bed, t);
      await subscribe().final;
      const [received] = peer.received;
      assert.ok(received);
      const before = bed.inside.received.length;
      for (const tag of ["one", "two"]) {
        const notifier = Dialog.ofCallee(peer, received, `<${BOB}>;tag=${tag}`);
        assert.equal((await notifier.request("NOTIFY", { headers: [PRESENCE, ACTIVE] })).status, 200);
      }
      assert.equal(bed.inside.received.length, before + 2);
    });

    test("RFC 6665 §4.2.1.1: 423 and 489 pass with what they say, 202 is a success", async (t) => {
      const peer = await openPartner(bed, t);
      const answers: readonly (readonly [number, Header])[] = [
        [423, ["Min-Expires", "3600"]],
        [489, ["Allow-Events", "presence, dialog"]],
        [202, ["Expires", "60"]],
      ];
      for (const [status, own] of answers) {
        peer.handler = () => ({ status, headers: [own] });
        const answer = await subscribe().final;
        assert.deepEqual([answer.status, header(answer, own[0])], [status, own[1]]);
      }
    });

    test("RFC 3856 §6.5: presence documents pass as they are, whatever their type", async (t) => {
      const peer = await openPartner(bed, t);
      const answer = await subscribe(["Accept", "application/pidf+xml, multipart/related"]).final;
      const [received] = peer.received;
      assert.ok(received);
      assert.equal(header(received, "Accept"), "application/pidf+xml, multipart/related");
      const notifier = Dialog.ofCallee(peer, received, header(answer, "To"));
      const body =
        '<?xml version="1.0"?>\n<presence entity="pres:bob@partner.test"><note>☺</note></presence>\n';
      const type: Header = ["Content-Type", 'application/pidf+xml;charset="UTF-8"'];
      await notifier.request("NOTIFY", { headers: [PRESENCE, ACTIVE, type], body });
      const notify = bed.inside.received.at(-1) ?? assert.fail();
      assert.deepEqual([notify.body, header(notify, "Content-Type")], [body, type[1]]);
    });

    test("RFC 3428 §8: a MESSAGE passes with what it has, 1300 bytes or more, and opens no dialog", async (t) => {
      const peer = await openPartner(bed, t);
      for (const length of [0, 1_000, 1_300, 10_000]) {
        const body = "é".repeat(length / 2);
        assert.equal((await bed.fromInside(BOB, { body })).status, 200);
        const message = peer.received.at(-1) ?? assert.fail();
        assert.equal(message.body, body);
        assert.deepEqual(headers(message, "Record-Route"), []);
      }
    });

    test("RFC 3428 §7: a 2xx to MESSAGE passes as it came, without anything added", async (t) => {
      const peer = await openPartner(bed, t);
      for (const status of [200, 202]) {
        peer.handler = () => ({ status });
        const answer = await bed.fromInside(BOB);
        assert.deepEqual(
          answer.headers.map(([name]) => name),
          ["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Length"],
        );
        assert.deepEqual([answer.status, answer.body], [status, ""]);
      }
    });

    test("RFC 3428 §6: one final response to a MESSAGE, also where several targets were asked", async (t) => {
      const [first, second] = [await bed.peer(t), await bed.peer(t, 1)];
      first.handler = () => ({ status: 503 });
      await bed.program({ names: { "partner.test": "A|" }, sets: { "*": to(uri(first), uri(second)) } });
      const before = bed.inside.strayResponses.length;
      const sent = bed.inside.send({ method: "MESSAGE", uri: BOB, target: bed.target() });
      assert.equal((await sent.final).status, 200);
      assert.deepEqual([sent.provisional, bed.inside.strayResponses.slice(before)], [[], []]);
    });

    test("RFC 3261 §12.1.1: MESSAGE, INFO and other requests that open no dialog are not recorded", async (t) => {
      const peer = await openPartner(bed, t);
      for (const method of ["MESSAGE", "INFO", "OPTIONS", "STRANGE"]) await bed.fromInside(BOB, { method });
      assert.deepEqual(
        peer.received.flatMap((it) => headers(it, "Record-Route")),
        [],
      );
      assert.equal(peer.received.length, 4);
    });
  });
}
