/** TLS next hops: requests leave only by connections whose peer has proven who it is (RFC 5922 §7.3). */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, beforeEach, describe, test, type TestContext } from "node:test";
import { Authority, type CertificateOptions } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed, secureUri, tlsFor, to, toOr, uri } from "../../support/router-bed.ts";
import { header } from "../../support/sip/message.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const BOB = "sip:bob@partner.test";
const PARTNER: CertificateOptions = { names: ["URI:sip:partner.test"] };
const names = { "partner.test": "A|partner.test" };
const TLS_PORT = 5061;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, TLS next hops`, () => {
    const authority = new Authority();
    const stranger = new Authority();
    let bed: RouterBed;
    let operator: TestOperator;
    let next = 0;
    before(async () => {
      const env = { TLS_HOLD_MS: "700", TLS_INSIDE_PORT: "5071", NON_INVITE_TIMEOUT_MS: "2000" };
      bed = await RouterBed.open(binary, { authority, insideListener: true, env });
      operator = await TestOperator.connect(bed.router);
    });
    after(async () => {
      await operator.leave();
      await bed.close();
    });
    beforeEach(async () => {
      await bed.router.rpc("htable.flush", "down");
    });

    /** At an address that no test has used. */
    const peer = (t: TestContext, certificate: CertificateOptions = PARTNER): Promise<UserAgent> =>
      bed.peer(t, (next += 1), certificate);
    const leadsTo = (...hops: string[]): Promise<void> =>
      bed.program({ names, sets: { "partner.test": to(...hops) } });
    const methods = ({ received }: UserAgent): string[] => received.map(({ method }) => method);
    const isConnected = async (agent: UserAgent): Promise<boolean> =>
      (await bed.router.connectionsTo(agent.host)).length > 0;
    const parted = (agent: UserAgent): Promise<unknown> =>
      waitFor("the router to have no connection to it", async () => !(await isConnected(agent)));
    const hangUp = async (agent: UserAgent): Promise<void> => {
      agent.closeConnections();
      await parted(agent);
    };
    const messages = (agent: UserAgent): number =>
      methods(agent).filter((method) => method === "MESSAGE").length;

    test("one that proves its name gets the request, over a connection that is opened for it", async (t) => {
      const hop = await peer(t);
      await leadsTo(secureUri(hop, "partner.test"));
      for (let n = 1; n <= 3; n += 1) assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(methods(hop), ["OPTIONS", "MESSAGE", "MESSAGE", "MESSAGE"]);
      assert.ok(hop.received.every(({ transport }) => transport === "tls"));
      assert.match(header(hop.received[1] ?? assert.fail(), "Via"), /^SIP\/2\.0\/TLS [\d.]+:5061;/);
    });

    test("many requests wait for one connection, and all arrive", async (t) => {
      const hop = await peer(t);
      await leadsTo(secureUri(hop, "partner.test"));
      const answers = await Promise.all(Array.from({ length: 50 }, () => bed.fromInside(BOB)));
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal(messages(hop), 50);
      assert.equal(methods(hop).filter((method) => method === "OPTIONS").length, 1);
    });

    for (const [what, certificate] of [
      ["another name", { names: ["URI:sip:other.test"] }],
      ["a name below it", { names: ["DNS:sip.partner.test"] }],
      ["a wildcard", { names: ["DNS:*.test"] }],
      ["a user of it", { names: ["URI:sip:bob@partner.test"] }],
      ["its DNS name beside a SIP URI of another", { names: ["DNS:partner.test", "URI:sip:other.test"] }],
      ["its common name beside another name", { commonName: "partner.test", names: ["DNS:other.test"] }],
      ["mail only", { ...PARTNER, extendedKeyUsage: "emailProtection" }],
      ["a time that is over", { ...PARTNER, days: -1 }],
    ] as const) {
      test(`RFC 5922 §7.3: one whose certificate is for ${what} gets nothing of a user's; the next one does`, async (t) => {
        const wrong = await peer(t, certificate);
        const right = await peer(t);
        await leadsTo(secureUri(wrong, "partner.test"), secureUri(right, "partner.test"));
        assert.equal((await bed.fromInside(BOB)).status, 200);
        assert.equal(messages(wrong), 0);
        assert.equal(messages(right), 1);
      });
    }

    for (const [what, certificate] of [
      ["a DNS name", { names: ["DNS:Partner.TEST"] }],
      ["a common name alone", { commonName: "partner.test" }],
      ["many names", { names: ["DNS:a.test", "DNS:partner.test", "IP:192.0.2.1"] }],
      ["SIP domains", { ...PARTNER, extendedKeyUsage: "1.3.6.1.5.5.7.3.20,serverAuth,clientAuth" }],
    ] as const) {
      test(`RFC 5922 §7.3: one is proven by a certificate for ${what}`, async (t) => {
        const hop = await peer(t, certificate);
        await leadsTo(secureUri(hop, "partner.test"));
        assert.equal((await bed.fromInside(BOB)).status, 200);
        assert.equal(messages(hop), 1);
      });
    }

    test("an address is proven by a certificate for that address", async (t) => {
      next += 1;
      const host = bed.address(101 + next);
      const hop = await UserAgent.open({ host, ...tlsFor(authority, { names: [`IP:${host}`] }) });
      t.after(() => hop.close());
      await leadsTo(secureUri(hop, host));
      assert.equal((await bed.fromInside(BOB)).status, 200);
    });

    test("RFC 5922 §7.3: one whose certificate nobody known has signed gets nothing at all", async (t) => {
      next += 1;
      const host = bed.address(101 + next);
      const wrong = await UserAgent.open({ host, ...tlsFor(stranger, PARTNER) });
      t.after(() => wrong.close());
      const right = await peer(t);
      await leadsTo(secureUri(wrong, "partner.test"), secureUri(right, "partner.test"));
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(methods(wrong), []);
      assert.equal(messages(right), 1);
    });

    test("with no other next hop a wrong certificate ends in 500, and in status 0 of a probe", async (t) => {
      const wrong = await peer(t, { names: ["DNS:other.test"] });
      const hop = secureUri(wrong, "partner.test");
      await leadsTo(hop);
      assert.equal((await bed.fromInside(BOB)).status, 500);
      await parted(wrong);
      const before = operator.frames.length;
      await bed.router.control.probe([{ uri: hop, inside: false }]);
      const frame = await waitFor("the probe", () =>
        operator.frames.slice(before).find((it) => it.startsWith(`P|${hop}|`)),
      );
      assert.equal(frame.split("|")[2], "0");
      assert.equal(messages(wrong), 0);
    });

    test("a connection that the peer closes is opened again by the next request", async (t) => {
      const hop = await peer(t);
      await leadsTo(secureUri(hop, "partner.test"));
      for (let n = 1; n <= 5; n += 1) {
        assert.equal((await bed.fromInside(BOB)).status, 200);
        assert.equal(await isConnected(hop), true);
        await hangUp(hop);
      }
      assert.equal(messages(hop), 5);
    });

    test("what comes to the place of a next hop with another certificate gets nothing, whatever is remembered", async (t) => {
      next += 1;
      const host = bed.address(101 + next);
      const hop = await UserAgent.open({ host, ...tlsFor(authority, PARTNER) });
      await leadsTo(secureUri(hop, "partner.test"));
      for (let n = 1; n <= 2; n += 1) assert.equal((await bed.fromInside(BOB)).status, 200);
      await hangUp(hop);
      await hop.close();
      const other = await UserAgent.open({ host, ...tlsFor(authority, { names: ["URI:sip:other.test"] }) });
      t.after(() => other.close());
      assert.equal((await bed.fromInside(BOB)).status, 500);
      assert.equal(messages(other), 0);
    });

    test("requests are shared among next hops over TLS, each by its own connection", async (t) => {
      const [first, second] = [await peer(t), await peer(t)];
      const orders = {
        "id/0": secureUri(first, "partner.test"),
        "id/1": secureUri(second, "partner.test"),
      };
      await bed.program({ names, sets: { "partner.test": "0||2|id" }, orders });
      await waitFor("some for both", async () => {
        assert.equal((await bed.fromInside(BOB)).status, 200);
        return messages(first) > 2 && messages(second) > 2;
      });
      assert.ok(
        [first, second].every(({ received }) => received.every(({ transport }) => transport === "tls")),
      );
      await hangUp(first);
      const sent = messages(first);
      await waitFor("one more for the first", async () => {
        assert.equal((await bed.fromInside(BOB)).status, 200);
        return messages(first) > sent;
      });
    });

    test("one that is silent, and one where nobody listens, are passed over in bounded time", async (t) => {
      next += 1;
      const host = bed.address(101 + next);
      const silent = createServer(() => undefined);
      silent.listen(TLS_PORT, host);
      await once(silent, "listening");
      t.after(() => silent.close());
      const right = await peer(t);
      const refusing = secureUri({ host: bed.address(240) }, "partner.test");
      await leadsTo(secureUri({ host }, "partner.test"), refusing, secureUri(right, "partner.test"));
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.equal(messages(right), 1);
    });

    test("after a 503 the next one is tried, over TCP too", async (t) => {
      const [first, second] = [await peer(t), await peer(t)];
      first.handler = () => ({ status: 503 });
      await leadsTo(secureUri(first, "partner.test"), uri(second, "tcp"));
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual([messages(first), messages(second)], [1, 1]);
      assert.equal(second.received.at(-1)?.transport, "tcp");
    });

    test("an unknown domain is discovered, then sent by a connection that is opened, and learned", async (t) => {
      const hop = await peer(t, { names: ["DNS:edge.test"] });
      await bed.program({ sets: { "*": to(secureUri(hop, "edge.test")) } });
      operator.verdict = "default";
      assert.equal((await bed.fromInside("sip:carol@new.test")).status, 200);
      assert.ok(operator.questions.includes("new.test|o"));
      await waitFor("the report", () => operator.reports.some((report) => report.startsWith("new.test|o|")));
    });

    test("sips: goes over TLS alone", async (t) => {
      const [plain, secure] = [await peer(t), await peer(t)];
      await bed.program({
        names,
        sets: { "partner.test": toOr("*", uri(plain, "tcp")), "*": to(secureUri(secure, "partner.test")) },
      });
      const answer = await bed.fromInside("sips:bob@partner.test");
      assert.equal(answer.status, 200);
      assert.deepEqual([messages(plain), messages(secure)], [0, 1]);
    });

    test("while the operator is away a certificate that was seen before is enough", async (t) => {
      const hop = await peer(t);
      const unseen = await peer(t);
      await leadsTo(secureUri(hop, "partner.test"));
      assert.equal((await bed.fromInside(BOB)).status, 200);
      await operator.leave();
      t.after(async () => {
        operator = await TestOperator.connect(bed.router);
      });
      await hangUp(hop);
      assert.equal((await bed.fromInside(BOB)).status, 200);
      await leadsTo(secureUri(unseen, "partner.test"), secureUri(hop, "partner.test"));
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.equal(messages(unseen), 0);
    });

    test("requests to the inside leave by its own listener, over TLS too", async () => {
      await bed.program({ sets: { "local.test": to(secureUri(bed.platform, "local.test")) } });
      assert.equal((await bed.fromOutside("sip:alice@local.test")).status, 200);
      const received = bed.platform.received.at(-1) ?? assert.fail();
      assert.equal(received.transport, "tls");
      assert.match(header(received, "Via"), /^SIP\/2\.0\/TLS [\d.]+:5071;/);
    });
  });
}
