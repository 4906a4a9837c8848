import assert from "node:assert/strict";
import { test } from "node:test";
import xml from "@xmpp/xml";
import { header } from "../../../../src/xmpp/sip/headers.ts";
import type { SipRequest } from "../../../../src/xmpp/sip/types.ts";
import {
  expiresOf,
  JULIET,
  notice,
  notify,
  pidf,
  PresenceBed,
  ROMEO,
  subscribe,
  tagOf,
  valueOf,
  watching,
} from "../../../support/presence-bed.ts";

async function statusOf(request: SipRequest): Promise<[number, string | undefined, PresenceBed]> {
  const bed = await PresenceBed.open();
  const { status, headers = [] } = await bed.fromSip(request);
  return [status, headers.map(([name, value]) => `${name}: ${value}`)[0], bed];
}

test("RFC 6665 §4.2.1: what a SUBSCRIBE may not ask for", async () => {
  for (const [headers, status, says] of [
    [[["Event", "dialog"]], 489, "Allow-Events: presence"],
    [[["Event", "presence.winfo"]], 489, "Allow-Events: presence"],
    [[["Event", ""]], 489, "Allow-Events: presence"],
    [[["Accept", "application/xpidf+xml"]], 406, undefined],
    [[["Expires", "59"]], 423, "Min-Expires: 60"],
    [[["Expires", "soon"]], 400, undefined],
    [[["Contact", "*"]], 400, undefined],
    [[["Contact", ""]], 400, undefined],
    [[["From", "<tel:+4930>;tag=1"]], 400, undefined],
    [[["CSeq", "many SUBSCRIBE"]], 400, undefined],
  ] as const) {
    const [answered, hint, bed] = await statusOf(subscribe({ headers }));
    assert.deepEqual([answered, hint], [status, says], JSON.stringify(headers));
    assert.deepEqual(bed.takeStanzas(), []);
    assert.equal(bed.gateway.size, 0);
  }
  const [nobody] = await statusOf(subscribe({ to: "sip:far.example" }));
  assert.equal(nobody, 404);
});

test("RFC 6665 §4.2.1: what it may", async () => {
  for (const headers of [
    [["Accept", "text/plain, application/pidf+xml;q=0.5"]],
    [["Accept", "*/*"]],
    [["Accept", ""]],
    [["Event", "Presence ;id=7"]],
    [["Expires", "60"]],
    [["Expires", "4000000000"]],
  ] as const) {
    const [status, , bed] = await statusOf(subscribe({ headers }));
    assert.equal(status, 200, JSON.stringify(headers));
    const [first] = bed.takeRequests();
    assert.ok(first);
    assert.equal(valueOf(first, "Event"), headers[0][0] === "Event" ? headers[0][1] : "presence");
  }
});

test("RFC 6665 §4.2.1: a shorter time is granted as asked, a longer one shortened", async () => {
  for (const [asked, granted] of [
    [60, 60],
    [3600, 3600],
    [86_400, 3600],
  ] as const) {
    const bed = await PresenceBed.open();
    assert.equal(expiresOf(await bed.fromSip(subscribe({ expires: asked }))), granted);
  }
});

