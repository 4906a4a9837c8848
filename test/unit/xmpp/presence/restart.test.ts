import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StateWriter } from "../../../../src/xmpp/presence/writer.ts";
import { recordingLogger } from "../../../support/recording-logger.ts";
import { readState, writeState, type SavedState } from "../../../../src/xmpp/presence/state.ts";
import {
  JULIET,
  ManualClock,
  notice,
  notify,
  pidf,
  PresenceBed,
  ROMEO,
  subscribe,
  tagOf,
  valueOf,
} from "../../../support/presence-bed.ts";

test("a SIP watcher's subscription goes on after a restart: state asked for, notified, renewed in its dialog", async () => {
  const before = await PresenceBed.open();
  const tag = tagOf(await before.fromSip(subscribe()));
  await before.fromXmpp({ type: "subscribed" });
  await before.fromXmpp({ from: `${JULIET}/balcony` });
  const last = Math.max(...before.requests.map((request) => Number.parseInt(valueOf(request, "CSeq"))));

  const bed = await before.restarted();
  assert.equal(bed.gateway.size, 1);
  await bed.clock.advance(1_001);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: probe`]);
  assert.deepEqual(bed.takeRequests(), []);
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  const [told] = bed.takeRequests();
  assert.ok(told);
  assert.equal(notice(told), "active open");
  assert.ok(Number.parseInt(valueOf(told, "CSeq")) > last);
  assert.equal(valueOf(told, "Route"), "<sip:127.0.0.1:8067;transport=tcp;lr;mark=o1>");
  assert.equal((await bed.fromSip(subscribe({ cseq: 2, toTag: tag }))).status, 200);
  assert.deepEqual(bed.takeRequests().map(notice), ["active open"]);
  await bed.clock.advance(3_601_000);
  assert.equal(bed.gateway.size, 0);
});

test("one who waits for an approval is asked for again after a restart", async () => {
  const before = await PresenceBed.open();
  await before.fromSip(subscribe());
  const bed = await before.restarted();
  await bed.clock.advance(1_001);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: subscribe`]);
  await bed.fromXmpp({ type: "subscribed" });
  assert.deepEqual(bed.takeRequests().map(notice), ["active"]);
  // who had approved before says no more than that
  await bed.clock.advance(5_000);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: probe`]);
});

test("an XMPP watcher's subscription is renewed after a restart, and what was shown is taken back", async () => {
  const before = await PresenceBed.open();
  await before.fromXmpp({ type: "subscribe" });
  const [request] = before.takeRequests();
  assert.ok(request);
  await before.fromSip(notify(request, "active;expires=3600", { body: pidf("open") }));

  const bed = await before.restarted();
  // a NOTIFY of the dialog from before
  await bed.fromSip(notify(request, "active", { cseq: 2, body: pidf("open", { id: "ID-desk" }) }));
  assert.deepEqual(bed.takeStanzas(), [
    `${ROMEO}/desk > ${JULIET}: available`,
    `${ROMEO}/phone > ${JULIET}: unavailable`,
  ]);
  await bed.clock.advance(1_001);
  const [renewal] = bed.takeRequests();
  assert.ok(renewal);
  assert.equal(valueOf(renewal, "Call-ID"), valueOf(request, "Call-ID"));
  assert.ok(Number.parseInt(valueOf(renewal, "CSeq")) > Number.parseInt(valueOf(request, "CSeq")));
});

test("after a long time away subscriptions of XMPP watchers are made anew, and those of SIP watchers are over", async () => {
  const before = await PresenceBed.open();
  await before.fromSip(subscribe());
  await before.fromXmpp({ type: "subscribe" });
  const [request] = before.takeRequests().filter(({ method }) => method === "SUBSCRIBE");
  assert.ok(request);
  await before.fromSip(notify(request, "active;expires=3600", { body: pidf("open") }));
  const bed = await before.restarted(7_200_000);
  await bed.clock.advance(1_001);
  const [anew, end] = bed.takeRequests().toSorted((one, other) => -one.method.localeCompare(other.method));
  assert.ok(end && anew);
  assert.equal(notice(end), "terminated;reason=timeout");
  assert.equal(anew.method, "SUBSCRIBE");
  assert.notEqual(valueOf(anew, "Call-ID"), valueOf(request, "Call-ID"));
});

test("after a restart subscriptions are renewed twenty a second", async () => {
  const before = await PresenceBed.open();
  for (let index = 0; index < 50; index += 1) {
    await before.fromXmpp({ type: "subscribe", from: `user${index}@far.example` });
  }
  const bed = await before.restarted();
  const counts = [];
  for (let second = 0; second < 4; second += 1) {
    await bed.clock.advance(1_000);
    counts.push(bed.takeRequests().length);
  }
  assert.deepEqual(counts, [20, 20, 10, 0]);
});

test("a state that is damaged, or of another version, is dropped with a word; its good lines are kept", async () => {
  for (const saved of ["presence 2\n[]", "{}", "\0\0", "presence"]) {
    const bed = await PresenceBed.open({ saved });
    assert.equal(bed.gateway.size, 0);
    assert.deepEqual(
      bed.log.records.map(({ level }) => level),
      ["warn"],
    );
  }
  const before = await PresenceBed.open();
  await before.fromSip(subscribe());
  await before.gateway.stop();
  const damaged = `${before.saved ?? ""}\n["s","a"]\n[`;
  const bed = await PresenceBed.open({ saved: damaged });
  assert.equal(bed.gateway.size, 1);
  assert.deepEqual(
    bed.log.records.map(({ level }) => level),
    ["warn", "info"],
  );
  assert.equal((await PresenceBed.open({ saved: "" })).log.records.length, 0);
});

test("what comes or goes is written at once, but once a second, what is renewed within half a minute, once", async () => {
  const bed = await PresenceBed.open();
  const tag = tagOf(await bed.fromSip(subscribe()));
  await bed.fromSip(subscribe({ callId: "call-2" }));
  assert.equal(bed.saves, 0);
  await bed.clock.advance(50);
  assert.equal(bed.saves, 1);
  await bed.fromSip(subscribe({ callId: "call-3" }));
  await bed.clock.advance(999);
  assert.equal(bed.saves, 1);
  await bed.clock.advance(1);
  assert.equal(bed.saves, 2);
  for (let cseq = 2; cseq < 10; cseq += 1) await bed.fromSip(subscribe({ cseq, toTag: tag }));
  await bed.clock.advance(29_000);
  assert.equal(bed.saves, 2);
  await bed.clock.advance(1_001);
  assert.equal(bed.saves, 3);
  await bed.gateway.stop();
  assert.equal(bed.saves, 3);
});

test("a store that fails is tried again, later and later, and gets the latest state", async () => {
  const clock = new ManualClock();
  const log = recordingLogger();
  const tried: string[] = [];
  let fails = true;
  let state = "one";
  const store = {
    load: () => Promise.resolve(undefined),
    save: (text: string) => {
      tried.push(text);
      return fails ? Promise.reject(new Error("too large")) : Promise.resolve();
    },
  };
  const writer = new StateWriter({ store, compose: () => state, clock, log });
  writer.changed();
  await clock.advance(50);
  writer.changed();
  await clock.advance(4_999);
  assert.deepEqual(tried, ["one"]);
  await clock.advance(1);
  await clock.advance(9_999);
  assert.deepEqual(tried, ["one", "one"]);
  state = "two";
  fails = false;
  await clock.advance(1);
  await clock.advance(600_000);
  assert.deepEqual(tried, ["one", "one", "two"]);
  assert.equal(log.records.length, 2);
});

/** As JSON gives them. */
const PLAIN = { noNullPrototype: true } as const;
const texts = fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]/.test(text));
const counts = fc.integer({ min: 0, max: 2 ** 31 });
const servings = fc.record(
  {
    dialog: fc.record(
      {
        callId: texts,
        localUri: texts,
        localTag: texts,
        remoteUri: texts,
        remoteTag: texts,
        target: texts,
        routes: fc.array(texts),
        remoteSeq: counts,
      },
      PLAIN,
    ),
    expiresAt: counts.map((seconds) => seconds * 1000),
    seq: counts,
  },
  PLAIN,
);
const saved: fc.Arbitrary<SavedState> = fc.record(
  {
    sipWatchers: fc.array(
      fc
        .tuple(
          fc.record({ watcher: texts, contact: texts, isActive: fc.boolean(), event: texts }, PLAIN),
          servings,
        )
        .map(([one, other]) => ({ ...one, ...other })),
    ),
    xmppWatchers: fc.array(
      fc.record(
        {
          watcher: texts,
          contact: texts,
          isApproved: fc.boolean(),
          shown: fc.array(texts),
          serving: fc.option(servings, { nil: undefined }),
        },
        PLAIN,
      ),
    ),
  },
  PLAIN,
);

test("the state that is read is the state that was written", () => {
  fc.assert(
    fc.property(saved, (state) => {
      assert.deepEqual(readState(writeState(state)), { ...state, damaged: 0 });
    }),
  );
});

test("no text makes the reader throw, and nothing in it breaks out of a header", () => {
  fc.assert(fc.property(fc.string(), (text) => void readState(`presence 1\n${text}`)));
  fc.assert(fc.property(fc.json(), (text) => void readState(`presence 1\n["x",${text}]`)));
  const evil = '["x","a@b.example","c@d.example\\r\\nEvil: yes",true,[]]';
  assert.deepEqual(readState(`presence 1\n${evil}`), { sipWatchers: [], xmppWatchers: [], damaged: 1 });
});
