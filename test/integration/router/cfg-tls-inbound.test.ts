/** What a connection proves for the requests that come by it (RFC 5922 §7.4), and who may connect at all. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { after, before, beforeEach, describe, test, type TestContext } from "node:test";
import { Authority, type CertificateOptions } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import type { TableText } from "../../support/kamailio.ts";
import { LOCAL, RouterBed, tlsFor } from "../../support/router-bed.ts";
import type { RequestOptions } from "../../support/sip/user-agent.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const ALICE = `sip:alice@${LOCAL}`;

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, TLS from peers`, () => {
    const authority = new Authority();
    const stranger = new Authority();
    let bed: RouterBed;
    let operator: TestOperator;
    let next = 0;
    before(async () => {
      bed = await RouterBed.open(binary, { authority, env: { TLS_HOLD_MS: "700" } });
      operator = await TestOperator.connect(bed.router);
    });
    after(async () => {
      await operator.leave();
      await bed.close();
    });
    beforeEach(async () => {
      for (const table of ["learned", "asked"]) await bed.router.rpc("htable.flush", table);
    });

    async function caller(
      t: TestContext,
      certificate: CertificateOptions | "none",
      by: Authority = authority,
    ): Promise<UserAgent> {
      next += 1;
      const { tls } = tlsFor(by, certificate === "none" ? {} : certificate);
      const agent = await UserAgent.open({
        host: bed.address(150 + next),
        ...(tls && { tls: { ...tls, ca: authority.certificate, asClient: certificate !== "none" } }),
      });
      t.after(() => agent.close());
      return agent;
    }

    const send = (agent: UserAgent, from: string, options: Partial<RequestOptions> = {}) =>
      agent.request({ method: "MESSAGE", uri: ALICE, target: bed.target("tls"), from, ...options });

    const refusing = (table: Omit<TableText, "inside"> = {}): Promise<void> =>
      bed.program({ unproven: "R", ...table });

    test("RFC 5922 §7.4: a domain is proven by the certificate of its connection, from the first request on, and learned", async (t) => {
      await refusing();
      const agent = await caller(t, { names: ["URI:sip:proven.test"] });
      assert.equal((await send(agent, "sip:bob@proven.test")).status, 200);
      assert.equal((await send(agent, "sip:bob@Proven.TEST.")).status, 200);
      await waitFor("the report", () =>
        operator.reports.some((report) => report.startsWith("proven.test|i|")),
      );
    });

    test("many requests at once on a new connection are told by one look at its certificate", async (t) => {
      await refusing();
      const agent = await caller(t, { names: ["DNS:many.test"] });
      const before = operator.frames.length;
      const first = send(agent, "sip:bob@many.test");
      const answers = [first, ...Array.from({ length: 20 }, () => send(agent, "sip:bob@many.test"))];
      assert.ok((await Promise.all(answers)).every(({ status }) => status === 200));
      assert.ok(operator.frames.slice(before).filter((frame) => frame.startsWith("N|")).length >= 1);
    });

    for (const [what, certificate] of [
      ["another domain", { names: ["URI:sip:other.test"] }],
      ["a domain above", { names: ["DNS:test"] }],
      ["a wildcard", { names: ["DNS:*.test"] }],
      ["no domain", {}],
      ["it, but no longer", { names: ["DNS:claimed.test"], days: -1 }],
    ] as const) {
      test(`RFC 5922 §7.4: a certificate for ${what} proves nothing`, async (t) => {
        const agent = await caller(t, certificate);
        await refusing();
        assert.equal((await send(agent, "sip:bob@claimed.test")).status, 403);
        await bed.program();
        assert.equal((await send(agent, "sip:bob@claimed.test")).status, 200);
        assert.ok(!operator.reports.some((report) => report.startsWith("claimed.test|")));
      });
    }

    test("an address in From is proven by no certificate", async (t) => {
      await refusing();
      const agent = await caller(t, { names: ["IP:192.0.2.7", "IP:2001:db8::7"] });
      for (const host of ["192.0.2.7", "[2001:db8::7]"])
        assert.equal((await send(agent, `sip:bob@${host}`)).status, 403);
    });

    test("RFC 5922 §7.4: without a certificate, or with one that nobody known has signed, a caller is served unproven", async (t) => {
      for (const agent of [
        await caller(t, "none"),
        await caller(t, { names: ["DNS:claimed.test"] }, stranger),
      ]) {
        await bed.program();
        assert.equal((await send(agent, "sip:bob@claimed.test")).status, 200);
        await refusing();
        assert.equal((await send(agent, "sip:bob@claimed.test")).status, 403);
      }
      assert.ok(!operator.reports.some((report) => report.startsWith("claimed.test|")));
    });

    test("RFC 5922 §7.4: what one connection has proven holds for no other", async (t) => {
      await refusing();
      const proven = await caller(t, { names: ["DNS:mine.test"] });
      const other = await caller(t, { names: ["DNS:yours.test"] });
      assert.equal((await send(proven, "sip:bob@mine.test")).status, 200);
      assert.equal((await send(other, "sip:bob@mine.test")).status, 403);
      assert.equal((await send(proven, "sip:bob@yours.test")).status, 403);
    });

    test("a trusted peer may be told by a name of its certificate, and asserts what is listed", async (t) => {
      await refusing({ peers: "=listed.test=sbc.test;" });
      const peer = await caller(t, { names: ["DNS:sbc.test"] });
      const other = await caller(t, { names: ["DNS:other.test"] });
      assert.equal((await send(peer, "sip:bob@listed.test")).status, 200);
      assert.equal((await send(peer, "sip:bob@unlisted.test")).status, 403);
      assert.equal((await send(other, "sip:bob@listed.test")).status, 403);
    });

    test("the inside may be told by a name of its certificate", async (t) => {
      const hop = await bed.peer(t, 1, { names: ["DNS:partner.test"] });
      await bed.program({
        insideNames: "platform.local.test",
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": `0||1|sip:${hop.host}:5060;transport=tcp` },
      });
      const ours = await caller(t, { names: ["DNS:platform.local.test"] });
      const theirs = await caller(t, { names: ["DNS:other.test"] });
      const outbound = { uri: "sip:bob@partner.test" };
      assert.equal((await send(ours, ALICE, outbound)).status, 200);
      assert.equal((await send(theirs, ALICE, outbound)).status, 403);
    });

    test("while the operator does not answer, a connection has proven nothing, and nobody waits for long", async (t) => {
      await operator.leave();
      const mute = await TestOperator.connect(bed.router, { mute: true });
      t.after(async () => {
        await mute.leave();
        operator = await TestOperator.connect(bed.router);
      });
      await bed.program();
      const agent = await caller(t, { names: ["DNS:new.test"] });
      assert.equal((await send(agent, "sip:bob@new.test")).status, 200);
      await mute.leave();
      assert.equal((await send(agent, "sip:bob@new.test")).status, 200);
    });

    test("TLS 1.2 and 1.3 are spoken, and nothing older", async () => {
      const handshake = async (version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): Promise<string | null> => {
        const socket = connect({
          host: bed.router.host,
          port: 5061,
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version,
          ciphers: "DEFAULT@SECLEVEL=0",
        });
        try {
          await once(socket, "secureConnect");
          return socket.getProtocol();
        } finally {
          socket.destroy();
        }
      };
      assert.equal(await handshake("TLSv1.2"), "TLSv1.2");
      assert.equal(await handshake("TLSv1.3"), "TLSv1.3");
      await assert.rejects(handshake("TLSv1.1"), /protocol version|alert|handshake/i);
    });
  });
}
