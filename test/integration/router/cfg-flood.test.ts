/** Floods: what one source sends too fast is dropped before it is parsed, and others are served. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { pino } from "pino";
import { EventStream } from "../../../src/router/event-stream.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import type { RouterBed } from "../../support/router-bed.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { limits, MANY, Strangers } from "./strangers.ts";

const garbage = Buffer.from("x y SIP/2.0\r\nContent-Length: 0\r\n\r\n");

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, floods`, () => {
    let strangers: Strangers;
    let bed: RouterBed;
    /** Another address of the outside. */
    let other: UserAgent;
    before(async () => {
      strangers = await Strangers.open(binary);
      ({ bed, other } = strangers);
    });
    after(() => bed.close());
    beforeEach(() => strangers.forget());

    test("a source that floods is not parsed for the rest of a second; others are served", async () => {
      await bed.program({ limits: limits({ flood: 20 }) });
      const dropped = await strangers.counted("flood:source");
      const statuses: number[] = [];
      const others: number[] = [];
      // a sample is counted: that of one burst can be small
      await waitFor("the first to be dropped", async () => {
        const flood = Array.from({ length: MANY }, async () => strangers.send());
        others.push((await strangers.send({}, other)).status);
        // sent again later, when it is no flood any more
        statuses.push(...(await Promise.all(flood)).map(({ status }) => status));
        return (await strangers.counted("flood:source")) > dropped;
      });
      assert.deepEqual([...new Set(statuses)], [200]);
      assert.deepEqual([...new Set(others)], [200]);
    });

    test("what nobody can parse floods as well, and over TCP it costs the connection", async () => {
      await bed.program({ limits: limits({ flood: 5 }) });
      for (const transport of ["udp", "tcp"] as const) {
        const dropped = await strangers.counted("flood:source");

        await waitFor(`the first to be dropped over ${transport}`, async () => {
          await Promise.allSettled(
            Array.from({ length: MANY }, () => other.sendRaw(garbage, bed.target(transport))),
          );
          return (await strangers.counted("flood:source")) > dropped;
        });
      }
      assert.equal((await strangers.send({ target: bed.target("tcp") })).status, 200);
    });

    test("answers never flood, nor do the inside, trusted peers and adopted domains", async (t) => {
      const peer = await bed.peer(t);
      const hop = `sip:${peer.host}:${peer.port};transport=udp`;
      const flood = { limits: limits({ flood: 5 }) };
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": `0||1|${hop}` },
        ...flood,
      });
      const dropped = await strangers.counted("flood:source");
      assert.equal(
        (await strangers.sendMany(() => ({ uri: "sip:bob@partner.test" }), bed.inside)).limited,
        0,
      );
      await bed.program({ peers: `${bed.outside.host}/32=x.test;`, ...flood });
      assert.equal((await strangers.sendMany()).limited, 0);
      await bed.program({ names: strangers.provenPartner("Full", other), ...flood });
      assert.equal((await strangers.send({}, other)).status, 200);
      assert.equal((await strangers.sendMany(() => ({}), other)).limited, 0);
      assert.equal(await strangers.counted("flood:source"), dropped);
    });

    test("the operator hears of domains, and of sources by samples", async (t) => {
      const told: string[] = [];
      const nothing = (): void => undefined;
      const stream = new EventStream(
        { host: bed.router.host, port: PORTS.event },
        {
          connected: nothing,
          closed: nothing,
          question: nothing,
          learned: nothing,
          probed: nothing,
          certificate: nothing,
          domainLimited: (domain, limit) => told.push(`${domain} ${limit}`),
          sourceLimited: (address, limit) => told.push(`${address} ${limit}`),
          active: () => undefined,
        },
        pino({ level: "silent" }),
      );
      t.after(() => {
        stream.stop();
      });
      stream.start();
      await waitFor("the greeting", () => stream.connected);
      const names = strangers.provenPartner("Limited");
      await bed.program({ names, limits: limits({ rate: 1 }) });
      await strangers.sendMany();
      await strangers.sendMany(() => ({}), other);
      await bed.program({ names, limits: limits({ flood: 5 }) });
      await waitFor("the flood", async () => {
        await Promise.all(Array.from({ length: MANY }, () => other.sendRaw(garbage, bed.target())));
        return told.some((event) => event.endsWith("flood"));
      });
      assert.deepEqual(told, [`partner.test rate`, `${other.host} rate`, `${other.host} flood`]);
    });
  });
}
