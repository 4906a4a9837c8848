import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../../src/federation/decide.ts";
import { admit, isUnknown, shouldRemember, type DiscoveryState } from "../../../src/federation/discovery.ts";
import { translate } from "../../../src/federation/translate.ts";
import type { Direction } from "../../../src/federation/types.ts";
import { domainName, federationConfig, federationObjects } from "../../support/arbitraries.ts";

const LIMITS = { ratePerSecond: 10, burst: 3, maxLimitedDomains: 0 };

class Discovery {
  state: DiscoveryState = {};

  admit(direction: Direction, now: number, limited = 0, limits = LIMITS): boolean {
    return this.refusal(direction, now, limited, limits) === undefined;
  }

  refusal(direction: Direction, now: number, limited = 0, limits = LIMITS): string | undefined {
    const { refusedBy, state } = admit(this.state, limits, direction, now, limited);
    this.state = state;
    return refusedBy;
  }
}

test("a burst is admitted at once, then the rate", () => {
  const discovery = new Discovery();
  const at = (now: number) => discovery.admit("outbound", now);
  assert.deepEqual([at(0), at(0), at(0), at(0)], [true, true, true, false]);
  assert.deepEqual([at(99), at(100), at(199), at(200)], [false, true, false, true]);
});

test("after a quiet time there is one burst, not more", () => {
  const discovery = new Discovery();
  discovery.admit("outbound", 0);
  const admitted = Array.from({ length: 10 }, () => discovery.admit("outbound", 3_600_000));
  assert.equal(admitted.filter(Boolean).length, LIMITS.burst);
});

test("neither direction takes from the rate of the other", () => {
  const discovery = new Discovery();
  while (discovery.admit("inbound", 0));
  assert.equal(discovery.admit("outbound", 0), true);
});

test("a full list of Limited domains admits nobody, and inbound discovery fills half of it", () => {
  const limits = { ...LIMITS, maxLimitedDomains: 10 };
  const discovery = new Discovery();
  assert.equal(discovery.admit("inbound", 0, 4, limits), true);
  assert.equal(discovery.admit("inbound", 0, 5, limits), false);
  assert.equal(discovery.admit("outbound", 0, 9, limits), true);
  assert.equal(discovery.admit("outbound", 0, 10, limits), false);
});

test("a refusal names the limit that stands in the way", () => {
  const limits = { ratePerSecond: 1, burst: 1, maxLimitedDomains: 10 };
  const discovery = new Discovery();
  assert.equal(discovery.refusal("outbound", 0, 9, limits), undefined);
  assert.equal(discovery.refusal("outbound", 0, 9, limits), "rate");
  assert.equal(discovery.refusal("outbound", 0, 10, limits), "limitedDomains");
  assert.equal(discovery.refusal("inbound", 0, 5, limits), "limitedDomains");
});

test("zero means no limit", () => {
  const discovery = new Discovery();
  const limits = { ratePerSecond: 0, burst: 1, maxLimitedDomains: 0 };
  for (let count = 0; count < 1000; count++) {
    assert.equal(discovery.admit("outbound", 0, 1_000_000, limits), true);
  }
});

test("never more than the burst and the rate, whatever the times", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 200 }), (gaps) => {
      const discovery = new Discovery();
      let now = 0;
      let admitted = 0;
      for (const gap of gaps) {
        now += gap;
        if (discovery.admit("outbound", now)) admitted++;
      }
      assert.ok(admitted <= LIMITS.burst + (now / 1000) * LIMITS.ratePerSecond + 1e-6);
    }),
  );
});

test("a domain is remembered exactly where a request of this moment would cache it", () => {
  fc.assert(
    fc.property(federationObjects(), federationConfig(), domainName, (objects, settings, domain) => {
      const { table } = translate(objects, settings);
      const requestUri = { scheme: "sip", host: domain };
      const decision = decide(table, { method: "MESSAGE", source: "10.1.1.1", requestUri, from: undefined });
      const caches = decision.action === "relay" && decision.cache;
      assert.equal(shouldRemember(table, domain, "outbound"), caches);
    }),
    { numRuns: 1000 },
  );
});

test("a domain is asked over XMPP exactly where the table has nothing but the open default route for it", () => {
  fc.assert(
    fc.property(federationObjects(), federationConfig(), domainName, (objects, settings, domain) => {
      const { table } = translate(objects, settings);
      const requestUri = { scheme: "sip", host: domain };
      const decision = decide(table, { method: "MESSAGE", source: "10.1.1.1", requestUri, from: undefined });
      const isDiscovered = decision.action === "relay" && decision.cache && decision.row === 5;
      assert.equal(isUnknown(table, domain, "outbound"), isDiscovered);
    }),
    { numRuns: 1000 },
  );
});
