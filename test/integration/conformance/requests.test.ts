/** A proxy's way with requests: RFC 3261 §16.3 to §16.6, and what the message format asks of it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { randomToken } from "../../support/sip/build.ts";
import { header, headers, serialise, type Header } from "../../support/sip/message.ts";
import { BOB, openPartner, requestHeaders, requestOf } from "./setup.ts";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, requests`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary);
    });
    after(() => bed.close());

    test("RFC 3261 §16.3 (1): unknown methods, headers and bodies pass unchanged", async (t) => {
      const peer = await openPartner(bed, t);
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

    test("RFC 3261 §16.3 (4), RFC 5393: a request that comes by again is a new one, until its Max-Forwards ends", async () => {
      const peer = await bed.open(11); // whom the router takes requests from
      peer.handler = async (request) => {
        // a proxy that sends everything back
        const via = `SIP/2.0/UDP ${peer.host}:5060;branch=z9hG4bK${randomToken()}`;
        const hops = Number(header(request, "Max-Forwards"));
        const rest = request.headers.filter(([name]) => name !== "Max-Forwards");
        const again: Header[] = [["Via", via], ["Max-Forwards", String(hops)], ...rest];
        if (hops === 5) return { status: 200, reason: "Enough" };
        const { status } = await peer.sendMessage({ ...request, headers: again }, bed.target()).final;
        return { status };
      };
      await bed.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
      const send = async (value: string): Promise<number> =>
        (await bed.fromInside(BOB, { headers: [["Max-Forwards", value]] })).status;
      assert.equal(await send("9"), 200, "a spiral that ends");
      assert.equal(await send("4"), 483, "a loop");
    });

    test("RFC 3261 §8.2.2.2, §16.3 (4): merged requests are no error to a proxy", async (t) => {
      const peer = await openPartner(bed, t);
      const same: Header[] = [
        ["From", `<sip:alice@${LOCAL}>;tag=same`],
        ["Call-ID", randomToken()],
      ];
      for (const method of ["MESSAGE", "INVITE"]) {
        const sent = [1, 2, 3].map(() => bed.fromInside(BOB, { method, headers: same }));
        assert.deepEqual(
          (await Promise.all(sent)).map(({ status }) => status),
          [200, 200, 200],
        );
        assert.equal(peer.received.filter((it) => it.method === method).length, 3);
      }
    });

    test("RFC 3261 §20.32: Require is not for proxies, and passes", async (t) => {
      const peer = await openPartner(bed, t);
      assert.equal((await bed.fromInside(BOB, { headers: [["Require", "100rel, foo"]] })).status, 200);
      assert.equal(header(peer.received[0] ?? assert.fail(), "Require"), "100rel, foo");
    });

    test("RFC 3261 §16.3 (6), §22.3: credentials and challenges of others pass", async (t) => {
      const peer = await openPartner(bed, t);
      const challenges: Header[] = [
        ["Proxy-Authenticate", 'Digest realm="a", nonce="1"'],
        ["Proxy-Authenticate", 'Digest realm="b", nonce="2"'],
        ["WWW-Authenticate", 'Digest realm="c", nonce="3"'],
      ];
      const credentials: Header[] = [
        ["Proxy-Authorization", 'Digest username="alice", realm="a", nonce="1"'],
        ["Authorization", 'Digest username="alice", realm="c", nonce="3"'],
      ];
      for (const status of [401, 407]) {
        peer.handler = () => ({ status, headers: challenges });
        for (const method of ["MESSAGE", "INVITE"]) {
          const answer = await bed.fromInside(BOB, { method, headers: credentials });
          assert.equal(answer.status, status);
          assert.deepEqual(
            answer.headers.filter(([name]) => name.endsWith("-Authenticate")),
            challenges,
          );
          const received = peer.received.findLast((it) => it.method === method) ?? assert.fail();
          for (const [name, value] of credentials) assert.equal(header(received, name), value);
        }
      }
    });

    test("RFC 3261 §16.6 (1), §7.3: header fields keep their order, their spelling and their values", async (t) => {
      const peer = await openPartner(bed, t);
      const written: Header[] = [
        ["s", "folded"],
        ["k", "100rel,replaces"],
        ["X-A", "1"],
        ["x-b", "2"],
        ["X-A", "3"],
        ["ACCEPT-LANGUAGE", "da, en-gb;q=0.8"],
        ["c", "text/plain"],
        ["e", "identity"],
        ["Date", "Sat, 13 Nov 2010 23:29:00 GMT"],
        ["Organization", ""],
      ];
      const basics = requestHeaders(bed.inside, "MESSAGE");
      const compact: Readonly<Record<string, string>> = {
        Via: "v",
        From: "f",
        To: "t",
        "Call-ID": "i",
        Contact: "m",
      };
      const shortened = basics.map(([name, value]): Header => [compact[name] ?? name, value]);
      const request = requestOf("MESSAGE", [...shortened, ...written, ["l", "4"]], "body");
      const folded = serialise(request).toString().replace("da, en-gb", "da,\r\n\ten-gb");
      await bed.inside.sendRaw(Buffer.from(folded), bed.target());
      const received = await peer.waitForRequest("the request", () => true);
      const names = new Set(written.map(([name]) => name));
      assert.deepEqual(
        received.headers
          .filter(([name]) => names.has(name))
          .map(([name, value]) => [name, value.replace(/\s+/g, " ")]),
        written,
      );
      for (const name of ["From", "To", "Call-ID", "CSeq", "Contact"]) {
        assert.equal(header(received, name), header(request, name));
      }
      assert.equal(received.body, "body");
    });

    test("RFC 3261 §16.6 (2): the Request-URI passes as it is", async (t) => {
      const peer = await openPartner(bed, t);
      const uris = [
        "sip:bob@partner.test;user=phone;method=INVITE?Subject=a%20b&To=x",
        "sip:b%6fb:secret@PARTNER.test:5999;transport=tcp;unknown=%41",
        "sip:partner.test",
        "SIP:+49(30)123;ext=4@partner.test.",
      ];
      for (const requestUri of uris) {
        assert.equal((await bed.fromInside(requestUri)).status, 200, requestUri);
        assert.equal(peer.received.at(-1)?.uri, requestUri);
      }
    });

    test("RFC 3261 §16.6 (3): Max-Forwards is decremented, 70 where there was none", async (t) => {
      const peer = await openPartner(bed, t);
      for (const value of ["1", "255"]) {
        assert.equal((await bed.fromInside(BOB, { headers: [["Max-Forwards", value]] })).status, 200);
      }
      const kept = requestHeaders(bed.inside, "MESSAGE").filter(([name]) => name !== "Max-Forwards");
      assert.equal(
        (await bed.inside.sendMessage(requestOf("MESSAGE", kept), bed.target()).final).status,
        200,
      );
      assert.deepEqual(
        peer.received.map((it) => header(it, "Max-Forwards")),
        ["0", "254", "70"],
      );
    });

    test("RFC 3261 §16.6 (4), §20.30: Record-Route goes above those of others, with lr", async (t) => {
      const peer = await openPartner(bed, t);
      const others = ["<sip:p2.local.test;lr>", "<sip:p1.local.test;lr>"];
      const route: Header[] = [["Record-Route", others.join(", ")]];
      await bed.fromInside(BOB, { method: "INVITE", headers: route });
      const recorded = headers(peer.received[0] ?? assert.fail(), "Record-Route");
      assert.match(recorded[0] ?? "", new RegExp(`^<sip:${bed.router.host}:5060;lr`));
      assert.deepEqual(recorded.slice(1), others);
    });

    test("RFC 3261 §16.4, §16.6 (6): a Route that names the router is not passed on", async (t) => {
      const peer = await openPartner(bed, t);
      const route: Header[] = [["Route", `<sip:${bed.router.host}:5060;lr>`]];
      for (const method of ["MESSAGE", "INVITE", "SUBSCRIBE"]) {
        assert.equal((await bed.fromInside(BOB, { method, headers: route })).status, 200);
        assert.deepEqual(headers(peer.received.at(-1) ?? assert.fail(), "Route"), []);
      }
    });

    test("RFC 3261 §16.6 (8): a Via of its own on top, with a branch that no other request has", async (t) => {
      const peer = await openPartner(bed, t);
      for (const method of ["MESSAGE", "INVITE", "MESSAGE", "MESSAGE"]) await bed.fromInside(BOB, { method });
      const vias = peer.received.filter(({ method }) => method !== "ACK").map((it) => headers(it, "Via"));
      assert.deepEqual(
        vias.map((it) => it.length),
        [2, 2, 2, 2],
      );
      const branches = vias.map(
        ([top = ""]) => new RegExp(`^SIP/2.0/UDP ${bed.router.host};branch=(z9hG4bK[^;]+)`).exec(top)?.[1],
      );
      assert.equal(new Set(branches).size, 4);
      assert.ok(!branches.includes(undefined), vias.join("\n"));
    });

    test("RFC 3261 §16.6 (9), §18.3: a request that goes on over TCP gets a Content-Length", async (t) => {
      const peer = await openPartner(bed, t, "tcp");
      const request = serialise(requestOf("MESSAGE", requestHeaders(bed.inside, "MESSAGE"), "hello"));
      await bed.inside.sendRaw(
        Buffer.from(request.toString().replace(/Content-Length.*\r\n/, "")),
        bed.target(),
      );
      const received = await peer.waitForRequest("the request", () => true);
      assert.deepEqual([header(received, "Content-Length"), received.body], ["5", "hello"]);
    });
  });
}
