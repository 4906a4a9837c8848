/** Two user agents that others wrote, Baresip inside and Twinkle outside, with the router between them. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { startBaresip } from "../../support/phones/baresip.ts";
import type { Phone } from "../../support/phones/phone.ts";
import { startTwinkle } from "../../support/phones/twinkle.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import type { SipTransportName } from "../../support/sip/transport.ts";

const PARTNER = "partner.test";
const BARESIP = 11;

interface Phones {
  readonly baresip: Phone;
  readonly twinkle: Phone;
}

const pairs: readonly (readonly [baresip: SipTransportName, twinkle: SipTransportName])[] = [
  ["udp", "tcp"],
  ["tcp", "udp"],
];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, Baresip and Twinkle`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary, { insideListener: true });
    });
    after(() => bed.close());

    async function start([first, second]: (typeof pairs)[number]): Promise<Phones> {
      const proxy = bed.target();
      const insideProxy = { ...proxy, port: bed.ports.inside };
      const alice = {
        user: "alice",
        domain: LOCAL,
        peer: `sip:bob@${PARTNER}`,
        proxy: insideProxy,
        transport: first,
      };
      const bob = { user: "bob", domain: PARTNER, peer: `sip:alice@${LOCAL}`, proxy, transport: second };
      const [baresip, twinkle] = await Promise.all([
        startBaresip(bed.address(BARESIP), alice),
        startTwinkle(bob),
      ]);
      await bed.program({
        names: { [PARTNER]: `A|${PARTNER}` },
        sets: { [LOCAL]: to(uri(baresip, first)), [PARTNER]: to(uri(twinkle, second)) },
      });
      return { baresip, twinkle };
    }

    for (const pair of pairs) {
      test(`they call and write to each other, ${pair.join(" and ")}`, async (t) => {
        const { baresip, twinkle } = await start(pair);
        t.after(() => Promise.all([baresip.stop(), twinkle.stop()]));
        const both = [baresip, twinkle];
        let calls = 0;
        for (const [caller, ender] of [
          [baresip, baresip],
          [baresip, twinkle],
          [twinkle, twinkle],
          [twinkle, baresip],
        ] as const) {
          caller.call();
          calls += 1;
          await Promise.all(both.map((it) => it.waitForCalls(calls, calls - 1)));
          ender.hangUp();
          await Promise.all(both.map((it) => it.waitForCalls(calls, calls)));
        }
        assertUnchanged(baresip.descriptions(), twinkle.descriptions(), 2 * calls);
        for (const [sender, receiver] of [both, both.toReversed()] as const) {
          const text = `hello from ${sender === baresip ? "Baresip" : "Twinkle"}`;
          sender?.write(text);
          await receiver?.waitForTrace(text, new RegExp(text));
        }
      });
    }
  });
}

/** Each description that one side logged is what the other one did, as far as the logs go. */
function assertUnchanged(some: readonly string[], others: readonly string[], count: number): void {
  assert.deepEqual([some.length, others.length], [count, count]);
  const paired = some.filter((it) => others.some((other) => it.startsWith(other) || other.startsWith(it)));
  assert.deepEqual(paired, some, "session descriptions pass unchanged");
  assert.ok(
    others.every((it) => it.includes("\nc=IN IP4 ")),
    "media addresses are among what was compared",
  );
}
