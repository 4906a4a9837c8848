/** Requests that are written to look like something else: hops, names of our own, mismatched headers, odd spellings. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { call } from "../../support/call.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { header } from "../../support/sip/message.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";

const ALICE = `sip:alice@${LOCAL}`;
const BOB = "sip:bob@partner.test";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, evasions`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, {
        env: { ADVERTISED_IPV4: "Edge.Example.ORG:5099", OWN_HOSTS: "sip.example.org" },
      });
    });
    after(() => bed.close());

    /** The next hop of every other domain. */
    async function partner(t: TestContext): Promise<UserAgent> {
      const peer = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
      return peer;
    }

    /** Ways to write this system itself that are names or addresses of it. */
    const ourselves = (): string[] => [
      ...[bed.router.host, `${bed.router.host}.`, `${bed.router.host}:${PORTS.control}`],
      ...["edge.example.org", "EDGE.example.org.", "edge.example.org:5099", "SIP.Example.Org."],
      ...["localhost", "LOCALHOST.", `localhost:${PORTS.rpc}`],
    ];

    test("Max-Forwards ends a request inside a dialog too, however it is written, and is never raised", async (t) => {
      const peer = await partner(t);
      const options = { caller: bed.inside, callee: peer, target: bed.target(), uri: BOB, from: ALICE };
      const { caller } = await call(options);
      const send = async (value: string): Promise<string> => {
        const { status } = await caller.request("INFO", { headers: [["Max-Forwards", value]] });
        const received = peer.received.at(-1);
        return status === 200 && received ? header(received, "Max-Forwards") : String(status);
      };
      const outcomes: Record<string, string> = {};
      const values = ["1", "70", "255", "256", "0", "00", "4294967296", "-1", "x", "0x10", "1 1", ""];
      for (const value of values) outcomes[value] = await send(value);
      const [passed, refused] = [values.slice(0, 4), values.slice(4)];
      assert.deepEqual(
        passed.map((value) => outcomes[value]),
        ["0", "69", "254", "255"],
      );
      assert.deepEqual(
        refused.filter((value) => outcomes[value] !== "483"),
        [],
      );
    });

    test("the last hop is told to nobody who may not go on", async (t) => {
      const peer = await partner(t);
      const headers = [["Max-Forwards", "0"]] as const;
      for (const requestUri of [BOB, uri(peer), "sip:x@nowhere.test", ALICE]) {
        assert.equal((await bed.fromOutside(requestUri, { headers })).status, 483, requestUri);
      }
      assert.deepEqual(peer.received, []);
    });

    test("our own names lead nowhere: from the outside 403, from the inside 404", async (t) => {
      const peer = await partner(t);
      for (const host of ourselves()) {
        const requestUri = `sip:alice@${host}`;
        assert.equal((await bed.fromOutside(requestUri)).status, 403, requestUri);
        assert.equal((await bed.fromInside(requestUri)).status, 404, requestUri);
      }
      assert.deepEqual(peer.received, []);
    });

    test("a number that some resolver takes for an address is a foreign domain like any other", async (t) => {
      const peer = await partner(t);
      const hosts = ["2130706433", "0x7f000001", "127.1", `[::ffff:${bed.router.host}]`];
      for (const host of hosts) {
        assert.equal((await bed.fromOutside(`sip:alice@${host}`)).status, 403, host);
        assert.equal((await bed.fromInside(`sip:alice@${host}`)).status, 200, host);
      }
      assert.deepEqual(
        peer.received.map((it) => it.uri),
        hosts.map((host) => `sip:alice@${host}`),
      );
    });

    test("an escaped host, or one with too many dots, is no host: 400", async (t) => {
      const peer = await partner(t);
      const before = bed.platform.received.length;
      const hosts = [
        ...["local%2Etest", "%6Cocal.test", "local.test%00.partner.test", "partner%2Etest"],
        ...["local..test", ".local.test", "local.test.."],
      ];
      for (const host of hosts) {
        assert.equal((await bed.fromOutside(`sip:alice@${host}`)).status, 400, host);
        assert.equal((await bed.fromInside(`sip:alice@${host}`)).status, 400, host);
      }
      assert.deepEqual(peer.received, []);
      assert.equal(bed.platform.received.length, before);
    });

    test("nobody out there is us, however From writes it", async (t) => {
      await partner(t);
      const before = bed.platform.received.length;
      const values = [
        ...[
          `<sip:x@${LOCAL}>`,
          `sip:x@${LOCAL}`,
          `<SIP:x@${LOCAL}>`,
          `<sips:${LOCAL}>`,
          "<sip:x@LOCAL.Test.>",
        ],
        ...[`"x" <sip:x@${LOCAL}:5070;transport=tcp>`, `"<sip:x@partner.test>" <sip:x@${LOCAL}>`],
        ...[`<sip:x:partner.test@${LOCAL}>`],
      ];
      for (const value of values) {
        const { status } = await bed.fromOutside(ALICE, { headers: [["From", `${value};tag=z`]] });
        assert.equal(status, 403, value);
      }
      const ambiguous = [`<sip:x@partner.test@${LOCAL}>`, `<sip:x@${LOCAL}?h=sip:y@partner.test>`];
      for (const value of ambiguous) {
        const { status } = await bed.fromOutside(ALICE, { headers: [["From", `${value};tag=z`]] });
        assert.equal(status, 400, value);
      }
      assert.equal(bed.platform.received.length, before);
    });

    test("a user part that looks like a domain is none", async (t) => {
      const peer = await partner(t);
      await bed.program({
        open: false,
        sets: { "*": to(uri(peer)) },
        names: { "blocked.test": "B|", "partner.test": "A|" },
      });
      const status = async (from: string): Promise<number> =>
        (await bed.fromOutside(ALICE, { headers: [["From", `${from};tag=z`]] })).status;
      assert.equal(await status(`<sip:${LOCAL}@partner.test>`), 200);
      assert.equal(await status(`<sip:x%40${LOCAL}@partner.test>`), 200);
      assert.equal(await status("<sip:partner.test@blocked.test>"), 403);
      assert.equal(await status("<sip:x%40partner.test@BLOCKED.test.>"), 403);
      assert.equal(await status("<sip:x%40partner.test@unknown.test>"), 403);
    });

    test("To decides nothing outside of dialogs: Request-URI and From do", async (t) => {
      const peer = await partner(t);
      const before = bed.platform.received.length;
      const others = [`<${BOB}>`, "<sip:alice@other.test>", `<sip:x@${bed.router.host}>`, "<tel:+1>"];
      for (const value of others)
        assert.equal((await bed.fromOutside(ALICE, { to: value })).status, 200, value);
      assert.equal(bed.platform.received.length, before + others.length);
      for (const value of [`<${ALICE}>`, "<sip:x@blocked.test>"]) {
        assert.equal((await bed.fromOutside(BOB, { to: value })).status, 403, value);
        assert.equal((await bed.fromInside(BOB, { to: value })).status, 200, value);
      }
      assert.ok(peer.received.every((it) => it.uri === BOB));
    });

    test("in a dialog neither From nor To nor Request-URI lead elsewhere than the dialog", async (t) => {
      const victim = await bed.peer(t, 1);
      await partner(t);
      const sent = bed.outside.send({ method: "INVITE", uri: ALICE, target: bed.target(), from: BOB });
      const answer = await sent.final;
      const tagged = (value: string, of: string): string => `<${value}>${/;tag=.*/.exec(of)?.[0] ?? ""}`;
      const from = header(sent.request, "From");
      const toValue = header(answer, "To");
      const routes = answer.headers.filter(([name]) => name === "Record-Route").toReversed();
      const inDialog = (requestUri: string, fromUri: string, toUri: string) =>
        bed.outside.request({
          method: "INFO",
          uri: requestUri,
          target: bed.target(),
          to: tagged(toUri, toValue),
          headers: [
            ["From", tagged(fromUri, from)],
            ["Call-ID", header(answer, "Call-ID")],
            ...routes.map(([, value]) => ["Route", value] as const),
          ],
        });
      const before = bed.platform.received.length;
      assert.equal((await inDialog(uri(victim), ALICE, uri(victim))).status, 403);
      assert.equal((await inDialog(BOB, BOB, BOB)).status, 403);
      assert.equal((await inDialog(uri(bed.platform), "sip:x@other.test", uri(victim))).status, 200);
      assert.equal(bed.platform.received.length, before + 1);
      assert.deepEqual(victim.received, []);
    });
  });
}
