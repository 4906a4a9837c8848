/** What the router answers itself: RFC 3261 §8.2, §11.2, §16.3 and §21. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed } from "../../support/router-bed.ts";
import { header, headers, tagOf, type Header } from "../../support/sip/message.ts";
import { waitFor } from "../../support/wait-for.ts";
import { BOB, openPartner, requestHeaders, requestOf, ringing } from "./setup.ts";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, own answers`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary);
    });
    after(() => bed.close());

    test("RFC 3261 §16.3 (2): 416 to a Request-URI of an unknown scheme", async () => {
      for (const requestUri of ["mailto:bob@partner.test", "http://partner.test/", "urn:service:sos"]) {
        assert.equal((await bed.fromInside(requestUri)).status, 416, requestUri);
      }
    });

    test("RFC 3261 §16.3 (3): 483 to a Max-Forwards of 0, 400 where it is no number", async (t) => {
      const peer = await openPartner(bed, t);
      const send = async (method: string, value: string): Promise<number> =>
        (await bed.fromInside(BOB, { method, headers: [["Max-Forwards", value]] })).status;
      for (const method of ["MESSAGE", "INVITE", "OPTIONS", "STRANGE"])
        assert.equal(await send(method, "0"), 483, method);
      assert.deepEqual(peer.received, []);
    });

    test("RFC 3261 §16.3 (3): an OPTIONS to the router itself is answered, whatever its Max-Forwards", async () => {
      await bed.program();
      for (const requestUri of [`sip:${bed.router.host}`, `sip:${LOCAL}`]) {
        const ping = { method: "OPTIONS", headers: [["Max-Forwards", "0"]] as const };
        assert.equal((await bed.fromInside(requestUri, ping)).status, 200, requestUri);
        assert.equal((await bed.fromOutside(requestUri, ping)).status, 200, requestUri);
      }
    });

    test("RFC 3261 §16.3 (5): 420 to Proxy-Require, with the extensions that it names", async (t) => {
      const peer = await openPartner(bed, t);
      const refused = await bed.fromInside(BOB, { headers: [["Proxy-Require", "foo, bar"]] });
      assert.deepEqual([refused.status, header(refused, "Unsupported")], [420, "foo, bar"]);
      const twice: Header[] = [
        ["Proxy-Require", "foo"],
        ["Proxy-Require", "bar"],
      ];
      const both = await bed.fromInside(BOB, { headers: twice });
      assert.equal(both.status, 420);
      assert.deepEqual(headers(both, "Unsupported").join(",").split(/, */).sort(), ["bar", "foo"]);
      assert.deepEqual(peer.received, []);
    });

    test("RFC 3261 §8.2.6.2: an answer of its own has From, To with a tag, Call-ID, CSeq and every Via", async (t) => {
      await openPartner(bed, t);
      const own = requestHeaders(bed.inside, "MESSAGE");
      const more: Header = [
        "Via",
        "SIP/2.0/UDP far.example:5060;branch=z9hG4bKfar, SIP/2.0/TCP farther.example",
      ];
      const request = { ...requestOf("MESSAGE", [...own, more]), uri: "mailto:bob@partner.test" };
      const answer = await bed.inside.sendMessage(request, bed.target()).final;
      assert.equal(answer.status, 416);
      for (const name of ["From", "Call-ID", "CSeq"])
        assert.equal(header(answer, name), header(request, name));
      assert.ok(tagOf(header(answer, "To")));
      assert.deepEqual(headers(answer, "Via").slice(1), headers(request, "Via").slice(1));
    });

    test("RFC 3261 §8.2.6.1: 100 has the Timestamp of its INVITE", async (t) => {
      const peer = await openPartner(bed, t);
      peer.handler = ringing;
      const sent = bed.inside.send({
        method: "INVITE",
        uri: BOB,
        target: bed.target(),
        headers: [["Timestamp", "54.32"]],
      });
      const trying = await waitFor("100", () => sent.provisional.find(({ status }) => status === 100));
      assert.match(header(trying, "Timestamp"), /^54\.32\b/);
      await bed.inside.cancel(sent);
      await sent.final;
    });

    test("RFC 3261 §8.2.1, §21.4.6: 405 names the methods that are allowed", async () => {
      await bed.program({ names: { "xmpp.test": "X|" } });
      const answer = await bed.fromInside("sip:bob@xmpp.test", { method: "INVITE" });
      assert.equal(answer.status, 405);
      assert.deepEqual(header(answer, "Allow").split(/, */).sort(), ["MESSAGE", "NOTIFY", "SUBSCRIBE"]);
    });

    test("RFC 3261 §11.2: 200 to OPTIONS says what the router takes, but no Allow", async () => {
      await bed.program();
      const answer = await bed.fromInside(`sip:${bed.router.host}`, { method: "OPTIONS" });
      assert.deepEqual([answer.status, header(answer, "Accept"), answer.body], [200, "*/*", ""]);
      for (const name of ["Accept-Encoding", "Accept-Language", "Supported"]) header(answer, name);
      assert.deepEqual(headers(answer, "Allow"), []);
    });

    test("RFC 3261 §21.5.4: 503 is said while there is no routing table, with Retry-After", async (t) => {
      const empty = await RouterBed.open(binary);
      t.after(() => empty.close());
      const answer = await empty.fromInside(BOB);
      assert.deepEqual([answer.status, header(answer, "Retry-After")], [503, "1"]);
    });
  });
}
