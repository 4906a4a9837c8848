/** Who may drive the router: HTTP and RPC on loopback alone, SIP on SIP listeners alone. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { createSocket } from "node:dgram";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { buildRequest } from "../../support/sip/build.ts";
import { serialise } from "../../support/sip/message.ts";
import { waitFor } from "../../support/wait-for.ts";

const ATTACK = JSON.stringify({ jsonrpc: "2.0", method: "htable.sets", params: ["t", "owned", "1"], id: 1 });

const HTTP = [
  `POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${ATTACK.length}\r\n\r\n${ATTACK}`,
  "GET /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
  "POST /verdict HTTP/1.1\r\nVia: SIP/2.0/TCP x\r\nContent-Length: 10\r\n\r\nown.test|D",
];

/** Sends bytes over TCP; everything that comes until the other side closes. */
async function exchange(host: string, port: number, data: string | Buffer): Promise<string> {
  const socket = connect({ host, port });
  socket.write(data);
  return text(socket);
}

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, control`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, { ipv6: true, insideListener: true });
      await bed.program();
    });
    after(() => bed.close());

    const request = (method: string, requestUri: string): Buffer =>
      serialise(
        buildRequest(
          { method, uri: requestUri, from: `sip:x@${LOCAL}`, to: `<${requestUri}>`, headers: [], body: "" },
          { host: bed.inside.host, port: 5060, transport: "tcp" },
        ),
      );

    test("no SIP listener speaks HTTP or RPC", async () => {
      for (const host of [bed.router.host, "::1"]) {
        for (const port of [bed.ports.sip, bed.ports.inside]) {
          for (const data of HTTP)
            assert.equal(await exchange(host, port, data), "", `${host} ${port} ${data}`);
        }
      }
      assert.equal((await bed.router.table("t")).has("owned"), false);
    });

    test("no SIP listener takes RPC over UDP", async () => {
      const socket = createSocket("udp4");
      for (const port of [bed.ports.sip, bed.ports.inside]) socket.send(ATTACK, port, bed.router.host);
      assert.equal((await bed.fromInside(`sip:${LOCAL}`, { method: "OPTIONS" })).status, 200);
      socket.close();
      assert.equal((await bed.router.table("t")).has("owned"), false);
    });

    test("health and control listeners do not speak SIP", async () => {
      for (const port of [PORTS.health, PORTS.control]) {
        for (const method of ["OPTIONS", "MESSAGE", "INVITE", "ACK", "BYE"]) {
          assert.equal(await exchange(bed.router.host, port, request(method, `sip:${LOCAL}`)), "");
        }
      }
      assert.deepEqual(bed.platform.received, []);
    });

    test("the health listener answers probes and nothing else", async () => {
      const get = async (path: string, init?: RequestInit): Promise<number> =>
        (await fetch(`http://${bed.router.host}:${PORTS.health}${path}`, init)).status;
      assert.equal(await get("/healthz"), 200);
      assert.equal(await get("/readyz"), 200);
      for (const path of ["/", "/status", "/table", "/verdict", "/sweep", "/healthz/x"]) {
        assert.equal(await get(path), 404, path);
      }
      assert.equal(await get("/RPC", { method: "POST", body: ATTACK }), 404);
      assert.equal((await bed.router.table("t")).has("owned"), false);
    });

    test("a write needs the ticket, and a ticket is good for one write", async () => {
      const { control } = bed.router;
      const refused = await control.write("nobody|1", ["a|1"]);
      assert.ok(!refused.ok && refused.status === 409);
      const head = refused.message;
      const written = await control.write(head, ["a|1", "b|x|y|z", "c|3"]);
      assert.ok(written.ok);
      assert.deepEqual(await control.write(head, ["a|2"]), { ok: false, status: 409, message: written.body });
      await bed.router.write(["c"]);
      const table = await bed.router.table("t");
      assert.deepEqual([table.get("a"), table.get("b"), table.has("c")], ["1", "x|y|z", false]);
    });

    test("an old epoch is swept, the one in force never", async () => {
      const epochOf = async (): Promise<string> => (await bed.router.control.status())?.epoch ?? "";
      const old = await epochOf();
      await bed.program({ names: { "partner.test": "A|" } });
      const now = await epochOf();
      assert.notEqual(old, now);
      assert.deepEqual((await bed.router.control.sweep(now)).ok, false);
      assert.ok((await bed.router.control.sweep(old)).ok);
      const keys = async (): Promise<string[]> => [...(await bed.router.table("t")).keys()];
      await waitFor("the sweep", async () => !(await keys()).some((key) => key.startsWith(`${old}/`)));
      assert.ok((await keys()).includes(`${now}/n/partner.test`));
      assert.ok((await keys()).includes("active"));
    });

    test("counters by method and outcome, relayed ones by direction; strange methods are one", async (t) => {
      const peer = await bed.peer(t);
      await bed.program({ sets: { "*": to(uri(peer)) }, names: { "a.test": "A|", "b.test": "B|" } });
      await bed.router.rpc("htable.flush", "cnt");
      for (const counter of ["messages_relayed", "messages_inbound"])
        await bed.router.rpc("cnt.reset", "script", counter);
      for (const method of ["MESSAGE", "INVITE", "FOO", "BAR"])
        await bed.fromInside("sip:x@a.test", { method });
      for (const domain of ["a.test", "b.test"]) await bed.fromInside(`sip:x@${domain}`);
      await bed.fromOutside("sip:x@a.test", { method: "SUBSCRIBE" });
      for (const method of ["MESSAGE", "MESSAGE", "MESSAGE", "SUBSCRIBE"])
        await bed.fromOutside(`sip:x@${LOCAL}`, { method, from: "sip:x@a.test" });
      for (const method of ["MESSAGE", "INVITE"]) await bed.fromInside(`sip:x@${LOCAL}`, { method });
      await bed.fromInside(`sip:${LOCAL}`, { method: "OPTIONS" });
      const expected = {
        "MESSAGE:relayed": 2,
        "MESSAGE:403": 1,
        "INVITE:relayed": 1,
        "OTHER:relayed": 2,
        "SUBSCRIBE:403": 1,
        "MESSAGE:relayed:inbound": 3,
        "SUBSCRIBE:relayed:inbound": 1,
        "MESSAGE:relayed:internal": 1,
        "INVITE:relayed:internal": 1,
        "OPTIONS:200": 1,
      };
      const counted = async (): Promise<object> => Object.fromEntries(await bed.router.counters());
      await waitFor("the counters", async () => isDeepStrictEqual(await counted(), expected));
    });
  });
}
