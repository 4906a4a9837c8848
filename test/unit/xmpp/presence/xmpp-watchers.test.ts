import assert from "node:assert/strict";
import { test } from "node:test";
import { parameter } from "../../../../src/xmpp/sip/headers.ts";
import {
  only,
  watching,
  CONTACT,
  expiresOf,
  fromTag,
  JULIET,
  notify,
  pidf,
  PresenceBed,
  ROMEO,
  valueOf,
} from "../../../support/presence-bed.ts";

const HOUR_MS = 3_600_000;
/** When a subscription of an hour is renewed. */
const RENEWAL_MS = HOUR_MS * 0.9 + 1_001;

test("RFC 8048 §5.2.1: subscribe becomes SUBSCRIBE; pending yields no stanza, the first active subscribed and presence", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe", from: `${JULIET}/balcony` });
  const request = only(bed);
  assert.equal(request.method, "SUBSCRIBE");
  assert.equal(request.uri, `sip:${ROMEO}`);
  assert.match(valueOf(request, "From"), /^<sip:juliet@far\.example>;tag=\w+$/);
  assert.equal(valueOf(request, "To"), `<sip:${ROMEO}>`);
  assert.equal(valueOf(request, "Contact"), `<${CONTACT}>`);
  assert.equal(valueOf(request, "Accept"), "application/pidf+xml");
  assert.equal(expiresOf(request), 3600);
  const answer = await bed.fromSip(notify(request, "pending;expires=3600", { body: pidf("open") }));
  assert.equal(answer.status, 200);
  assert.deepEqual(bed.takeStanzas(), []);
  await bed.fromSip(notify(request, "active;expires=3600", { body: pidf("open"), cseq: 2 }));
  assert.deepEqual(bed.takeStanzas(), [
    `${ROMEO} > ${JULIET}: subscribed`,
    `${ROMEO}/phone > ${JULIET}: available`,
  ]);
});

test("RFC 8048 §5.2.1: an active NOTIFY without a document comes to unavailable", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe" });
  await bed.fromSip(notify(only(bed), "active"));
  assert.deepEqual(bed.takeStanzas(), [
    `${ROMEO} > ${JULIET}: subscribed`,
    `${ROMEO} > ${JULIET}: unavailable`,
  ]);
});

test("RFC 8048 §5.2.1: asking again changes nothing, and once approved is approved at once", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe" });
  const request = only(bed);
  await bed.fromXmpp({ type: "subscribe" });
  assert.deepEqual(bed.takeRequests(), []);
  await bed.fromSip(notify(request, "active", { body: pidf("open") }));
  bed.takeStanzas();
  await bed.fromXmpp({ type: "subscribe" });
  assert.deepEqual(bed.takeStanzas(), [
    `${ROMEO} > ${JULIET}: subscribed`,
    `${ROMEO}/phone > ${JULIET}: available`,
  ]);
  assert.deepEqual(bed.takeRequests(), []);
});

test("RFC 8048 §5.2.2: it is renewed before it expires, inside the dialog of the NOTIFY", async () => {
  const { bed, request } = await watching();
  bed.answer = () => ({ status: 200, headers: [["Expires", "600"]] });
  await bed.clock.advance(HOUR_MS * 0.89);
  assert.deepEqual(bed.takeRequests(), []);
  await bed.clock.advance(HOUR_MS * 0.01 + 1_001);
  const renewal = only(bed);
  assert.equal(renewal.uri, "sip:romeo@192.0.2.9:5080");
  assert.equal(valueOf(renewal, "Route"), "<sip:127.0.0.1:8067;transport=tcp;lr;mark=i1>");
  assert.equal(valueOf(renewal, "Call-ID"), valueOf(request, "Call-ID"));
  assert.equal(fromTag(renewal), fromTag(request));
  assert.equal(parameter(valueOf(renewal, "To"), "tag"), "pres");
  assert.ok(Number.parseInt(valueOf(renewal, "CSeq")) > Number.parseInt(valueOf(request, "CSeq")));
  await bed.fromSip(notify(renewal, "active;expires=600", { cseq: 2 }));
  await bed.clock.advance(RENEWAL_MS / 6 + 1_001);
  assert.equal(only(bed).method, "SUBSCRIBE");
  assert.deepEqual(bed.takeStanzas(), []);
});