test("RFC 6665 §4.2.1: a subscription that is not renewed is told so when it expires", async () => {
  const bed = await PresenceBed.open();
  await bed.fromSip(subscribe({ expires: 60 }));
  await bed.clock.advance(59_000);
  assert.deepEqual(bed.takeRequests().map(notice), ["pending"]);
  bed.takeStanzas();
  await bed.clock.advance(2_000);
  assert.deepEqual(bed.takeRequests().map(notice), ["terminated;reason=timeout"]);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: unavailable`]);
  assert.equal(bed.gateway.size, 0);
});

test("RFC 6665 §4.2.1: the NOTIFY never goes out before the answer", async () => {
  const bed = await PresenceBed.open();
  const answered = bed.gateway.fromSip(subscribe()).then(() => bed.requests.length);
  await bed.clock.advance(0);
  assert.equal(await answered, 0);
  assert.equal(bed.requests.length, 1);
});

test("RFC 6665 §4.2.2: answers to a NOTIFY that end the subscription, and others that do not", async () => {
  for (const [status, size] of [
    [481, 0],
    [404, 0],
    [408, 0],
    [489, 0],
    [500, 1],
    [503, 1],
    [403, 1],
  ] as const) {
    const bed = await PresenceBed.open();
    bed.answer = () => ({ status });
    await bed.fromSip(subscribe());
    assert.equal(bed.gateway.size, size, String(status));
    await bed.clock.advance(10_001);
    assert.equal(bed.requests.length, size === 0 ? 1 : 2, `${status}: tried again`);
  }
});

test("RFC 6665 §4.2.2: of one user agent that is gone others do not notice", async () => {
  const bed = await PresenceBed.open();
  await bed.fromSip(subscribe());
  await bed.fromSip(subscribe({ callId: "call-2" }));
  bed.takeStanzas();
  bed.answer = (request) => ({ status: valueOf(request, "Call-ID") === "call-1" ? 481 : 200 });
  await bed.fromXmpp({ type: "subscribed" });
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  assert.equal(bed.gateway.size, 1);
  assert.deepEqual(bed.takeStanzas(), []);
  const ofSecond = bed.requests.filter((request) => valueOf(request, "Call-ID") === "call-2");
  assert.deepEqual(ofSecond.map(notice), ["pending", "active", "active open"]);
});

test("RFC 6665 §4.2.2: one NOTIFY at a time, the last state last, numbers that rise", async () => {
  const bed = await PresenceBed.open();
  await bed.fromSip(subscribe());
  await bed.fromXmpp({ type: "subscribed" });
  bed.takeRequests();
  const waiting: ((answer: { status: number }) => void)[] = [];
  bed.answer = () => new Promise((resolve) => waiting.push(resolve));
  for (const show of ["away", "xa", "dnd", "chat"])
    await bed.fromXmpp({ from: `${JULIET}/a` }, xml("show", {}, show));
  assert.deepEqual(bed.requests.map(notice), ["active open away"]);
  waiting.shift()?.({ status: 200 });
  await bed.clock.advance(0);
  assert.deepEqual(bed.requests.map(notice), ["active open away", "active open chat"]);
  const [one, two] = bed.requests.map((request) => Number.parseInt(valueOf(request, "CSeq")));
  assert.ok((one ?? 0) < (two ?? 0));
});

test("RFC 6665 §4.1.3: a NOTIFY that matches nothing, comes late, or is a fork", async () => {
  const { bed, request } = await watching();
  const status = async (...parts: Parameters<typeof notify>): Promise<number> =>
    (await bed.fromSip(notify(...parts))).status;
  assert.equal(await status(request, "active", { cseq: 5 }), 200);
  assert.equal(await status(request, "active", { cseq: 4, body: pidf("closed") }), 500);
  assert.equal(await status(request, "active", { cseq: 6, tag: "other", body: pidf("closed") }), 481);
  assert.equal(await status(request, "active", { cseq: 6, headers: [["Call-ID", "other"]] }), 481);
  assert.equal(await status(request, "active", { cseq: 6, headers: [["Event", "dialog"]] }), 489);
  assert.equal(await status(request, "active", { cseq: 6, headers: [["Subscription-State", ""]] }), 400);
  assert.equal(await status(request, "active", { cseq: 6, body: "<presence", headers: [] }), 400);
  const type = [["Content-Type", "text/plain"]] as const;
  assert.equal(await status(request, "active", { cseq: 6, body: "open", headers: type }), 415);
  assert.deepEqual(bed.takeStanzas(), []);
});

test("RFC 6665 §4.1.3: what follows from a subscription that the contact ends", async () => {
  for (const [state, waitMs, requests, stanzas] of [
    ["terminated;reason=deactivated", 11_000, 1, []],
    ["terminated;reason=timeout", 11_000, 1, []],
    ["terminated;reason=probation;retry-after=60", 59_000, 0, [`${ROMEO}/phone > ${JULIET}: unavailable`]],
    ["terminated;reason=probation;retry-after=60", 62_000, 1, [`${ROMEO}/phone > ${JULIET}: unavailable`]],
    ["terminated;reason=giveup", 32_000, 1, [`${ROMEO}/phone > ${JULIET}: unavailable`]],
    ["terminated", 32_000, 1, [`${ROMEO}/phone > ${JULIET}: unavailable`]],
    ["terminated;reason=invariant", 7_200_000, 0, []],
    [
      "terminated;reason=rejected",
      7_200_000,
      0,
      [`${ROMEO}/phone > ${JULIET}: unavailable`, `${ROMEO} > ${JULIET}: unsubscribed`],
    ],
    [
      "terminated;reason=noresource",
      7_200_000,
      0,
      [`${ROMEO}/phone > ${JULIET}: unavailable`, `${ROMEO} > ${JULIET}: unsubscribed`],
    ],
  ] as const) {
    const { bed, request } = await watching();
    assert.equal((await bed.fromSip(notify(request, state, { cseq: 2 }))).status, 200);
    await bed.clock.advance(waitMs);
    const anew = bed.takeRequests();
    assert.equal(anew.length, requests, state);
    assert.ok(anew.every((other) => valueOf(other, "Call-ID") !== valueOf(request, "Call-ID")));
    assert.deepEqual(bed.takeStanzas(), stanzas, state);
  }
});

test("RFC 6665 §4.1.2: without a NOTIFY in 32 seconds it counts as failed, and is tried anew", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe" });
  const [first] = bed.takeRequests();
  assert.ok(first);
  await bed.clock.advance(33_000);
  assert.equal((await bed.fromSip(notify(first, "active", { body: pidf("open") }))).status, 481);
  await bed.clock.advance(30_000);
  const [second] = bed.takeRequests();
  assert.ok(second);
  assert.notEqual(valueOf(first, "Call-ID"), valueOf(second, "Call-ID"));
  assert.deepEqual(bed.takeStanzas(), []);
});

test("RFC 6665 §4.1.2: a NOTIFY that comes before the answer to its SUBSCRIBE counts", async () => {
  const bed = await PresenceBed.open();
  let answer: (answer: { status: number }) => void = () => undefined;
  bed.answer = () => new Promise((resolve) => (answer = resolve));
  await bed.fromXmpp({ type: "subscribe" });
  const [request] = bed.takeRequests();
  assert.ok(request);
  await bed.fromSip(notify(request, "active", { body: pidf("open") }));
  answer({ status: 200 });
  await bed.clock.advance(60_000);
  assert.deepEqual(bed.takeStanzas(), [
    `${ROMEO} > ${JULIET}: subscribed`,
    `${ROMEO}/phone > ${JULIET}: available`,
  ]);
  assert.deepEqual(bed.takeRequests(), []);
});

test("RFC 3261 §12.2.2: a SUBSCRIBE inside a dialog that there is not gets 481, an old one 500", async () => {
  const bed = await PresenceBed.open();
  const tag = tagOf(await bed.fromSip(subscribe({ cseq: 10 })));
  assert.equal((await bed.fromSip(subscribe({ cseq: 9, toTag: tag }))).status, 500);
  assert.equal((await bed.fromSip(subscribe({ cseq: 11, toTag: "other" }))).status, 481);
  assert.equal((await bed.fromSip(subscribe({ cseq: 11, toTag: tag, fromTag: "other" }))).status, 481);
  assert.equal((await bed.fromSip(subscribe({ cseq: 11, toTag: tag, callId: "other" }))).status, 481);
  assert.equal((await bed.fromSip(subscribe({ cseq: 11, toTag: tag }))).status, 200);
});

test("RFC 3261 §12.2.2: a request that came twice opens one dialog, and a Contact in it moves the target", async () => {
  const bed = await PresenceBed.open();
  const first = await bed.fromSip(subscribe());
  const again = await bed.fromSip(subscribe());
  assert.equal(tagOf(first), tagOf(again));
  assert.equal(bed.gateway.size, 1);
  bed.takeRequests();
  const headers = [["Contact", "<sip:romeo@192.0.2.8>"]] as const;
  await bed.fromSip(subscribe({ cseq: 2, toTag: tagOf(first), headers }));
  assert.equal(bed.takeRequests()[0]?.uri, "sip:romeo@192.0.2.8");
});

test("RFC 6665 §4.2.1: beyond the limit on subscriptions the answer is 480 with Retry-After", async () => {
  const bed = await PresenceBed.open({ maxSubscriptions: 1 });
  const tag = tagOf(await bed.fromSip(subscribe()));
  const { status, headers = [] } = await bed.fromSip(subscribe({ callId: "call-2" }));
  assert.equal(status, 480);
  assert.equal(header(headers, "Retry-After"), "300");
  assert.equal((await bed.fromSip(subscribe({ cseq: 2, toTag: tag }))).status, 200);
});
