/** Where the targets and marks of dialogs with the XMPP gateway lead, and whom: it and the inside, and nobody else. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { call } from "../../support/call.ts";
import { markParameters, now } from "../../support/dialog-mark.ts";
import { fromGateway, GATEWAY_ENV, GATEWAY_PORTS, openGateway } from "../../support/gateway-double.ts";
import { inward, outward } from "../../support/gateway-subscriptions.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { headers, type Header } from "../../support/sip/message.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";

const ALICE = `sip:alice@${LOCAL}`;
const KEY = "6b6579";

for (const binary of kamailioBinaries())
  for (const insideListener of [false, true]) {
    const where = insideListener ? ", a listener for the inside" : "";
    describe(`Kamailio ${binary.version}, targets in dialogs with the XMPP gateway${where}`, () => {
      let bed: RouterBed;
      before(async () => {
        bed = await RouterBed.open(binary, { env: GATEWAY_ENV, insideListener });
        await bed.program({
          names: { "xmpp.test": "X|", "sip.test": "A|" },
          sets: { "*": to(uri(bed.outside)) },
        });
        await bed.router.write([`key|${KEY}|3600`, `targets|127.0.0.0/8|${bed.outside.host}/32`]);
      });
      after(() => bed.close());

      const stage = (t: TestContext): Promise<UserAgent> => openGateway(t, bed);
      const status = async (dialog: Dialog, method: string): Promise<number> =>
        (await dialog.request(method)).status;

      test("what the inside sends in such a dialog leads to the gateway alone", async (t) => {
        const gateway = await stage(t);
        const { subscriber } = await outward(bed, gateway);
        const led = (remoteTarget: string, more: readonly string[] = []): Dialog =>
          new Dialog(bed.inside, {
            ...subscriber.state,
            remoteTarget,
            routes: [...subscriber.state.routes, ...more],
          });
        const seen = bed.outside.received.length;
        for (const target of [
          `sip:x@${bed.outside.host}`,
          `sip:x@${bed.router.host}:${GATEWAY_PORTS.router};transport=tcp`,
          `sip:x@${bed.router.host}:8061;transport=tcp`,
          "sip:x@127.0.0.1:8066;transport=tcp",
          "sip:x@localhost:8066;transport=tcp",
          "sip:x@partner.test",
        ])
          assert.equal(await status(led(target), "SUBSCRIBE"), 403, target);
        const route = `<sip:${bed.outside.host};lr>`;
        assert.equal(await status(led(subscriber.state.remoteTarget, [route]), "SUBSCRIBE"), 403);
        assert.deepEqual([gateway.received.length, bed.outside.received.length], [1, seen]);
        const contact = subscriber.state.remoteTarget.replace("transport=tcp", "transport=udp");
        assert.equal(await status(led(contact), "SUBSCRIBE"), 200, "however it is written, over TCP");
        assert.equal(gateway.received.at(-1)?.transport, "tcp");
      });

      test("nobody outside has a part in it, whoever's mark he shows", async (t) => {
        const gateway = await stage(t);
        const { subscriber, notifier } = await outward(bed, gateway);
        for (const { state: known } of [subscriber, notifier]) {
          const { local, remote, callId, routes, remoteTarget } = known;
          for (const method of ["SUBSCRIBE", "MESSAGE", "INFO"]) {
            const headers: Header[] = [
              ["From", local],
              ["To", remote],
              ["Call-ID", callId],
              ["CSeq", `70 ${method}`],
              ...routes.map((route): Header => ["Route", route]),
            ];
            const stolen = { method, uri: remoteTarget, target: bed.target(), headers };
            assert.equal((await bed.outside.request(stolen)).status, 403);
          }
        }
        assert.equal(gateway.received.length, 1);
        assert.deepEqual(
          bed.inside.received.filter(({ method }) => method === "INFO" || method === "MESSAGE"),
          [],
        );
      });

      test("a peer of SIP that names the gateway as its target leads nobody there", async (t) => {
        const gateway = await stage(t);
        const options = { caller: bed.inside, callee: bed.outside, target: bed.target(), from: ALICE };
        const { caller } = await call({ ...options, uri: "sip:bob@sip.test" });
        const address = `${bed.router.host}:${GATEWAY_PORTS.gateway}`;
        for (const host of [address, `${bed.router.host}.:${GATEWAY_PORTS.gateway}`, "127.0.0.1:8066"]) {
          const led = new Dialog(bed.inside, {
            ...caller.state,
            remoteTarget: `sip:x@${host};transport=tcp`,
          });
          for (const method of ["MESSAGE", "SUBSCRIBE", "NOTIFY", "INFO"])
            assert.ok((await status(led, method)) >= 400, `${method} ${host}`);
        }
        const routed = new Dialog(bed.inside, {
          ...caller.state,
          routes: [...caller.state.routes, `<sip:${address};transport=tcp;lr>`],
        });
        assert.ok((await status(routed, "MESSAGE")) >= 400);
        assert.deepEqual(gateway.received, []);
      });

      test("the gateway has no part in dialogs of SIP, and leads nobody but the inside", async (t) => {
        const gateway = await stage(t);
        const { subscriber, subscribe } = await inward(bed, gateway);
        const led = new Dialog(gateway, { ...subscriber.state, remoteTarget: `sip:x@${bed.outside.host}` });
        const seen = bed.outside.received.length;
        assert.equal(await status(led, "SUBSCRIBE"), 403);
        const { callId, local } = subscriber.state;
        const tag = /tag=(.*)/.exec(local)?.[1] ?? "";
        const options = { key: KEY, until: now() + 60, callId, tag, inside: bed.outside.host };
        for (const kind of ["o", "i", "n"] as const) {
          const mark = markParameters({ ...options, kind });
          const route = headers(subscribe, "Record-Route")[1]?.replace(/mark=[^>]*/, mark) ?? "";
          const routes = [
            `<sip:${bed.router.host}:${GATEWAY_PORTS.router};transport=tcp;lr;r2=on;${mark}>`,
            route,
          ];
          const forged = new Dialog(gateway, { ...led.state, routes });
          assert.equal(await status(forged, "SUBSCRIBE"), 403, kind);
        }
        assert.equal(bed.outside.received.length, seen);
        assert.equal((await fromGateway(bed, gateway)).status, 200);
      });
    });
  }
