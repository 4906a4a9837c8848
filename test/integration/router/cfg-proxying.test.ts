/** What any SIP proxy does: RFC 3261 §16, RFC 4320, RFC 6026. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { buildRequest, buildResponse, randomToken } from "../../support/sip/build.ts";
import { header, headers, serialise, tagOf, type Header } from "../../support/sip/message.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";

const BOB = "sip:bob@partner.test";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, proxying`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, { env: { NON_INVITE_TIMEOUT_MS: "6000" } });
    });
    after(() => bed.close());

    async function partner(t: TestContext): Promise<UserAgent> {
      const peer = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
      return peer;
    }

    test("unknown methods, headers and bodies pass unchanged", async (t) => {
      const peer = await partner(t);
      const body = "\u0000 grüße\r\n\r\nSIP/2.0 200 OK\r\n";
      const odd: Header[] = [
        ["X-Strange", 'a;b="c, \\" d"'],
        ["Content-Type", "application/x-unknown;p=1"],
        ["Subject", "grüße"],
        ["Accept", "*/*"],
      ];
      for (const method of ["STRANGE", "MESSAGE", "message", "INVITE"]) {
        assert.equal((await bed.fromInside(BOB, { method, headers: odd, body })).status, 200, method);
        const received = peer.received.findLast((it) => it.method === method);
        assert.ok(received, method);
        assert.equal(received.body, body);
        for (const [name, value] of odd) assert.equal(header(received, name), value);
      }
    });

    test("a message as long as a datagram may be passes over TCP, RFC 3261 §18.1.1", async (t) => {
      const peer = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(peer, "tcp")) }, names: { "partner.test": "A|" } });
      const body = "x".repeat(65_000);
      const { status } = await bed.fromInside(BOB, { target: bed.target("tcp"), body });
      assert.equal(status, 200);
      assert.equal(peer.received.at(-1)?.body, body);
    });

    test("Max-Forwards: decremented, 70 where there was none, 483 at 0, 400 where it is no number", async (t) => {
      const peer = await partner(t);
      const send = async (value: string): Promise<number> =>
        (await bed.fromInside(BOB, { headers: [["Max-Forwards", value]] })).status;
      assert.equal(await send("1"), 200);
      assert.equal(await send("255"), 200);
      assert.equal(await send("0"), 483);
      const without = buildRequest(
        { method: "MESSAGE", uri: BOB, from: `sip:a@${LOCAL}`, to: `<${BOB}>`, headers: [], body: "" },
        { host: bed.inside.host, port: 5060, transport: "udp" },
      );
      const kept = without.headers.filter(([name]) => name !== "Max-Forwards");
      await bed.inside.sendOnce({ ...without, headers: kept }, bed.target());
      await waitFor("the request", () => peer.received.length === 3);
      assert.deepEqual(
        peer.received.map((it) => header(it, "Max-Forwards")),
        ["0", "254", "70"],
      );
    });

    test("Proxy-Require: 420 with the extensions that it names", async (t) => {
      const peer = await partner(t);
      const refused = await bed.fromInside(BOB, { headers: [["Proxy-Require", "foo, bar"]] });
      assert.deepEqual([refused.status, header(refused, "Unsupported")], [420, "foo, bar"]);
      assert.deepEqual(peer.received, []);
    });

    test("its own Via on the way there, and not on the way back; 100 stays here", async (t) => {
      const peer = await partner(t);
      peer.handler = (_, provisional) => {
        provisional({ status: 100 });
        provisional({ status: 180 });
        return { status: 200 };
      };
      const sent = bed.inside.send({ method: "INVITE", uri: BOB, target: bed.target() });
      const answer = await sent.final;
      assert.equal(headers(peer.received[0] ?? answer, "Via").length, 2);
      assert.deepEqual(headers(answer, "Via").length, 1);
      assert.match(header(answer, "Via"), new RegExp(`${bed.inside.host}:5060;.*rport=5060`));
      assert.deepEqual(
        sent.provisional.map(({ status, reason }) => `${status} ${reason}`),
        ["100 Trying", "180 Test"],
      );
    });

    test("a non-INVITE draws 100 after 3.5 s and no other provisional answer, and never 408", async (t) => {
      const peer = await partner(t);
      peer.handler = (_, provisional) => {
        provisional({ status: 183 });
        return undefined;
      };
      const started = performance.now();
      const sent = bed.inside.send({ method: "MESSAGE", uri: BOB, target: bed.target() });
      await waitFor("100", () => sent.provisional.length > 0);
      const waited = performance.now() - started;
      assert.ok(waited > 3_400, `100 after ${waited} ms`);
      const answer = await sent.final;
      assert.deepEqual([answer.status, answer.reason], [500, "No Answer"]);
      assert.ok(sent.provisional.every(({ status }) => status === 100));
    });

    test("an answer without its transaction goes nowhere, but a marked 2xx to an INVITE", async (t) => {
      const peer = await partner(t);
      assert.equal((await bed.fromInside(BOB, { method: "INVITE" })).status, 200);
      const [invite] = peer.received;
      assert.ok(invite);
      const local = { host: peer.host, port: 5060, transport: "udp" as const };
      const answer = (branch: string, change: (text: string) => string = (it) => it): Buffer => {
        const response = serialise(buildResponse(invite, { status: 200 }, local, "late")).toString();
        return Buffer.from(change(response.replace(/branch=z9hG4bK[^;\r]+/, `branch=z9hG4bK${branch}`)));
      };
      const strays = [
        answer("a", (it) => it.replace(/Record-Route: [^\r]*\r\n/, "")),
        answer("b", (it) => it.replace(/;mark=o./, ";mark=o?")),
        answer("c", (it) => it.replace("SIP/2.0 200", "SIP/2.0 486")),
        answer("d", (it) => it.replace("1 INVITE", "1 MESSAGE")),
        answer(randomToken()),
      ];
      const before = bed.inside.strayResponses.length;
      for (const stray of strays) await peer.sendRaw(stray, bed.target());
      await waitFor("the marked one", () => bed.inside.strayResponses.length > before);
      assert.equal((await bed.fromInside(BOB)).status, 200);
      const arrived = bed.inside.strayResponses.slice(before);
      assert.deepEqual(
        arrived.map((it) => tagOf(header(it, "To"))),
        ["late"],
      );
    });

    test("TCP on either side, and many requests over one connection", async (t) => {
      const peer = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(peer, "tcp")) }, names: { "partner.test": "A|" } });
      // two workers that find no connection at the same moment open one each
      assert.equal((await bed.fromInside(BOB, { target: bed.target("tcp") })).status, 200);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          bed.fromInside(`sip:user${i}@partner.test`, { target: bed.target("tcp"), body: "x".repeat(3_000) }),
        ),
      );
      assert.deepEqual(
        answers.map(({ status, reason }) => `${status} ${reason}`),
        answers.map(() => "200 Test"),
      );
      assert.equal(new Set(peer.received.map((it) => `${it.transport} ${it.source.port}`)).size, 1);
      const connections = async (): Promise<number> =>
        ((await bed.router.rpc("core.tcp_info")) as { readonly opened_connections: number })
          .opened_connections;
      const before = await connections();
      peer.closeConnections();
      await waitFor("the router to notice", async () => (await connections()) < before);
      assert.equal(
        (await bed.fromInside(BOB, { target: bed.target("tcp") })).status,
        200,
        "over a new connection",
      );
    });
  });
}
