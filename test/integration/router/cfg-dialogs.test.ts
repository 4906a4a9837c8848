/** Dialogs through the real router: who is in their path, and by which addresses. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call as openCall, type Call } from "../../support/call.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { IPV6, LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { header, headers } from "../../support/sip/message.ts";
import { UserAgent, type SipTarget } from "../../support/sip/user-agent.ts";

const PARTNER = "sip:bob@partner.test";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, dialogs`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, { ipv6: true, insideListener: true });
    });
    after(() => bed.close());

    const call = (
      caller: UserAgent,
      target: SipTarget,
      callee: UserAgent,
      requestUri: string,
    ): Promise<Call> => {
      const from = caller === bed.outside ? PARTNER : `sip:alice@${LOCAL}`;
      return openCall({ caller, callee, target, uri: requestUri, from });
    };

    /** Requests of both sides arrive at the other, without the router's own routes. */
    async function bothWays({ caller, callee, invite }: Call, ends: [UserAgent, UserAgent]): Promise<void> {
      const dialogs = [caller, callee] as const;
      for (const method of ["INVITE", "INFO", "BYE"]) {
        for (const [i, dialog] of dialogs.entries()) {
          const { request, final } = dialog.send(method);
          assert.equal((await final).status, 200);
          const received = ends[1 - i]?.received.at(-1);
          assert.ok(received);
          assert.equal(header(received, "CSeq"), header(request, "CSeq"));
          assert.equal(header(received, "Call-ID"), header(invite, "Call-ID"));
          assert.deepEqual(headers(received, "Route"), []);
        }
      }
    }

    /** Record-Route values without their marks. */
    const recorded = ({ invite }: Call): string[] =>
      headers(invite, "Record-Route").map((value) =>
        value.replace(/;mark=[oin][0-9a-f]{32};in=[0-9a-f]{16};until=\d{10}/, ""),
      );

    const ours = (port: number, parameters: string, host = bed.router.host): string =>
      `<sip:${host}:${port}${parameters}>`;

    test("RFC 5658 §5: outbound, the outside's address first, then the inside's", async (t) => {
      const peer = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
      const made = await call(bed.inside, bed.target(), peer, PARTNER);
      const { sip, inside } = bed.ports;
      assert.deepEqual(recorded(made), [ours(sip, ";lr;r2=on"), ours(inside, ";lr;r2=on")]);
      assert.match(header(made.invite, "Via"), new RegExp(`^SIP/2.0/UDP ${bed.router.host}:${sip};`));
      await bothWays(made, [bed.inside, peer]);
    });

    test("inbound, over TCP on one side", async () => {
      await bed.program();
      const made = await call(bed.outside, bed.target("tcp"), bed.platform, `sip:alice@${LOCAL}`);
      const { sip, inside } = bed.ports;
      assert.deepEqual(recorded(made), [ours(inside, ";lr;r2=on"), ours(sip, ";transport=tcp;lr;r2=on")]);
      assert.match(header(made.invite, "Via"), new RegExp(`^SIP/2.0/UDP ${bed.router.host}:${inside};`));
      await bothWays(made, [bed.outside, bed.platform]);
    });

    test("between two of the inside one address is enough", async () => {
      await bed.program();
      const target = { ...bed.target(), port: bed.ports.inside };
      const made = await call(bed.inside, target, bed.platform, `sip:bob@${LOCAL}`);
      assert.deepEqual(recorded(made), [ours(bed.ports.inside, ";lr")]);
      await bothWays(made, [bed.inside, bed.platform]);
    });

    test("RFC 5658 §5: from IPv4 over UDP to IPv6 over TCP", async (t) => {
      const peer = await UserAgent.open({ host: IPV6, port: 0 });
      t.after(() => peer.close());
      await bed.program({ sets: { "*": to(uri(peer, "tcp")) }, names: { "partner.test": "A|" } });
      const made = await call(bed.inside, bed.target(), peer, PARTNER);
      const far = ours(bed.ports.sip, ";transport=tcp;lr;r2=on", `[${IPV6}]`);
      assert.deepEqual(recorded(made), [far, ours(bed.ports.inside, ";lr;r2=on")]);
      assert.match(header(made.invite, "Via"), new RegExp(`^SIP/2.0/TCP \\[${IPV6}\\]:${bed.ports.sip};`));
      await bothWays(made, [bed.inside, peer]);
    });

    test("advertised names take the place of addresses, and are ours when they come back", async (t) => {
      const named = await RouterBed.open(binary, {
        env: { ADVERTISED_IPV4: "sip.example.org:5099", INSIDE_ADVERTISED_IPV4: "sip.inside.example.org" },
      });
      t.after(() => named.close());
      const peer = await named.peer(t);
      await named.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
      const sent = named.inside.send({ method: "INVITE", uri: PARTNER, target: named.target() });
      const answer = await sent.final;
      const routes = headers(answer, "Record-Route").reverse();
      assert.match(routes[0] ?? "", /^<sip:sip\.inside\.example\.org;lr;r2=on;mark=o/);
      assert.match(routes[1] ?? "", /^<sip:sip\.example\.org:5099;lr;r2=on;mark=o/);
      const [invite] = peer.received;
      assert.match(header(invite ?? sent.request, "Via"), new RegExp(` ${named.router.host};`));
      const response = await named.inside.request({
        method: "BYE",
        uri: uri(peer),
        target: named.target(),
        to: header(answer, "To"),
        headers: [
          ["From", header(sent.request, "From")],
          ["Call-ID", header(answer, "Call-ID")],
          ["CSeq", "2 BYE"],
          ...routes.map((route) => ["Route", route] as const),
        ],
      });
      assert.equal(response.status, 200);
      assert.equal(peer.received.at(-1)?.method, "BYE");
    });
  });
}
