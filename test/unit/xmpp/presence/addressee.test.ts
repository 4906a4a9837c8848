import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import xml from "@xmpp/xml";
import { bare, toJid } from "../../../../src/xmpp/translation/addresses.ts";
import { uriOf } from "../../../../src/xmpp/sip/headers.ts";
import { notify, pidf, PresenceBed, subscribe, valueOf } from "../../../support/presence-bed.ts";

/**
 * Everything that anybody says about themselves holds a text of its own, `contact>addressee`: so wherever a text turns up, it
 * shows whom it was from and for whom.
 */
const INSIDE = ["romeo@local.example", "mercutio@local.example"] as const;
const OUTSIDE = ["juliet@far.example", "nurse@far.example", "juliet@near.example"] as const;

const inside = fc.constantFrom(...INSIDE);
const outside = fc.constantFrom(...OUTSIDE);
const device = fc.constantFrom("", "/phone", "/desk");

const steps = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("sip-subscribe" as const),
      inside,
      outside,
      expires: fc.constantFrom(0, 60, 3600),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("renew" as const),
      inside,
      outside,
      expires: fc.constantFrom(0, 3600),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("xmpp" as const),
      inside,
      outside,
      device,
      type: fc.constantFrom(
        "subscribe",
        "subscribed",
        "probe",
        "",
        "",
        "",
        "unavailable",
        "unsubscribe",
        "unsubscribed",
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("notify" as const),
      nth: fc.nat(20),
      state: fc.constantFrom(
        "active",
        "active",
        "active",
        "pending",
        "terminated",
        "terminated;reason=rejected",
      ),
      basic: fc.constantFrom("open" as const, "closed" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      status: fc.constantFrom(200, 200, 403, 404, 481, 503),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1_000, 1_000, 61_000, 3_600_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

/** The world around a gateway, and what it has seen. */
class World {
  bed: PresenceBed;
  readonly #tags = new Map<string, { tag: string; callId: string; cseq: number }>();
  #count = 0;

  constructor(bed: PresenceBed) {
    this.bed = bed;
  }

  /** Everybody watches everybody, and is approved. */
  async begin(): Promise<void> {
    for (const inside of INSIDE) {
      for (const outside of OUTSIDE) {
        await this.play({ do: "sip-subscribe", inside, outside, expires: 3600 });
        for (const type of ["subscribed", "subscribe"] as const) {
          await this.play({ do: "xmpp", inside, outside, device: "", type });
        }
        await this.play({ do: "notify", nth: 0, state: "active", basic: "open" });
      }
    }
  }

  async play(step: Step): Promise<void> {
    this.#count += 1;
    switch (step.do) {
      case "sip-subscribe": {
        const callId = `call-${this.#count}`;
        const parts = {
          callId,
          expires: step.expires,
          from: `sip:${step.inside}`,
          to: `sip:${step.outside}`,
        };
        const { toTag: tag } = await this.bed.fromSip(subscribe(parts));
        if (tag !== undefined) this.#tags.set(`${step.inside} ${step.outside}`, { tag, callId, cseq: 1 });
        return;
      }
      case "renew": {
        const known = this.#tags.get(`${step.inside} ${step.outside}`);
        if (known === undefined) return;
        known.cseq += 1;
        const { callId, cseq, tag: toTag } = known;
        const from = `sip:${step.inside}`;
        await this.bed.fromSip(
          subscribe({ callId, cseq, toTag, expires: step.expires, from, to: `sip:${step.outside}` }),
        );
        return;
      }
      case "xmpp": {
        const status = xml("status", {}, `${step.outside}>${step.inside}`);
        const type = step.type === "" ? {} : { type: step.type };
        await this.bed.fromXmpp({ from: `${step.outside}${step.device}`, to: step.inside, ...type }, status);
        return;
      }
      case "notify": {
        const requests = this.bed.requests.filter(({ method }) => method === "SUBSCRIBE");
        // mostly one of the last, whose dialogs there are
        const request = requests.at(-1 - (step.nth % Math.max(1, Math.min(requests.length, 8))));
        if (request === undefined) return;
        const about = `${userOf(valueOf(request, "To"))}>${userOf(valueOf(request, "From"))}`;
        const body = pidf(step.basic, { extra: `<note>${about.replace(">", "&gt;")}</note>` });
        await this.bed.fromSip(notify(request, step.state, { cseq: this.#count, body }));
        return;
      }
      case "fail":
        this.bed.answer = () => ({ status: step.status });
        return;
      case "wait":
        await this.bed.clock.advance(step.ms);
        return;
      case "restart": {
        const { requests, stanzas } = this.bed;
        this.bed = await this.bed.restarted();
        this.bed.requests.push(...requests);
        this.bed.stanzas.push(...stanzas);
      }
    }
  }

  check(): void {
    for (const request of this.bed.requests.filter(({ method }) => method === "NOTIFY")) {
      const about = `${userOf(valueOf(request, "From"))}>${userOf(valueOf(request, "To"))}`;
      for (const [, text] of request.body.toString().matchAll(/<note>([^<]*)</g)) {
        assert.equal(text?.replace("&gt;", ">"), about);
      }
    }
    for (const stanza of this.bed.stanzas) {
      const { from = "", to = "" } = stanza.attrs as Record<string, string>;
      const text = stanza.getChildText("status");
      if (text !== null) assert.equal(text, `${bare(from)}>${bare(to)}`);
    }
  }
}

function userOf(value: string): string {
  return toJid(uriOf(value)) ?? "";
}

test("RFC 8048 §8.2: presence never reaches anyone but its addressee, whatever happens in whatever order", async () => {
  let told = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 60 }), async (played) => {
      const world = new World(await PresenceBed.open());
      await world.begin();
      for (const step of played) await world.play(step);
      world.check();
      told += world.bed.requests.filter(({ body }) => body.includes("<note>")).length;
      told += world.bed.stanzas.filter((stanza) => stanza.getChild("status") !== undefined).length;
    }),
    { numRuns: 150 },
  );
  assert.ok(told > 500, `${told} texts were seen`);
});

test("RFC 8048 §8.2: stanzas for others than users, and from others than users, change nothing", async () => {
  const bed = await PresenceBed.open();
  for (const attributes of [
    { from: "far.example", type: "subscribe" },
    { to: "local.example", type: "subscribe" },
    { from: "@far.example", type: "subscribe" },
    { from: "", type: "subscribe" },
    { from: "juliet@", type: "probe" },
  ]) {
    await bed.fromXmpp(attributes);
  }
  assert.equal(bed.gateway.size, 0);
  assert.deepEqual(bed.takeStanzas(), []);
  assert.deepEqual(bed.takeRequests(), []);
});
