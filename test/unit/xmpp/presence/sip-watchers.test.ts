import assert from "node:assert/strict";
import { test } from "node:test";
import xml from "@xmpp/xml";
import { header } from "../../../../src/xmpp/sip/headers.ts";
import {
  expiresOf,
  JULIET,
  notice,
  PresenceBed,
  ROMEO,
  subscribe,
  tagOf,
  valueOf,
} from "../../../support/presence-bed.ts";

/** A bed with a subscription that Juliet has approved, and nothing told yet. */
async function approved(): Promise<{ bed: PresenceBed; tag: string }> {
  const bed = await PresenceBed.open();
  const tag = tagOf(await bed.fromSip(subscribe()));
  await bed.fromXmpp({ type: "subscribed" });
  bed.takeRequests();
  bed.takeStanzas();
  return { bed, tag };
}

test("RFC 8048 §5.3.1: SUBSCRIBE becomes subscribe, is answered at once, and is pending until subscribed", async () => {
  const bed = await PresenceBed.open();
  const answer = await bed.fromSip(subscribe({ expires: null }));
  assert.equal(answer.status, 200);
  assert.equal(expiresOf(answer), 3600);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: subscribe`]);
  const [first] = bed.takeRequests();
  assert.ok(first);
  assert.equal(notice(first), "pending");
  assert.equal(first.uri, "sip:romeo@192.0.2.7:5070");
  assert.equal(valueOf(first, "Route"), "<sip:127.0.0.1:8067;transport=tcp;lr;mark=o1>");
  assert.equal(valueOf(first, "From"), `<sip:${JULIET}>;tag=${tagOf(answer)}`);
  assert.equal(valueOf(first, "To"), `<sip:${ROMEO}>;tag=ua`);
  assert.equal(valueOf(first, "Event"), "presence");
  // what a server says when it takes note of a request
  await bed.fromXmpp({ type: "unavailable" });
  assert.deepEqual(bed.takeRequests(), []);
  await bed.fromXmpp({ type: "subscribed" });
  assert.deepEqual(bed.takeRequests().map(notice), ["active"]);
});

test("whose approval comes without a word of presence is asked for it, once; others are not", async () => {
  const { bed } = await approved();
  await bed.clock.advance(10_000);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: probe`]);
  const { bed: other } = await approved();
  await other.fromXmpp({});
  await other.clock.advance(10_000);
  assert.deepEqual(other.takeStanzas(), []);
});

test("RFC 8048 §5.3.1: unsubscribed is a rejection, and the end", async () => {
  const bed = await PresenceBed.open();
  const tag = tagOf(await bed.fromSip(subscribe()));
  await bed.fromXmpp({ type: "unsubscribed" });
  assert.deepEqual(bed.takeRequests().map(notice), ["pending", "terminated;reason=rejected"]);
  assert.equal((await bed.fromSip(subscribe({ cseq: 2, toTag: tag }))).status, 481);
  assert.equal(bed.gateway.size, 0);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: subscribe`]);
});

test("RFC 8048 §5.3.1: an approval is taken back later", async () => {
  const { bed } = await approved();
  await bed.fromXmpp({ type: "unsubscribed" });
  assert.deepEqual(bed.takeRequests().map(notice), ["terminated;reason=rejected"]);
});

test("RFC 8048 §5.3.1: one request to the contact, however many user agents and refreshes there are", async () => {
  const bed = await PresenceBed.open();
  const tag = tagOf(await bed.fromSip(subscribe()));
  await bed.fromSip(subscribe({ callId: "call-2" }));
  await bed.fromSip(subscribe({ cseq: 2, toTag: tag }));
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: subscribe`]);
  bed.takeRequests();
  await bed.fromXmpp({ type: "subscribed" });
  assert.deepEqual(
    bed.takeRequests().map((request) => `${valueOf(request, "Call-ID")} ${notice(request)}`),
    ["call-1 active", "call-2 active"],
  );
});

test("RFC 8048 §5.3.1: without a stream to XMPP the answer is 480", async () => {
  const bed = await PresenceBed.open();
  bed.isXmppUp = false;
  const answer = await bed.fromSip(subscribe());
  assert.equal(answer.status, 480);
  assert.equal(header(answer.headers ?? [], "Retry-After"), "60");
  assert.equal(bed.gateway.size, 0);
  assert.deepEqual(bed.takeRequests(), []);
});

