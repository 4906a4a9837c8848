/** Equal priorities share requests by weight: on the real router, over many requests, as the operator programs it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { orders } from "../../../src/federation/shares.ts";
import type { NextHop } from "../../../src/federation/types.ts";
import { encodeSet } from "../../../src/router/encode.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { RouterBed } from "../../support/router-bed.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";

const REQUESTS = 10_000;
const AT_ONCE = 100;
/** Of all requests: beyond seven standard deviations of a fair draw. */
const TOLERANCE = 0.03;
const WEIGHTS = [1, 2, 10, 20];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, weights`, () => {
    let bed: RouterBed;
    let hops: UserAgent[];
    before(async () => {
      bed = await RouterBed.open(binary, { env: { SHARED_MEMORY_MB: "512" } });
      hops = await Promise.all(WEIGHTS.map((_, i) => bed.open(101 + i)));
    });
    after(() => bed.close());

    test(`${WEIGHTS.join(", ")} take their shares of ${REQUESTS} requests, and the spare next hop none`, async () => {
      const spare = await bed.open(110);
      const nextHops = [...hops, spare].map(({ host, port }, i): NextHop => ({
        route: `route-${i}`,
        host,
        port,
        transport: "UDP",
        priority: i < hops.length ? 1 : 2,
        weight: WEIGHTS[i] ?? 1,
        trustIdentity: false,
      }));
      const set = { key: "partner.test", blocked: false, hops: nextHops, next: undefined };
      const { value, orders: encoded } = encodeSet(set, orders);
      const entries = encoded?.values.map((order, k) => [`${encoded.id}/${k}`, order] as const) ?? [];
      await bed.program({
        names: { "partner.test": "A|partner.test" },
        sets: { "partner.test": value },
        orders: Object.fromEntries(entries),
      });
      for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
        const answers = Array.from({ length: AT_ONCE }, () => bed.fromInside("sip:bob@partner.test"));
        for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
      }
      const total = WEIGHTS.reduce((sum, weight) => sum + weight, 0);
      for (const [i, weight] of WEIGHTS.entries()) {
        const share = (hops[i]?.received.length ?? 0) / REQUESTS;
        assert.ok(Math.abs(share - weight / total) <= TOLERANCE, `weight ${weight} of ${total}: ${share}`);
      }
      assert.equal(spare.received.length, 0);
    });
  });
}