test("RFC 8048 §5.2.2: 403, 489 and 603 cancel the authorization for good", async () => {
  for (const status of [403, 489, 603]) {
    const first = await PresenceBed.open();
    first.answer = () => ({ status });
    await first.fromXmpp({ type: "subscribe" });
    assert.deepEqual(first.takeStanzas(), [`${ROMEO} > ${JULIET}: unsubscribed`]);
    assert.equal(first.gateway.size, 0);

    const { bed } = await watching();
    bed.answer = () => ({ status });
    await bed.clock.advance(HOUR_MS * 0.91);
    assert.deepEqual(bed.takeStanzas(), [
      `${ROMEO}/phone > ${JULIET}: unavailable`,
      `${ROMEO} > ${JULIET}: unsubscribed`,
    ]);
    await bed.clock.advance(HOUR_MS);
    assert.equal(bed.takeRequests().length, 1);
  }
});

test("RFC 8048 §5.2.2: 423 and 481 are transient: a longer time, a new dialog", async () => {
  const { bed, request } = await watching();
  bed.answer = (asked) =>
    expiresOf(asked) < 7200 ? { status: 423, headers: [["Min-Expires", "7200"]] } : { status: 200 };
  await bed.clock.advance(RENEWAL_MS + 1_000);
  const [, longer, ...more] = bed.takeRequests();
  assert.ok(longer);
  assert.deepEqual([expiresOf(longer), more], [7200, []]);
  await bed.fromSip(notify(longer, "active", { cseq: 2 }));
  bed.answer = (asked) => ({ status: valueOf(asked, "Call-ID") === valueOf(request, "Call-ID") ? 481 : 200 });
  await bed.clock.advance(2 * RENEWAL_MS + 2_000);
  const [old, anew, ...others] = bed.takeRequests();
  assert.ok(old && anew);
  assert.deepEqual(others, []);
  assert.equal(parameter(valueOf(anew, "To"), "tag"), undefined);
  assert.notEqual(valueOf(anew, "Call-ID"), valueOf(old, "Call-ID"));
  assert.notEqual(fromTag(anew), fromTag(old));
});

test("RFC 8048 §5.2.2: other errors pass: tried again later and later, and no word to who was approved", async () => {
  const { bed } = await watching();
  bed.answer = () => ({ status: 503 });
  await bed.clock.advance(RENEWAL_MS + 120_000);
  assert.equal(bed.takeRequests().length, 3); // at once, after 30 s, after a minute more
  assert.deepEqual(bed.takeStanzas(), []);
  await bed.clock.advance(HOUR_MS);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO}/phone > ${JULIET}: unavailable`]); // expired
  bed.answer = () => ({ status: 200 });
  bed.takeRequests();
  while (bed.requests.length === 0) await bed.clock.advance(10_000);
  await bed.fromSip(notify(only(bed), "active", { body: pidf("open") }));
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO}/phone > ${JULIET}: available`]);
});

test("RFC 8048 §5.2.2: when the watcher comes online, there is a subscription", async () => {
  const { bed, request } = await watching();
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  await bed.fromXmpp({ from: `${JULIET}/balcony`, type: "unavailable" });
  await bed.clock.advance(HOUR_MS * 1.1);
  assert.deepEqual(bed.takeRequests(), [], "nobody looks: not renewed");
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO}/phone > ${JULIET}: unavailable`]);
  assert.equal(bed.gateway.size, 1, "but still approved");
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  await bed.clock.advance(1_001);
  const anew = only(bed);
  assert.notEqual(valueOf(anew, "Call-ID"), valueOf(request, "Call-ID"));
  await bed.fromSip(notify(anew, "active", { body: pidf("closed") }));
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: unavailable`]);
});

test("RFC 8048 §5.2.2: one device of several that goes is nobody gone", async () => {
  const { bed } = await watching();
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  await bed.fromXmpp({ from: `${JULIET}/garden` });
  await bed.fromXmpp({ from: `${JULIET}/balcony`, type: "unavailable" });
  await bed.fromXmpp({ type: "unavailable" });
  await bed.clock.advance(HOUR_MS * 0.91);
  assert.equal(bed.takeRequests().length, 1);
});

