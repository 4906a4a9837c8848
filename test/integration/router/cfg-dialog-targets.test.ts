/** Where a Contact or a Route of a peer may lead inside a dialog, however it is written. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { call } from "../../support/call.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";

const BOB = "sip:bob@partner.test";
const REFUSED = [
  ...["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"],
  ...["::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8"],
];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, targets inside dialogs`, () => {
    let bed: RouterBed;
    let peer: UserAgent;
    let victim: UserAgent;
    before(async () => {
      bed = await RouterBed.open(binary);
    });
    after(() => bed.close());

    /** A call to the outside, whose peer is in a network that settings allow. */
    async function callOut(t: TestContext): Promise<Dialog> {
      [peer, victim] = [await bed.peer(t), await bed.peer(t, 1)];
      await bed.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
      await bed.router.write([`targets|${REFUSED.join(",")}|${peer.host}/32`]);
      const from = `sip:alice@${LOCAL}`;
      const options = { caller: bed.inside, callee: peer, target: bed.target(), uri: BOB, from };
      return (await call(options)).caller;
    }

    /** The same dialog when the peer has named another target, or another route. */
    const led = (dialog: Dialog, remoteTarget: string, more: readonly string[] = [], cseq = 10): Dialog =>
      new Dialog(
        bed.inside,
        { ...dialog.state, remoteTarget, routes: [...dialog.state.routes, ...more] },
        cseq,
      );

    /** Every way to write an IPv4 address that some resolver knows. */
    const spellings = (host: string): string[] => {
      const [a = 0, b = 0, c = 0, d = 0] = host.split(".").map(Number);
      const number = ((a * 256 + b) * 256 + c) * 256 + d;
      const hex = (n: number): string => n.toString(16);
      return [
        host,
        `${host}.`,
        String(number),
        `0x${hex(number)}`,
        `0X${hex(number).toUpperCase()}`,
        `0${a.toString(8)}.${b}.${c}.${d}`,
        `${a}.${b}.${c * 256 + d}`,
        `[::ffff:${host}]`,
        `[::FFFF:${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
        `[0:0:0:0:0:ffff:${host}]`,
        `[::${host}]`,
        `%3${String(a)[0] ?? ""}${host.slice(1)}`,
      ];
    };

    test("no spelling of a refused address, and no name of it, is sent to", async (t) => {
      const dialog = await callOut(t);
      const hosts = [
        ...spellings(victim.host),
        ...[
          "localhost",
          "LOCALHOST",
          "LocalHost.",
          "[::1]",
          "[0:0:0:0:0:0:0:1]",
          "127.0.0.1",
          "127.1",
          "2130706433",
        ],
        ...[
          "0.0.0.0",
          "0",
          "[::]",
          "169.254.169.254",
          "[fe80::1]",
          "[fe80::1%lo]",
          "224.0.1.75",
          "[ff02::1]",
        ],
        ...["255.255.255.255", "240.0.0.1"],
      ];
      let cseq = 10;
      for (const host of hosts) {
        for (const parameters of ["", ";transport=tcp", `;maddr=${victim.host}`]) {
          const target = `sip:bob@${host}:5060${parameters}`;
          const toContact = led(dialog, target, [], (cseq += 3));
          const { status } = await toContact.request("INFO");
          assert.ok([400, 403, 404, 500].includes(status), `${target}: ${status}`);
          await toContact.ack();
          // A Route that nobody can read is as if it were not there
          const byRoute = led(dialog, uri(peer), [`<${target};lr>`], cseq);
          const unread = host.includes("%") ? [200] : [];
          const routed = await byRoute.request("INFO");
          assert.ok(
            [400, 403, 404, 500, ...unread].includes(routed.status),
            `Route ${target}: ${routed.status}`,
          );
          await byRoute.ack();
        }
      }
      assert.equal((await dialog.request("INFO")).status, 200); // comes after the ACKs
      assert.deepEqual(victim.received, []);
    });

    test("an address gets 403, a name that leads nowhere 500", async (t) => {
      const dialog = await callOut(t);
      const status = async (target: string): Promise<number> =>
        (await led(dialog, target).request("INFO")).status;
      assert.equal(await status(uri(victim)), 403);
      assert.equal(await status(uri(victim, "tcp")), 403);
      assert.equal(await status("sip:bob@localhost:5070"), 403);
      assert.equal(await status("sip:bob@nowhere.invalid"), 500);
    });

    test("nobody reaches this system itself, not by its numbers and names either, even where its network is allowed", async (t) => {
      const dialog = await callOut(t);
      await bed.router.write([`targets|${REFUSED.join(",")}|127.0.0.0/8`]);
      let cseq = 10;
      for (const port of [bed.ports.sip, ...Object.values(PORTS)]) {
        for (const host of spellings(bed.router.host)) {
          const astray = led(dialog, `sip:x@${host}:${port};transport=tcp`, [], (cseq += 2));
          const { status } = await astray.request("INFO");
          assert.ok([400, 403, 404, 500].includes(status), `${host}:${port}: ${status}`);
        }
      }
      const { status } = await led(dialog, `sip:x@${bed.router.host}:${bed.ports.sip}`).request("INFO");
      assert.equal(status, 404);
    });

    test("what settings allow, and the inside, is reached as before", async (t) => {
      const dialog = await callOut(t);
      assert.equal((await led(dialog, uri(peer)).request("INFO")).status, 200);
      assert.equal((await led(dialog, uri(bed.platform)).request("INFO")).status, 200);
      await bed.router.write([`targets|${REFUSED.join(",")}|${peer.host}/32,${victim.host}/32`]);
      assert.equal((await led(dialog, uri(victim), [], 20).request("INFO")).status, 200);
    });

    test("the inside's end of a dialog is reached also in a refused network", async (t) => {
      const gateway = await bed.peer(t, 6);
      await bed.program({ sets: { [LOCAL]: to(uri(gateway)) } });
      await bed.router.write([`targets|${REFUSED.join(",")}|`]);
      const { caller, callee } = await call({
        caller: bed.outside,
        callee: gateway,
        target: bed.target(),
        uri: `sip:alice@${LOCAL}`,
        from: BOB,
      });
      assert.equal((await caller.request("INFO")).status, 200);
      assert.equal((await callee.request("INFO")).status, 403, "the caller is in a network that is refused");
      await bed.router.write([`targets|${REFUSED.join(",")}|${bed.outside.host}/32`]);
      assert.equal((await callee.request("BYE")).status, 200);
    });

    test("without networks in the table none is refused", async (t) => {
      const dialog = await callOut(t);
      await bed.router.write(["targets"]);
      assert.equal((await led(dialog, uri(victim)).request("INFO")).status, 200);
    });
  });
}
