/** What looks like a dialog of ours, or wants to steer the router: no open relay. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, type Header, type SipResponseMessage } from "../../support/sip/message.ts";
import type { SentRequest, UserAgent } from "../../support/sip/user-agent.ts";

const ALICE = `sip:alice@${LOCAL}`;
const BOB = "sip:bob@partner.test";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, forgeries`, () => {
    let bed: RouterBed;
    let victim: UserAgent;
    before(async () => {
      bed = await RouterBed.open(binary, {});
    });
    after(() => bed.close());

    /** A dialog that the outside really has with the platform. */
    async function calledFromOutside(): Promise<{
      sent: SentRequest;
      answer: SipResponseMessage;
      dialog: Dialog;
    }> {
      const sent = bed.outside.send({ method: "INVITE", uri: ALICE, target: bed.target(), from: BOB });
      const answer = await sent.final;
      const dialog = Dialog.ofCaller(bed.outside, sent.request, answer);
      await dialog.ack();
      return { sent, answer, dialog };
    }

    /** A request to the victim as if it belonged to a dialog. */
    async function forged(
      method: string,
      routes: readonly string[],
      more: readonly Header[] = [],
    ): Promise<number> {
      const response = await bed.outside.request({
        method,
        uri: uri(victim),
        target: bed.target(),
        from: BOB,
        to: `<${ALICE}>;tag=forged`,
        headers: [...routes.map((route) => ["Route", route] as const), ...more],
      });
      return response.status;
    }

    test("a route set without a mark of ours is a new request: refused", async (t) => {
      victim = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(victim)) } });
      const us = `${bed.router.host}:5060`;
      const attempts = [
        [],
        [`<sip:${us};lr>`],
        [`<sip:${us};lr>`, `<${uri(victim)};lr>`],
        [`<sip:${us};lr;mark=>`],
        [`<sip:${us};lr;mark=o${"0".repeat(32)}>`],
        [`<sip:${us};lr;r2=on;mark=x>`, `<sip:${us};lr;r2=on;mark=x>`],
        [`<${uri(victim)};lr>`],
      ];
      for (const routes of attempts) assert.equal(await forged("BYE", routes), 403, routes.join());
      assert.deepEqual(victim.received, []);
    });

    test("a mark is good for its own dialog and its own kind alone", async (t) => {
      victim = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(victim)) } });
      const { sent, answer, dialog } = await calledFromOutside();
      const [route = ""] = dialog.state.routes;
      const from = ["From", header(sent.request, "From")] as const;
      const callId = ["Call-ID", header(sent.request, "Call-ID")] as const;
      assert.match(route, /;mark=i[0-9a-f]{32}/);
      assert.equal(await forged("INFO", [route]), 403, "other Call-ID and tag");
      assert.equal(await forged("INFO", [route], [callId]), 403, "other tag");
      assert.equal(await forged("INFO", [route], [from]), 403, "other Call-ID");
      assert.equal(
        await forged("INFO", [route.replace("mark=i", "mark=n")], [from, callId]),
        403,
        "other kind",
      );
      assert.equal(
        await forged("INFO", [route.replace(bed.router.host, "192.0.2.1")], [from, callId]),
        403,
        "not us",
      );
      assert.deepEqual(victim.received, []);
      assert.equal(header(answer, "Call-ID"), callId[1]);
      assert.equal((await dialog.request("INFO")).status, 200);
    });

    test("an ACK that belongs to nothing is dropped, with and without a forged route", async (t) => {
      victim = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(victim)) }, names: { "partner.test": "A|" } });
      for (const route of [[], [["Route", `<sip:${bed.router.host};lr;mark=o00>`] as const]]) {
        const headers = [
          ["Via", `SIP/2.0/UDP ${bed.inside.host}:5060;branch=z9hG4bKstray${route.length}`],
          ["From", `<${ALICE}>;tag=a`],
          ["To", `<${BOB}>;tag=b`],
          ["Call-ID", "stray"],
          ["CSeq", "1 ACK"],
          ...route,
        ] as const;
        await bed.inside.sendOnce(
          { kind: "request", method: "ACK", uri: BOB, headers, body: "" },
          bed.target(),
        );
      }
      assert.equal((await bed.fromInside(BOB)).status, 200); // comes after both
      assert.deepEqual(
        victim.received.map(({ method }) => method),
        ["MESSAGE"],
      );
    });

    test("neither port, transport, maddr nor a preloaded route choose where a request goes", async (t) => {
      const hop = await bed.peer(t);
      victim = await bed.peer(t, 1);
      await bed.program({ sets: { "*": to(uri(hop)) }, names: { "partner.test": "A|" } });
      const uris = [
        `sip:bob@partner.test:5061`,
        `sip:bob@PARTNER.test.;transport=tcp`,
        `sip:bob@partner.test;maddr=${victim.host}`,
        `sip:bob@partner.test:5060;transport=udp;maddr=${victim.host};lr`,
      ];
      for (const requestUri of uris) {
        const routes: Header[] = [
          ["Route", `<sip:${bed.router.host};lr>, <${uri(victim)};lr>`],
          ["Route", `<${uri(victim)};lr>`],
        ];
        assert.equal((await bed.fromInside(requestUri, { headers: routes })).status, 200);
      }
      assert.deepEqual(victim.received, []);
      assert.deepEqual(
        hop.received.map((it) => it.uri),
        uris,
      );
      assert.deepEqual(
        hop.received.flatMap((it) => headers(it, "Route")),
        [],
      );
    });

    test("from the outside nothing but local domains can be reached", async (t) => {
      victim = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(victim)) }, names: { "partner.test": "A|" } });
      const { host } = bed.router;
      const before = bed.platform.received.length;
      const refused = [
        uri(victim),
        "sip:bob@partner.test",
        "sip:bob@PARTNER.TEST.",
        `sip:alice@${host}`,
        `sip:alice@${host}:${PORTS.control}`,
        `sip:alice@${LOCAL}.partner.test`,
        "sip:alice@localhost",
        "sips:bob@partner.test",
        "tel:+1234",
      ];
      for (const requestUri of refused) {
        assert.equal((await bed.fromOutside(requestUri)).status, 403, requestUri);
        assert.equal(
          (await bed.fromOutside(requestUri, { target: bed.target("tcp") })).status,
          403,
          requestUri,
        );
      }
      for (const from of [ALICE, `sip:x@${LOCAL.toUpperCase()}.`, `sips:${LOCAL}`]) {
        assert.equal((await bed.fromOutside(ALICE, { from })).status, 403, `From ${from}`);
      }
      assert.deepEqual(victim.received, []);
      assert.equal(bed.platform.received.length, before);
    });

    test("inside a dialog nobody reaches the router itself or its control ports", async () => {
      await bed.program();
      const { dialog } = await calledFromOutside();
      for (const port of [5060, ...Object.values(PORTS)]) {
        const state = { ...dialog.state, remoteTarget: `sip:${bed.router.host}:${port};transport=tcp` };
        const { status } = await new Dialog(bed.outside, state, port).request("INFO");
        assert.ok(status === 403 || status === 404, `port ${port}: ${status}`);
      }
    });

    test("a mark that an outsider got hold of leads to the inside's end of its dialog, and nowhere else", async (t) => {
      victim = await bed.peer(t);
      await bed.program();
      const { dialog } = await calledFromOutside();
      const { port } = victim;
      const targets = [
        uri(victim),
        uri(victim, "tcp"),
        `sip:x@${victim.host}.:${port}`,
        `sip:x@nowhere.invalid:${port}`,
      ];
      for (const remoteTarget of targets) {
        const astray = new Dialog(bed.outside, {
          ...dialog.state,
          remoteTarget,
          remote: `<${ALICE}>;tag=any`,
        });
        for (const method of ["MESSAGE", "INVITE", "BYE"]) {
          const { status } = await astray.request(method);
          assert.equal(status, 403, `${method} ${remoteTarget}`);
        }
        await astray.ack();
      }
      const beyond = { ...dialog.state, routes: [...dialog.state.routes, `<${uri(victim)};lr>`] };
      assert.equal((await new Dialog(bed.outside, beyond).request("INFO")).status, 403);
      assert.equal((await dialog.request("BYE")).status, 200); // comes after the ACKs
      assert.deepEqual(victim.received, []);
    });

    test("the inside's end of a dialog is told by its address, also outside of the inside networks", async (t) => {
      const gateway = await bed.peer(t, 3);
      await bed.program({ sets: { [LOCAL]: to(uri(gateway)) } });
      const { sent, answer, dialog } = await calledFromOutside();
      const invite = gateway.received.find(({ method }) => method === "INVITE");
      assert.ok(invite);
      assert.equal((await dialog.request("INFO")).status, 200);
      const callee = Dialog.ofCallee(gateway, invite, header(answer, "To"));
      assert.equal((await callee.request("BYE")).status, 200);
      assert.equal(bed.outside.received.at(-1)?.method, "BYE");
      assert.equal(header(sent.request, "Call-ID"), callee.state.callId);
    });

    test("row 1 inside a dialog: what is no name matches no blocked pattern", async () => {
      await bed.program({ depth: 1, sets: { ".test": "1||0|" } });
      const from = "sip:bob@partner..test";
      const sent = bed.outside.send({ method: "INVITE", uri: ALICE, target: bed.target(), from });
      const dialog = Dialog.ofCaller(bed.outside, sent.request, await sent.final);
      await dialog.ack();
      assert.equal((await dialog.request("MESSAGE")).status, 200);
    });

    test("row 1 inside a dialog: a blocked domain may end what it has, and nothing else", async () => {
      await bed.program();
      const { dialog } = await calledFromOutside();
      await bed.program({ names: { "partner.test": "B|" } });
      const notify = (state: string) => ({ headers: [["Subscription-State", state] as const] });
      const statuses = {
        message: (await dialog.request("MESSAGE")).status,
        renewed: (await dialog.request("SUBSCRIBE", { headers: [["Expires", "600"]] })).status,
        endless: (await dialog.request("SUBSCRIBE")).status,
        ended: (await dialog.request("SUBSCRIBE", { headers: [["Expires", "0"]] })).status,
        active: (await dialog.request("NOTIFY", notify("active;expires=60"))).status,
        terminated: (await dialog.request("NOTIFY", notify("Terminated;reason=timeout"))).status,
        bye: (await dialog.request("BYE")).status,
      };
      assert.deepEqual(statuses, {
        message: 403,
        renewed: 403,
        endless: 403,
        ended: 200,
        active: 403,
        terminated: 200,
        bye: 200,
      });
    });
  });
}
