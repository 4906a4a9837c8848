/** Malformed, torturous and random input: the router answers or drops it, and goes on. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { buildRequest } from "../../support/sip/build.ts";
import { serialise } from "../../support/sip/message.ts";
import type { SipTransportName } from "../../support/sip/transport.ts";

/** Last number of an address in the inside network. */
const STRANGER = 11;

/** After RFC 4475; `host` is where answers go. */
function torture(host: string): Readonly<Record<string, string>> {
  const via = `Via: SIP/2.0/UDP ${host};branch=z9hG4bKtorture`;
  const rest = (method = "MESSAGE"): string =>
    `Max-Forwards: 70\r\nFrom: <sip:a@${LOCAL}>;tag=1\r\nTo: <sip:b@partner.test>\r\nCall-ID: t@x\r\nCSeq: 1 ${method}\r\n`;
  const message = (start: string, headers: string, end = "Content-Length: 0\r\n\r\n"): string =>
    `${start} SIP/2.0\r\n${headers}${end}`;
  const known = "MESSAGE sip:b@partner.test";
  return {
    "folding, tabs, compact and odd case": message(
      known,
      `v:  SIP  / 2.0\r\n /UDP\r\n    ${host};branch=z9hG4bKwsinv\r\nTO :\r\n <sip:b@partner.test>\r\nf: <sip:a@${LOCAL}>\r\n  ;tag = 98\r\nMaX-fOrWaRdS: 0068\r\ni: wsinv\r\ncseq: 0009\r\n  MESSAGE\r\n`,
    ),
    "escaped nulls": message("MESSAGE sip:null-%00-null@partner.test", `${via}\r\n${rest()}`),
    "raw null": message("MESSAGE sip:nu\u0000ll@partner.test", `${via}\r\n${rest()}`),
    "unterminated quoted string": message(known, `${via}\r\nFrom: "Mr. J. User <sip:a@x>;tag=1\r\n${rest()}`),
    "no Request-URI": message("MESSAGE", `${via}\r\n${rest()}`),
    "spaces in the Request-URI": message("MESSAGE sip:b@partner.test; lr", `${via}\r\n${rest()}`),
    "angle brackets around the Request-URI": message("MESSAGE <sip:b@partner.test>", `${via}\r\n${rest()}`),
    "negative Content-Length": message(known, `${via}\r\n${rest()}`, "Content-Length: -999\r\n\r\nbody"),
    "huge Content-Length": message(known, `${via}\r\n${rest()}`, "Content-Length: 99999999999\r\n\r\nbody"),
    "Content-Length beyond the datagram": message(
      known,
      `${via}\r\n${rest()}`,
      "Content-Length: 9999\r\n\r\nbody",
    ),
    "overlarge numbers": message(
      known,
      `${via}\r\n${rest()}Expires: 10000000000\r\nCSeq: 36893488147419103232 MESSAGE\r\n`,
    ),
    "huge Max-Forwards": message(known, `${via}\r\nMax-Forwards: 300000\r\n${rest()}`),
    "Max-Forwards that is no number": message(known, `${via}\r\n${rest().replace("70", "abc")}`),
    "other method in CSeq": message(known, `${via}\r\n${rest("INVITE")}`),
    "no headers at all": message(known, ""),
    "no Via": message(known, rest()),
    "no From": message(known, `${via}\r\n${rest().replace(/From.*\r\n/, "")}`),
    "no To": message(known, `${via}\r\n${rest().replace(/To.*\r\n/, "")}`),
    "no Call-ID": message(known, `${via}\r\n${rest().replace(/Call.*\r\n/, "")}`),
    "two Call-IDs": message(known, `${via}\r\n${rest()}Call-ID: another\r\n`),
    "unknown version": `${known} SIP/7.0\r\n${via}\r\n${rest()}\r\n`,
    "version 3 response": `SIP/3.0 200 OK\r\n${via}\r\n${rest()}\r\n`,
    "response with an overlarge status": `SIP/2.0 4294967301 better\r\n${via}\r\n${rest()}\r\n`,
    "response with a broken Via": `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.2:0:0;;=\r\n${rest()}\r\n`,
    "bad Via": message(known, `Via: SIP/2.0/UDP;;,;,,\r\n${via}\r\n${rest()}`),
    "Via to nowhere": message(known, `Via: SIP/2.0/UDP no-such-host.invalid;branch=z9hG4bKx\r\n${rest()}`),
    "a hundred Vias": message(known, `${`${via}\r\n`.repeat(100)}${rest()}`),
    "Route that is none": message(
      known,
      `${via}\r\nRoute: <,;>\r\nRoute: \r\n${rest().replace("To: <sip:b@partner.test>", "To: <sip:b@partner.test>;tag=2")}`,
    ),
    "Record-Route that is none": message(
      "INVITE sip:b@partner.test",
      `${via}\r\nRecord-Route: <,;>\r\n${rest("INVITE")}`,
    ),
    "long header": message(known, `${via}\r\nSubject: ${"x".repeat(50_000)}\r\n${rest()}`),
    "long URI": message(`MESSAGE sip:${"u".repeat(5_000)}@${"d".repeat(2_000)}.test`, `${via}\r\n${rest()}`),
    "long tag and Call-ID": message(
      known,
      `${via}\r\n${rest().replace("tag=1", `tag=${"t".repeat(8_000)}`)}`,
    ),
    "a name of many labels": message(`MESSAGE sip:b@${"a.".repeat(500)}test`, `${via}\r\n${rest()}`),
    "separators of the table in names": message("MESSAGE sip:b|A@x/n/y|*", `${via}\r\n${rest()}`),
    "pseudo-variables in names": message("MESSAGE sip:$(var(x))@$sht(t=>key).test", `${via}\r\n${rest()}`),
    "nothing but line ends": "\r\n\r\n\r\n",
    "nothing but zeros": "\u0000".repeat(500),
  };
}

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, garbage`, () => {
    let bed: RouterBed;
    /** Takes whatever comes, sends whatever a test wants; at an address of the inside network. */
    let stranger: Socket;
    before(async () => {
      bed = await RouterBed.open(binary);
      stranger = createSocket("udp4");
      stranger.bind(5060, bed.address(STRANGER));
      await once(stranger, "listening");
      const sets = { "*": to(uri({ host: bed.address(STRANGER), port: 5060 })) };
      await bed.program({ depth: 3, sets, names: { "partner.test": "A|" } });
    });
    after(() => {
      stranger.close();
      return bed.close();
    });

    async function send(data: Buffer, transport: SipTransportName): Promise<void> {
      const { host, port } = bed.target();
      if (transport === "udp") {
        stranger.send(data, port, host);
        return;
      }
      const socket = connect({ host, port, localAddress: bed.address(STRANGER) });
      socket.on("error", () => undefined); // the router may close it
      socket.resume().end(data);
      await once(socket, "close");
    }

    /** All workers: they take turns. */
    async function assertAlive(after: string): Promise<void> {
      for (const transport of ["udp", "tcp", "udp", "tcp"] as const) {
        const ping = { method: "OPTIONS", target: bed.target(transport), timeout: 3_000 };
        assert.equal((await bed.fromInside(`sip:${LOCAL}`, ping)).status, 200, after);
      }
      bed.router.assertRunning();
      const [bad] = /.*(?:BUG|CRITICAL|signal \d+).*/.exec(bed.router.log()) ?? [];
      assert.equal(bad, undefined, after);
    }

    test("RFC 4475 §3: torture messages", async () => {
      for (const [name, text] of Object.entries(torture(bed.address(STRANGER)))) {
        await send(Buffer.from(text), "udp");
        await send(Buffer.from(text), "tcp");
        await assertAlive(name);
      }
    });

    test("a broken request that can be answered is answered with 400", async () => {
      const answers = {
        "sip:b@": 400,
        "sip:b@[::zz]": 400,
        "sip:": 400,
        "sip:b@a..b": 400,
        "sip:b@a%2eb": 400,
      };
      for (const [requestUri, status] of Object.entries(answers)) {
        assert.equal((await bed.fromInside(requestUri)).status, status, requestUri);
      }
      assert.equal((await bed.fromInside("mailto:b@partner.test")).status, 416);
      const badLength = { headers: [["Content-Length", "17"] as const], body: "short" };
      assert.equal((await bed.fromInside("sip:b@partner.test", badLength)).status, 400);
    });

    test("a stranger does not fill the log", async () => {
      const before = bed.router.log().length;
      for (let n = 0; n < 50; n += 1) {
        for (const requestUri of [
          "mailto:b@partner.test",
          "sip:b@",
          "sip:b@[::zz]",
          "sip:b@a..b",
          "urn:service:sos",
        ]) {
          const { status } = await bed.fromOutside(requestUri, {
            from: n % 2 === 0 ? "sip:x" : "urn:service:sos",
          });
          assert.ok(status >= 400, requestUri);
        }
      }
      assert.equal(bed.router.log().length, before);
    });

    test("random changes of sound requests", async () => {
      const sound = (method: string): Buffer =>
        serialise(
          buildRequest(
            {
              method,
              uri: "sip:b@partner.test",
              from: `sip:a@${LOCAL}`,
              to: "<sip:b@partner.test>;tag=x",
              headers: [["Route", `<sip:${bed.router.host};lr;mark=o00>, <sip:b@x;lr>`]],
              body: "hello",
            },
            { host: bed.address(STRANGER), port: 5060, transport: "udp" },
          ),
        );
      const change = fc.record({
        method: fc.constantFrom("INVITE", "MESSAGE", "ACK", "CANCEL", "BYE", "OPTIONS"),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        remove: fc.nat({ max: 40 }),
        insert: fc.oneof(
          fc.uint8Array({ maxLength: 20 }),
          fc
            .constantFrom("\r\n", ":", ";", ",", "<", ">", '"', "@", "%", "[", "\u0000", "\r\n\r\n")
            .map((it) => Buffer.from(it)),
        ),
        transport: fc.constantFrom("udp" as const, "tcp" as const),
      });
      const property = fc.asyncProperty(
        fc.array(change, { minLength: 10, maxLength: 30 }),
        async (changes) => {
          for (const { method, at, remove, insert, transport } of changes) {
            const data = sound(method);
            const position = Math.floor(at * data.length);
            const changed = [data.subarray(0, position), insert, data.subarray(position + remove)];
            await send(Buffer.concat(changed), transport);
          }
          await assertAlive("random changes");
        },
      );
      await fc.assert(property, { numRuns: 25 });
    });
  });
}
