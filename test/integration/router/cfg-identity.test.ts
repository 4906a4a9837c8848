/** P-Asserted-Identity and its kin: RFC 3325, in both directions, in dialogs and in answers. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, type Header, type SipMessage } from "../../support/sip/message.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";

const BOB = "sip:bob@partner.test";
const ALICE = `sip:alice@${LOCAL}`;
const SHOWN: readonly Header[] = [
  ["P-Asserted-Identity", `"Alice" <${ALICE}>`],
  ["P-Asserted-Identity", "<tel:+4930123>"],
  ["P-Preferred-Identity", `<${ALICE}>`],
  ["Remote-Party-ID", `<${ALICE}>;privacy=off`],
];
const METHODS = ["MESSAGE", "INVITE"] as const;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, identity`, () => {
    let bed: RouterBed;
    let hop: UserAgent;
    let other: UserAgent;
    before(async () => {
      bed = await RouterBed.open(binary);
      [hop, other] = await Promise.all([bed.open(101), bed.open(102)]);
    });
    after(() => bed.close());
    beforeEach(async () => {
      await bed.router.rpc("htable.flush", "down");
      for (const agent of [hop, other, bed.platform]) agent.handler = () => ({ status: 200 });
    });

    const known = { "partner.test": "A|partner.test" };
    const shown = (message: SipMessage | undefined): string[] => {
      assert.ok(message);
      return ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"].flatMap((name) =>
        headers(message, name).map((value) => `${name}: ${value}`),
      );
    };
    const sent = (agent: UserAgent, method: string): string[] =>
      shown(agent.received.findLast((request) => request.method === method));
    const TRUSTED = SHOWN.filter(([name]) => name !== "P-Preferred-Identity").map(
      ([name, value]) => `${name}: ${value}`,
    );

    test("what the outside says of identities is removed", async () => {
      await bed.program();
      for (const method of METHODS) {
        assert.equal((await bed.fromOutside(ALICE, { method, headers: SHOWN })).status, 200);
        assert.deepEqual(sent(bed.platform, method), [], method);
      }
    });

    test("identities leave to trusted next hops alone, and preferred ones to nobody", async () => {
      for (const [mark, expected] of [
        ["", []],
        [";id", TRUSTED],
      ] as const) {
        await bed.program({ names: known, sets: { "partner.test": to(`${uri(hop)}${mark}`) } });
        for (const method of [...METHODS, ...METHODS]) {
          assert.equal((await bed.fromInside(BOB, { method, headers: SHOWN })).status, 200);
          assert.deepEqual(sent(hop, method), expected, `${method} ${mark}`);
        }
      }
    });

    test("never with Privacy: id", async () => {
      await bed.program({ names: known, sets: { "partner.test": to(`${uri(hop)};id`) } });
      const send = async (privacy: string): Promise<string[]> => {
        assert.equal((await bed.fromInside(BOB, { headers: [...SHOWN, ["Privacy", privacy]] })).status, 200);
        return sent(hop, "MESSAGE");
      };
      for (const privacy of ["id", "header;id", "ID; critical"])
        assert.deepEqual(await send(privacy), [], privacy);
      for (const privacy of ["none", "header", "identity"])
        assert.deepEqual(await send(privacy), TRUSTED, privacy);
    });

    test("each next hop is asked for itself when one fails", async () => {
      hop.handler = () => ({ status: 503 });
      for (const method of METHODS) {
        for (const [first, second, expected] of [
          [";id", "", []],
          ["", ";id", TRUSTED],
        ] as const) {
          await bed.router.rpc("htable.flush", "down");
          await bed.program({
            names: known,
            sets: { "partner.test": to(`${uri(hop)}${first}`, `${uri(other)}${second}`) },
          });
          assert.equal((await bed.fromInside(BOB, { method, headers: SHOWN })).status, 200);
          assert.deepEqual(sent(other, method), expected, `${method} ${second}`);
        }
      }
      await bed.program({
        names: known,
        sets: { "partner.test": to("sip:192.0.2.1:5060;transport=udp;id", uri(other)) },
      });
      assert.equal((await bed.fromInside(BOB, { headers: SHOWN })).status, 200);
      assert.deepEqual(sent(other, "MESSAGE"), [], "after one that could not be sent to");
    });

    test("inside they stay, but not on the way out by a route for users", async () => {
      const all = SHOWN.map(([name, value]) => `${name}: ${value}`);
      await bed.program();
      assert.equal((await bed.fromInside(ALICE, { headers: SHOWN })).status, 200);
      assert.deepEqual(sent(bed.platform, "MESSAGE"), all);
      await bed.program({ shapes: "5=,5;", sets: { "@alice": to(uri(hop)) } });
      assert.equal((await bed.fromInside(ALICE, { headers: SHOWN })).status, 200);
      assert.deepEqual(sent(hop, "MESSAGE"), []);
    });

    test("answers show them to the inside by the inside alone", async () => {
      await bed.program({ names: known, sets: { "partner.test": to(`${uri(hop)};id`) } });
      hop.handler = bed.platform.handler = () => ({ status: 200, headers: SHOWN });
      assert.deepEqual(shown(await bed.fromInside(BOB)), [], "from the outside");
      assert.deepEqual(shown(await bed.fromOutside(ALICE)), [], "to the outside");
      assert.equal(shown(await bed.fromInside(ALICE)).length, SHOWN.length, "within");
    });

    test("inside a dialog they neither come nor leave", async () => {
      await bed.program();
      const invite = bed.outside.send({ method: "INVITE", uri: ALICE, target: bed.target(), from: BOB });
      const answer = await invite.final;
      const caller = Dialog.ofCaller(bed.outside, invite.request, answer);
      await caller.ack();
      const received = bed.platform.received.findLast(({ method }) => method === "INVITE");
      assert.ok(received);
      const callee = Dialog.ofCallee(bed.platform, received, header(answer, "To"));
      assert.equal((await caller.request("INFO", { headers: SHOWN })).status, 200);
      assert.deepEqual(sent(bed.platform, "INFO"), []);
      assert.equal((await callee.request("INFO", { headers: SHOWN })).status, 200);
      assert.deepEqual(sent(bed.outside, "INFO"), []);
    });
  });
}