test("RFC 8048 §5.2.3: unsubscribe becomes SUBSCRIBE with Expires 0, its 200 unsubscribed; the last NOTIFY is answered", async () => {
  const { bed, request } = await watching();
  await bed.fromXmpp({ type: "unsubscribe" });
  const end = only(bed);
  assert.equal(expiresOf(end), 0);
  assert.equal(valueOf(end, "Call-ID"), valueOf(request, "Call-ID"));
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: unsubscribed`]);
  const last = notify(request, "terminated;reason=timeout", { cseq: 2, body: pidf("open") });
  assert.equal((await bed.fromSip(last)).status, 200);
  assert.equal((await bed.fromSip(last)).status, 481);
  assert.deepEqual(bed.takeStanzas(), []);
  assert.equal(bed.gateway.size, 0);
});

test("RFC 8048 §5.2.3: what was never approved, or never was, ends as well", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe" });
  const request = only(bed);
  await bed.fromXmpp({ type: "unsubscribe" });
  assert.deepEqual(bed.takeRequests(), []);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: unsubscribed`]);
  assert.equal((await bed.fromSip(notify(request, "active", { body: pidf("open") }))).status, 481);
  assert.deepEqual(bed.takeStanzas(), []);
});

test("RFC 8048 §6.3: NOTIFY becomes presence: open, closed, show, note, priority, a resource for each tuple", async () => {
  const { bed, request } = await watching();
  const told = async (cseq: number, body: string): Promise<string[]> => {
    const headers = [["Content-Language", "de"]] as const;
    await bed.fromSip(notify(request, "active", { cseq, body, headers }));
    assert.ok(bed.stanzas.every((stanza) => stanza.attrs["xml:lang"] === "de" || stanza.attrs.type));
    return bed.takeStanzas();
  };
  const busy = `<contact priority='0.5'>sip:a@b.example</contact><note>Schläft</note>`;
  assert.deepEqual(await told(2, pidf("open", { extra: busy })), [
    `${ROMEO}/phone > ${JULIET}: available priority=64 status=Schläft`,
  ]);
  const show = pidf("open", { id: "desk" }).replace(
    "</basic>",
    "</basic><show xmlns='jabber:client'>dnd</show>",
  );
  assert.deepEqual(await told(3, show), [
    `${ROMEO}/desk > ${JULIET}: available show=dnd`,
    `${ROMEO}/phone > ${JULIET}: unavailable`,
  ]);
  assert.deepEqual(await told(4, pidf("closed", { id: "desk" })), [`${ROMEO}/desk > ${JULIET}: unavailable`]);
  assert.deepEqual(await told(5, pidf("closed", { id: "desk" })), [`${ROMEO} > ${JULIET}: unavailable`]);
});

test("RFC 8048 §7.1: a probe of one who is subscribed is answered from what is known, to who asked", async () => {
  const { bed } = await watching();
  await bed.fromXmpp({ type: "probe", from: `${JULIET}/garden` });
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO}/phone > ${JULIET}/garden: available`]);
  assert.deepEqual(bed.takeRequests(), []);
});

test("RFC 8048 §7.1: a probe of one of whom nothing is known becomes a SUBSCRIBE in a new dialog", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "probe", from: `${JULIET}/garden` });
  const request = only(bed);
  assert.equal(parameter(valueOf(request, "To"), "tag"), undefined);
  await bed.fromSip(notify(request, "active", { body: pidf("open") }));
  assert.deepEqual(bed.takeStanzas(), [
    `${ROMEO} > ${JULIET}: subscribed`,
    `${ROMEO}/phone > ${JULIET}: available`,
  ]);
});

test("RFC 8048 §7.1: a probe of one who waits for an approval tells nothing", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe" });
  await bed.fromSip(notify(only(bed), "pending", { body: pidf("open") }));
  await bed.fromXmpp({ type: "probe", from: `${JULIET}/garden` });
  assert.deepEqual(bed.takeStanzas(), []);
});
