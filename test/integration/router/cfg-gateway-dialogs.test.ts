/** Subscriptions between the inside and the XMPP gateway, both ways. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { closeGateway, GATEWAY_ENV, openGateway } from "../../support/gateway-double.ts";
import { inward, JULIET, outward } from "../../support/gateway-subscriptions.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import { header, headers, type Header } from "../../support/sip/message.ts";
import type { ReceivedRequest, UserAgent } from "../../support/sip/user-agent.ts";

const ALICE = `sip:alice@${LOCAL}`;
const KEY = "6b6579";
const TIMEOUT_MS = 700;

for (const binary of kamailioBinaries())
  for (const insideListener of [false, true]) {
    const where = insideListener ? ", a listener for the inside" : "";
    describe(`Kamailio ${binary.version}, dialogs with the XMPP gateway${where}`, () => {
      let bed: RouterBed;
      before(async () => {
        const env = { ...GATEWAY_ENV, GATEWAY_TIMEOUT_MS: String(TIMEOUT_MS) };
        bed = await RouterBed.open(binary, { env, insideListener });
      });
      after(() => bed.close());

      async function program(flag = "X", table: Parameters<RouterBed["program"]>[0] = {}): Promise<void> {
        const names = { "xmpp.test": `${flag}|`, "sip.test": "A|" };
        await bed.program({ names, sets: { "*": to(uri(bed.outside)), ...table.sets } });
        await bed.router.write([`key|${KEY}|3600`, `targets|127.0.0.0/8|${bed.outside.host}/32`]);
      }

      async function stage(t: TestContext): Promise<UserAgent> {
        await program();
        return openGateway(t, bed);
      }

      const state = (value: string): { headers: readonly Header[] } => ({
        headers: [
          ["Event", "presence"],
          ["Subscription-State", value],
        ],
      });
      const expires = (value: number): { headers: readonly Header[] } => ({
        headers: [["Expires", String(value)]],
      });
      const status = async (...args: [Dialog, ...Parameters<Dialog["request"]>]): Promise<number> => {
        const [dialog, ...request] = args;
        return (await dialog.request(...request)).status;
      };

      test("the inside subscribes, is notified, refreshes and ends", async (t) => {
        const gateway = await stage(t);
        const { subscriber, notifier, subscribe } = await outward(bed, gateway);
        const [far, near] = headers(subscribe, "Record-Route");
        const port = insideListener ? bed.ports.inside : bed.ports.sip;
        assert.match(far ?? "", new RegExp(`^<sip:${bed.router.host}:8067;transport=tcp;lr;r2=on;mark=g`));
        assert.match(near ?? "", new RegExp(`^<sip:${bed.router.host}:${port};lr;r2=on;mark=g`));
        const identity: readonly Header[] = [["P-Asserted-Identity", `<${ALICE}>`]];
        assert.equal(await status(notifier, "NOTIFY", state("active")), 200);
        assert.equal(await status(subscriber, "SUBSCRIBE", { headers: identity }), 200);
        assert.equal(await status(notifier, "NOTIFY", state("terminated")), 200);
        assert.equal(await status(subscriber, "SUBSCRIBE", expires(0)), 200);
        assert.deepEqual(
          gateway.received.map(({ method, transport }) => `${method} ${transport}`),
          ["SUBSCRIBE tcp", "SUBSCRIBE tcp", "SUBSCRIBE tcp"],
        );
        assert.ok(gateway.received.every((it) => !it.headers.some(([name]) => name.startsWith("P-"))));
        assert.ok(gateway.received.every((it) => headers(it, "Route").length === 0));
        const told = bed.inside.received.filter(({ method }) => method === "NOTIFY").slice(-2);
        assert.ok(told.every((it) => it.uri === subscriberContact(subscribe)));
        assert.equal(told.length, 2);
      });

      test("the gateway subscribes, is notified, refreshes and ends", async (t) => {
        const gateway = await stage(t);
        const { subscriber, notifier, subscribe } = await inward(bed, gateway);
        assert.equal(headers(subscribe, "Record-Route").length, 2);
        assert.equal(await status(notifier, "NOTIFY", state("pending")), 200);
        assert.equal(await status(subscriber, "SUBSCRIBE"), 200);
        assert.equal(await status(notifier, "NOTIFY", state("active")), 200);
        assert.equal(await status(subscriber, "SUBSCRIBE", expires(0)), 200);
        assert.deepEqual(
          gateway.received.map(({ method, transport }) => `${method} ${transport}`),
          ["NOTIFY tcp", "NOTIFY tcp"],
        );
      });

      test("a NOTIFY that comes before the 2xx opens the dialog", async (t) => {
        const gateway = await stage(t);
        let early: Promise<number> | undefined;
        gateway.handler = (request) => {
          const notifier = Dialog.ofCallee(gateway, request, `${header(request, "To")};tag=early`);
          early ??= status(notifier, "NOTIFY", state("active"));
          return { status: 202, headers: [["To", `${header(request, "To")};tag=early`]] };
        };
        const { subscriber } = await outward(bed, gateway).catch(() => outwardBy(gateway));
        assert.equal(await early, 200);
        const notify = bed.inside.received.findLast(({ method }) => method === "NOTIFY");
        assert.ok(notify && headers(notify, "Record-Route").length === 2);
        const watcher = Dialog.ofCallee(bed.inside, notify, header(notify, "To"));
        assert.equal(await status(watcher, "SUBSCRIBE"), 202);
        assert.equal(await status(subscriber, "SUBSCRIBE"), 202);
      });

      test("its errors come back; away or silent it is 480", async (t) => {
        const gateway = await stage(t);
        const { subscriber } = await outward(bed, gateway);
        for (const code of [403, 481, 489]) {
          gateway.handler = () => ({ status: code });
          assert.equal(await status(subscriber, "SUBSCRIBE"), code);
        }
        gateway.handler = () => undefined;
        assert.equal(await status(subscriber, "SUBSCRIBE"), 480);
        await closeGateway(gateway);
        assert.equal(await status(subscriber, "SUBSCRIBE"), 480);
      });

      test("blocked meanwhile: either side may end what it has, and nothing else", async (t) => {
        const gateway = await stage(t);
        const [out, into] = [await outward(bed, gateway), await inward(bed, gateway)];
        await program("B");
        for (const { subscriber, notifier } of [out, into]) {
          assert.equal(await status(subscriber, "SUBSCRIBE"), 403);
          assert.equal(await status(subscriber, "MESSAGE"), 403);
          assert.equal(await status(notifier, "NOTIFY", state("active;expires=60")), 403);
          assert.equal(await status(notifier, "NOTIFY", state("terminated")), 200);
          assert.equal(await status(subscriber, "SUBSCRIBE", expires(0)), 200);
        }
      });

      test("known over SIP meanwhile, or forgotten while closed: the dialog goes on", async (t) => {
        const gateway = await stage(t);
        const [out, into] = [await outward(bed, gateway), await inward(bed, gateway)];
        for (const change of [() => program("A"), () => bed.program({ open: false })]) {
          await change();
          for (const { subscriber, notifier } of [out, into]) {
            assert.equal(await status(subscriber, "SUBSCRIBE"), 200);
            assert.equal(await status(notifier, "NOTIFY", state("active")), 200);
          }
        }
      });

      test("after a restart of router and gateway, with the same key", async (t) => {
        const gateway = await stage(t);
        const [out, into] = [await outward(bed, gateway), await inward(bed, gateway)];
        await closeGateway(gateway);
        await bed.router.restart();
        const next = await stage(t);
        const resumed = (dialog: Dialog): Dialog => new Dialog(next, dialog.state, 50);
        assert.equal(await status(out.subscriber, "SUBSCRIBE"), 200);
        assert.equal(await status(resumed(out.notifier), "NOTIFY", state("active")), 200);
        assert.equal(await status(resumed(into.subscriber), "SUBSCRIBE"), 200);
        assert.equal(await status(into.notifier, "NOTIFY", state("active")), 200);
        assert.deepEqual(
          next.received.map(({ method }) => method),
          ["SUBSCRIBE", "NOTIFY"],
        );
      });

      test("an end of the inside that no setting knows is inside by its dialog", async (t) => {
        const gateway = await stage(t);
        const hidden = await bed.peer(t, 4);
        await program("X", { sets: { [LOCAL]: to(uri(hidden)) } });
        const { subscriber, notifier } = await inward(bed, gateway, hidden);
        assert.equal(await status(notifier, "NOTIFY", state("active")), 200);
        assert.equal(await status(subscriber, "SUBSCRIBE"), 200);
        assert.deepEqual(
          gateway.received.map(({ method }) => method),
          ["NOTIFY"],
        );
      });

      /** A subscription whose answer is 202. */
      async function outwardBy(gateway: UserAgent): Promise<{ subscriber: Dialog }> {
        const parts = { method: "SUBSCRIBE", uri: JULIET, target: bed.target(), from: ALICE };
        const sent = bed.inside.send(parts);
        const answer = await sent.final;
        assert.equal(answer.status, 202);
        assert.ok(gateway.received.length > 0);
        return { subscriber: Dialog.ofCaller(bed.inside, sent.request, answer) };
      }
    });
  }

function subscriberContact(subscribe: ReceivedRequest): string {
  return /<([^>]*)>/.exec(header(subscribe, "Contact"))?.[1] ?? "";
}
