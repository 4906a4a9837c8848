/** Requests that wait for a TLS connection go on by it as soon as they can, whatever others do at the same moment. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, beforeEach, describe, test, type TestContext } from "node:test";
import { Authority } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed, secureUri, to, uri } from "../../support/router-bed.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { TestOperator } from "../../support/test-operator.ts";
import { waitFor } from "../../support/wait-for.ts";

const BOB = "sip:bob@partner.test";
const names = { "partner.test": "A|partner.test", "other.test": "A|other.test" };

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, opening TLS connections`, () => {
    const authority = new Authority();
    let bed: RouterBed;
    let operator: TestOperator;
    let next = 0;
    before(async () => {
      // longer than any request here waits for its answer
      bed = await RouterBed.open(binary, { authority, env: { TLS_HOLD_MS: "30000" } });
      operator = await TestOperator.connect(bed.router);
    });
    after(async () => {
      await operator.leave();
      await bed.close();
    });
    beforeEach(async () => {
      await bed.router.rpc("htable.flush", "down");
    });

    /** At an address that no test has used, with a certificate for partner.test. */
    const peer = (t: TestContext): Promise<UserAgent> =>
      bed.peer(t, (next += 1), { names: ["DNS:partner.test"] });

    test("where nobody listens nobody waits", async (t) => {
      const right = await peer(t);
      const refusing = secureUri({ host: bed.address(240) }, "partner.test");
      await bed.program({ names, sets: { "partner.test": to(refusing, secureUri(right, "partner.test")) } });
      const answers = await Promise.all(Array.from({ length: 5 }, () => bed.fromInside(BOB)));
      assert.ok(answers.every(({ status }) => status === 200));
    });

    test("where a connection is closed as soon as it is open nobody waits", async (t) => {
      const closing = createServer((socket) => {
        socket.destroy();
      });
      const host = bed.address(101 + (next += 1));
      closing.listen(5061, host);
      await once(closing, "listening");
      t.after(() => closing.close());
      const right = await peer(t);
      const first = secureUri({ host }, "partner.test");
      await bed.program({ names, sets: { "partner.test": to(first, secureUri(right, "partner.test")) } });
      const answers = await Promise.all(Array.from({ length: 5 }, () => bed.fromInside(BOB)));
      assert.ok(answers.every(({ status }) => status === 200));
    });

    test("an INVITE that is cancelled while it waits goes nowhere, and the next one goes on", async (t) => {
      const silent = createServer((socket) => socket.on("error", () => undefined));
      const host = bed.address(101 + (next += 1));
      silent.listen(5061, host);
      await once(silent, "listening");
      t.after(() => silent.close());
      const right = await peer(t);
      await bed.program({
        names,
        sets: { "partner.test": to(secureUri({ host }, "partner.test"), secureUri(right, "partner.test")) },
      });
      const sent = bed.inside.send({ method: "INVITE", uri: BOB, target: bed.target() });
      await waitFor("the 100", () => sent.provisional.length > 0);
      assert.equal((await bed.inside.cancel(sent)).status, 200);
      assert.equal((await sent.final).status, 487);
      await bed.program({ names, sets: { "partner.test": to(secureUri(right, "partner.test")) } });
      assert.equal((await bed.fromInside(BOB)).status, 200);
      assert.deepEqual(
        right.received.map(({ method }) => method),
        ["OPTIONS", "MESSAGE"],
      );
    });

    test("a connection stays that is for one of two names which are asked for at once", async (t) => {
      for (let round = 1; round <= 10; round += 1) {
        const hop = await peer(t);
        await bed.program({
          names,
          sets: {
            "partner.test": to(secureUri(hop, "partner.test")),
            "other.test": to(secureUri(hop, "other.test")),
          },
        });
        const [other, partner] = await Promise.all([
          bed.fromInside("sip:carol@other.test"),
          bed.fromInside(BOB),
        ]);
        assert.deepEqual([other.status, partner.status], [500, 200]);
        assert.deepEqual(
          hop.received.filter(({ method }) => method === "MESSAGE").map((request) => request.uri),
          [BOB],
        );
      }
    });

    test("the operator hears of the certificate of the next hop that has it, not of the one that served instead", async (t) => {
      const wrong = await peer(t);
      const right = await peer(t);
      const hop = secureUri(wrong, "other.test");
      await bed.program({ names, sets: { "other.test": to(hop, uri(right)) } });
      const before = operator.frames.length;
      const probes = () => operator.frames.slice(before).filter((frame) => frame.startsWith("P|"));
      assert.equal((await bed.fromInside("sip:carol@other.test")).status, 200);
      await waitFor("the report", () => probes().length > 0);
      assert.deepEqual(
        probes().map((frame) => frame.split("|").slice(1, 3)),
        [[hop, "0"]],
      );
    });
  });
}
