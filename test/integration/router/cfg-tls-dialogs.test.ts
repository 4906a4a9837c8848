/** Dialogs over TLS: both ends stay reachable, and nobody else takes their place. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test, type TestContext } from "node:test";
import { Authority, type CertificateOptions } from "../../support/authority.ts";
import { call as openCall, type Call } from "../../support/call.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, secureUri, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers } from "../../support/sip/message.ts";
import type { SipTarget, UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const PARTNER = "sip:bob@partner.test";
const ALICE = `sip:alice@${LOCAL}`;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, dialogs over TLS`, () => {
    const authority = new Authority();
    let bed: RouterBed;
    let operator: TestOperator;
    let next = 0;
    before(async () => {
      const env = { TLS_HOLD_MS: "700", TLS_INSIDE_PORT: "5071", NON_INVITE_TIMEOUT_MS: "2000" };
      bed = await RouterBed.open(binary, { authority, insideListener: true, env });
      operator = await TestOperator.connect(bed.router);
    });
    after(async () => {
      await operator.leave();
      await bed.close();
    });
    beforeEach(async () => {
      await bed.router.rpc("htable.flush", "down");
    });

    const peer = (t: TestContext, certificate: CertificateOptions): Promise<UserAgent> =>
      bed.peer(t, (next += 1), certificate);

    const call = (
      caller: UserAgent,
      target: SipTarget,
      callee: UserAgent,
      [requestUri, from]: readonly [string, string],
    ): Promise<Call> =>
      openCall({ caller, callee, target, uri: requestUri, from, acks: "until one arrives" });

    async function bothWays({ caller, callee }: Call, ends: readonly [UserAgent, UserAgent]): Promise<void> {
      for (const method of ["INVITE", "INFO", "BYE"]) {
        for (const [i, dialog] of [caller, callee].entries()) {
          const { request, final } = dialog.send(method);
          assert.equal((await final).status, 200, `${method} of ${i === 0 ? "caller" : "callee"}`);
          const received = ends[1 - i]?.received.findLast((it) => it.method === method);
          assert.equal(header(received ?? assert.fail(), "CSeq"), header(request, "CSeq"));
        }
      }
    }

    const routes = ({ invite }: Call): string[] =>
      headers(invite, "Record-Route").map((value) => value.replace(/;mark=.*>/, ">"));

    test("from UDP inside to TLS outside: each side has its own route", async (t) => {
      const hop = await peer(t, { names: ["URI:sip:partner.test"] });
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": to(secureUri(hop, "partner.test")) },
      });
      const made = await call(bed.inside, { ...bed.target(), port: 5070 }, hop, [PARTNER, ALICE]);
      const { host } = bed.router;
      assert.deepEqual(routes(made), [
        `<sip:${host}:5061;transport=tls;lr;r2=on>`,
        `<sip:${host}:5070;lr;r2=on>`,
      ]);
      await bothWays(made, [bed.inside, hop]);
      assert.ok(hop.received.every(({ transport }) => transport === "tls"));
    });

    test("an ACK whose connection is gone arrives by the one that is opened for it, when it comes again", async (t) => {
      const hop = await peer(t, { names: ["URI:sip:partner.test"] });
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": to(secureUri(hop, "partner.test")) },
      });
      const made = await call(bed.inside, { ...bed.target(), port: 5070 }, hop, [PARTNER, ALICE]);
      const acks = (): number => hop.received.filter(({ method }) => method === "ACK").length;
      const before = acks();
      const open = (): Promise<readonly number[]> => bed.router.connectionsTo(hop.host);
      const old = await open();
      assert.ok(old.length > 0);
      hop.closeConnections();
      // an ACK that comes once more may have opened another one already
      await waitFor("the router to notice", async () => {
        const now = await open();
        return old.every((id) => !now.includes(id));
      });
      await waitFor("the ACK", async () => {
        await made.caller.ack();
        return acks() > before;
      });
    });

    test("from TLS outside to TLS inside", async () => {
      await bed.program({ sets: { [LOCAL]: to(secureUri(bed.platform, LOCAL)) } });
      const made = await call(bed.outside, bed.target("tls"), bed.platform, [ALICE, PARTNER]);
      await bothWays(made, [bed.outside, bed.platform]);
    });

    test("from TCP outside to TLS inside and TLS outside to UDP inside", async () => {
      await bed.program({ sets: { [LOCAL]: to(secureUri(bed.platform, LOCAL)) } });
      await bothWays(await call(bed.outside, bed.target("tcp"), bed.platform, [ALICE, PARTNER]), [
        bed.outside,
        bed.platform,
      ]);
      await bed.program();
      await bothWays(await call(bed.outside, bed.target("tls"), bed.platform, [ALICE, PARTNER]), [
        bed.outside,
        bed.platform,
      ]);
    });

    test("sips: is kept in Record-Route (RFC 3261 §16.6 step 4)", async (t) => {
      const hop = await peer(t, { names: ["URI:sip:partner.test"] });
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": to(secureUri(hop, "partner.test")) },
      });
      const sent = bed.inside.send({
        method: "INVITE",
        uri: "sips:bob@partner.test",
        target: { host: bed.router.host, port: 5071, transport: "tls" },
        from: `sips:alice@${LOCAL}`,
      });
      assert.equal((await sent.final).status, 200);
      const invite = hop.received.findLast(({ method }) => method === "INVITE") ?? assert.fail();
      assert.ok(headers(invite, "Record-Route").every((value) => value.startsWith("<sips:")));
    });

    test("a sips: dialog of a caller that came over UDP or TCP goes on over TLS", async (t) => {
      const hop = await peer(t, { names: ["URI:sip:partner.test"] });
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": to(secureUri(hop, "partner.test")) },
      });
      for (const transport of ["udp", "tcp"] as const) {
        const target = { ...bed.target(transport), port: 5070 };
        const made = await call(bed.inside, target, hop, ["sips:bob@partner.test", ALICE]);
        const { host } = bed.router;
        assert.deepEqual(routes(made), [
          `<sips:${host}:5061;transport=tls;lr;r2=on>`,
          `<sips:${host}:5071;transport=tls;lr;r2=on>`,
        ]);
        await bothWays(made, [bed.inside, hop]);
      }
    });

    for (const [whose, name, status] of [
      ["its own domain", LOCAL, 200],
      ["the domain of the sender", "partner.test", 500],
    ] as const) {
      test(`a target that proves ${whose} gets ${status === 200 ? "its" : "no"} requests`, async (t) => {
        const hop = await peer(t, { names: ["URI:sip:partner.test"] });
        const ours = await peer(t, { names: [`DNS:${name}`] });
        await bed.program({
          names: { "partner.test": "A|partner.test" },
          sets: { "partner.test": to(uri(hop)) },
        });
        const target = { host: bed.router.host, port: 5071, transport: "tls" } as const;
        const { callee } = await call(ours, target, hop, [PARTNER, ALICE]);
        const { final } = callee.send("BYE");
        assert.equal((await final).status, status);
      });
    }

    test("a dialog's target has to prove its name, or be where its domain or a next hop is", async (t) => {
      const hop = await peer(t, { names: ["URI:sip:partner.test"] });
      const elsewhere = await peer(t, { names: ["DNS:thief.test"] });
      const partners = await peer(t, { names: ["DNS:partner.test"] });
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": to(secureUri(hop, "partner.test")) },
      });
      for (const [target, status] of [
        [hop, 200],
        [partners, 200],
        [elsewhere, 500],
      ] as const) {
        const contact = `<sip:bob@${target.host}:5061;transport=tls>`;
        hop.handler = () => ({ status: 200, headers: [["Contact", contact]] });
        const sent = bed.inside.send({
          method: "INVITE",
          uri: PARTNER,
          target: { ...bed.target(), port: 5070 },
          from: ALICE,
        });
        const dialog = Dialog.ofCaller(bed.inside, sent.request, await sent.final);
        assert.equal((await dialog.request("BYE")).status, status, contact);
        assert.equal(target.received.filter(({ method }) => method === "BYE").length, status === 200 ? 1 : 0);
      }
    });

    test("however a target says that it is TLS: it has to prove its name, and is not reached in the clear", async (t) => {
      const hop = await peer(t, { names: ["URI:sip:partner.test"] });
      const elsewhere = await peer(t, { names: ["DNS:thief.test"] });
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": to(secureUri(hop, "partner.test")) },
      });
      const { caller } = await call(bed.inside, { ...bed.target(), port: 5070 }, hop, [PARTNER, ALICE]);
      for (const [target, status] of [
        [hop, 200],
        [elsewhere, 500],
      ] as const) {
        for (const remoteTarget of [
          `sip:bob@${target.host}:5061;transport=TLS`,
          `sip:bob@${target.host};transport=Tls`,
          `sips:bob@${target.host}:5061`,
          `SIPS:bob@${target.host}`,
          `sips:bob@${target.host}:5061;transport=tcp`,
        ]) {
          const dialog = new Dialog(bed.inside, { ...caller.state, remoteTarget }, 10);
          assert.equal((await dialog.request("INFO")).status, status, remoteTarget);
        }
      }
      assert.deepEqual(
        hop.received.filter(({ method }) => method === "INFO").map(({ transport }) => transport),
        ["tls", "tls", "tls", "tls", "tls"],
      );
      assert.deepEqual(
        elsewhere.received.filter(({ method }) => method === "INFO"),
        [],
      );
    });

    test("from UDP to UDP nothing changes where TLS is spoken too", async (t) => {
      const hop = await peer(t, {});
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": to(uri(hop)) },
      });
      await bothWays(await call(bed.inside, { ...bed.target(), port: 5070 }, hop, [PARTNER, ALICE]), [
        bed.inside,
        hop,
      ]);
    });
  });
}