test("RFC 8048 §5.3.1: an error in place of an approval ends the subscription by its kind", async () => {
  for (const [condition, reason] of [
    ["item-not-found", "noresource"],
    ["forbidden", "rejected"],
    ["service-unavailable", "rejected"],
    ["remote-server-timeout", "probation;retry-after=300"],
    ["remote-server-not-found", "probation;retry-after=300"],
  ] as const) {
    const bed = await PresenceBed.open();
    await bed.fromSip(subscribe());
    const id = String(bed.stanzas[0]?.attrs.id);
    const error = xml("error", {}, xml(condition, { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" }));
    await bed.fromXmpp({ type: "error", id: "unknown-1" }, error);
    assert.equal(bed.gateway.size, 1, "an error that answers nothing of ours");
    await bed.fromXmpp({ type: "error", id }, error);
    assert.deepEqual(bed.takeRequests().map(notice), ["pending", `terminated;reason=${reason}`]);
    assert.equal(bed.gateway.size, 0);
  }
});

test("RFC 8048 §5.3.2: a refresh is answered and told the state again; one who was long silent is asked for", async () => {
  const { bed, tag } = await approved();
  await bed.fromXmpp({ from: `${JULIET}/balcony` }, xml("show", {}, "away"));
  assert.deepEqual(bed.takeRequests().map(notice), ["active open away"]);
  const answer = await bed.fromSip(subscribe({ cseq: 2, toTag: tag, expires: 600 }));
  assert.equal(expiresOf(answer), 600);
  assert.deepEqual(bed.takeRequests().map(notice), ["active open away"]);
  assert.deepEqual(bed.takeStanzas(), []);
  await bed.clock.advance(301_000);
  await bed.fromSip(subscribe({ cseq: 3, toTag: tag, expires: 600 }));
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: probe`]);
});

test("RFC 8048 §5.3.2: without anything known a refresh is told an empty NOTIFY", async () => {
  const { bed, tag } = await approved();
  await bed.fromSip(subscribe({ cseq: 2, toTag: tag }));
  const [again] = bed.takeRequests();
  assert.ok(again);
  assert.equal(notice(again), "active");
  assert.equal(again.body.length, 0);
});

test("RFC 8048 §5.3.3: Expires 0 is answered, told closed with reason timeout, and becomes unavailable", async () => {
  const { bed, tag } = await approved();
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  bed.takeRequests();
  const answer = await bed.fromSip(subscribe({ cseq: 2, toTag: tag, expires: 0 }));
  assert.equal(answer.status, 200);
  assert.equal(expiresOf(answer), 0);
  assert.deepEqual(bed.takeRequests().map(notice), ["terminated;reason=timeout closed"]);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: unavailable`]);
  assert.equal(bed.gateway.size, 0);
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  assert.deepEqual(bed.takeRequests(), []);
});

test("RFC 8048 §5.3.3: the approval stays, so a later SUBSCRIBE is as good as approved", async () => {
  const { bed, tag } = await approved();
  await bed.fromSip(subscribe({ cseq: 2, toTag: tag, expires: 0 }));
  bed.takeRequests();
  bed.takeStanzas();
  await bed.fromSip(subscribe({ callId: "call-2" }));
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: subscribe`]);
  await bed.fromXmpp({ type: "subscribed" });
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  assert.deepEqual(bed.takeRequests().map(notice), ["pending", "active", "active open"]);
});

test("RFC 8048 §6.2: available and unavailable become open and closed, with show, priority and status", async () => {
  const { bed } = await approved();
  const status = xml("status", { "xml:lang": "de" }, "Auf dem Balkon 🌹");
  await bed.fromXmpp(
    { from: `${JULIET}/balcony`, "xml:lang": "en" },
    xml("show", {}, "dnd"),
    status,
    xml("priority", {}, "127"),
  );
  const [open] = bed.takeRequests();
  assert.ok(open);
  assert.equal(valueOf(open, "Content-Type"), "application/pidf+xml");
  assert.equal(valueOf(open, "Content-Language"), "en");
  assert.match(valueOf(open, "Subscription-State"), /^active;expires=3[56]\d\d$/);
  const body = open.body.toString();
  assert.match(body, /entity="pres:juliet@far\.example"/);
  assert.match(body, /<tuple id="ID-balcony">/);
  assert.match(body, /<show xmlns="jabber:client">dnd<\/show>/);
  assert.match(body, /<contact priority="1">/);
  assert.match(body, /<note xml:lang="de">Auf dem Balkon 🌹<\/note>/);
  await bed.fromXmpp({ from: `${JULIET}/balcony`, type: "unavailable" });
  assert.deepEqual(bed.takeRequests().map(notice), ["active closed"]);
});

test("RFC 8048 §6.2: of several devices the best one is told: priority first, then availability", async () => {
  const { bed } = await approved();
  const told = async (device: string, show: string, priority: string): Promise<string[]> => {
    const children = [...(show === "" ? [] : [xml("show", {}, show)]), xml("priority", {}, priority)];
    await bed.fromXmpp({ from: `${JULIET}/${device}` }, ...children);
    return bed
      .takeRequests()
      .map((request) => `${notice(request)} ${/ID-\w+/.exec(request.body.toString())?.[0] ?? ""}`);
  };
  assert.deepEqual(await told("phone", "away", "0"), ["active open away ID-phone"]);
  assert.deepEqual(await told("tablet", "xa", "0"), []);
  await bed.clock.advance(1_000);
  assert.deepEqual(await told("laptop", "", "0"), ["active open ID-laptop"]);
  assert.deepEqual(await told("watch", "away", "5"), ["active open away ID-watch"]);
  await bed.clock.advance(1_000);
  await bed.fromXmpp({ from: `${JULIET}/watch`, type: "unavailable" });
  assert.deepEqual(bed.takeRequests().map(notice), ["active open"]);
  await bed.fromXmpp({ type: "unavailable" });
  assert.deepEqual(bed.takeRequests().map(notice), ["active closed"]);
});

test("RFC 8048 §6.2: a contact who cannot be reached over XMPP any more is closed, and still approved", async () => {
  const { bed, tag } = await approved();
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  await bed.clock.advance(301_000);
  await bed.fromSip(subscribe({ cseq: 2, toTag: tag }));
  const id = String(bed.stanzas.at(-1)?.attrs.id);
  bed.takeRequests();
  const timeout = xml("remote-server-timeout", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" });
  await bed.fromXmpp({ type: "error", id }, xml("error", {}, timeout));
  assert.deepEqual(bed.takeRequests().map(notice), ["active closed"]);
  assert.equal(bed.gateway.size, 1);
});

test("RFC 8048 §7.2: SUBSCRIBE with Expires 0 outside a dialog becomes a probe, told of in one NOTIFY", async () => {
  const bed = await PresenceBed.open();
  const answer = await bed.fromSip(subscribe({ expires: 0 }));
  assert.equal(answer.status, 200);
  assert.equal(expiresOf(answer), 0);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: probe`]);
  assert.deepEqual(bed.takeRequests(), []);
  await bed.fromXmpp({ from: `${JULIET}/balcony` }, xml("show", {}, "away"));
  assert.deepEqual(bed.takeRequests().map(notice), ["terminated;reason=timeout open away"]);
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  assert.deepEqual(bed.takeRequests(), []);
  assert.equal(bed.gateway.size, 0);
});

test("RFC 8048 §7.2: a probe that is refused, or not answered in two seconds, is told as nothing", async () => {
  const bed = await PresenceBed.open();
  await bed.fromSip(subscribe({ expires: 0 }));
  await bed.fromXmpp({ type: "unsubscribed" });
  assert.deepEqual(bed.takeRequests().map(notice), ["terminated;reason=timeout"]);
  await bed.fromSip(subscribe({ expires: 0, callId: "call-2" }));
  await bed.clock.advance(2_001);
  assert.deepEqual(bed.takeRequests().map(notice), ["terminated;reason=timeout"]);
});

test("RFC 8048 §7.2: what is known already is told without a probe", async () => {
  const { bed } = await approved();
  await bed.fromXmpp({ from: `${JULIET}/balcony` });
  bed.takeRequests();
  await bed.fromSip(subscribe({ expires: 0, callId: "call-2" }));
  assert.deepEqual(bed.takeStanzas(), []);
  assert.deepEqual(bed.takeRequests().map(notice), ["terminated;reason=timeout open"]);
});
