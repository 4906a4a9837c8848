import assert from "node:assert/strict";
import { test } from "node:test";
import xml from "@xmpp/xml";
import { header } from "../../../../src/xmpp/sip/headers.ts";
import {
  expiresOf,
  JULIET,
  notify,
  only,
  outline,
  pidf,
  PresenceBed,
  ROMEO,
  watching,
} from "../../../support/presence-bed.ts";

const HOUR_MS = 3_600_000;

test("RFC 7247 §6.2: a first SUBSCRIBE that fails is an error to the watcher", async () => {
  for (const [status, condition] of [
    [404, "item-not-found"],
    [604, "item-not-found"],
    [405, "bad-request"],
    [501, "internal-server-error"],
  ] as const) {
    const bed = await PresenceBed.open();
    bed.answer = () => ({ status });
    await bed.fromXmpp({ type: "subscribe" });
    assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: error ${condition}`]);
    assert.equal(bed.gateway.size, 0);
  }
});

test("RFC 7247 §6.2: one who cannot be reached for half an hour is an error, too", async () => {
  const bed = await PresenceBed.open();
  bed.answer = () => ({ status: 480 });
  await bed.fromXmpp({ type: "subscribe" });
  await bed.clock.advance(HOUR_MS / 2);
  assert.deepEqual(bed.takeStanzas(), [`${ROMEO} > ${JULIET}: error recipient-unavailable`]);
  assert.equal(bed.takeRequests().length, 6);
  assert.equal(bed.gateway.size, 0);
});

test("what cannot be handed over to XMPP is told when it can", async () => {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe" });
  bed.isXmppUp = false;
  await bed.fromSip(notify(only(bed), "active", { body: pidf("open") }));
  await bed.clock.advance(3_000);
  assert.deepEqual(bed.takeStanzas(), []);
  bed.isXmppUp = true;
  await bed.clock.advance(1_001);
  assert.deepEqual(bed.takeStanzas(), [
    `${ROMEO} > ${JULIET}: subscribed`,
    `${ROMEO}/phone > ${JULIET}: available`,
  ]);
  await bed.clock.advance(3_000);
  assert.deepEqual(bed.takeStanzas(), []);
});

test("a watcher whose server says that there is no such user watches no longer", async () => {
  const { bed, request } = await watching();
  await bed.fromSip(notify(request, "active", { cseq: 2, body: pidf("open") }));
  const [told] = bed.stanzas;
  assert.ok(told);
  assert.equal(outline(told), `${ROMEO}/phone > ${JULIET}: available`);
  const condition = xml("item-not-found", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" });
  await bed.fromXmpp({ type: "error", id: String(told.attrs.id) }, xml("error", {}, condition));
  assert.equal(expiresOf(only(bed)), 0);
  assert.equal(bed.gateway.size, 0);
});

test("there is no subscription beyond the limit", async () => {
  const bed = await PresenceBed.open({ maxSubscriptions: 1 });
  await bed.fromXmpp({ type: "subscribe" });
  await bed.fromXmpp({ type: "subscribe", to: "mercutio@local.example" });
  assert.deepEqual(bed.takeStanzas(), [`mercutio@local.example > ${JULIET}: error resource-constraint`]);
  assert.equal(bed.takeRequests().length, 1);
  const { status, headers = [] } = await bed.fromSip(
    notify(
      {
        method: "SUBSCRIBE",
        uri: "",
        headers: [
          ["From", "<sip:x@y>;tag=1"],
          ["Call-ID", "1"],
        ],
        body: Buffer.alloc(0),
      },
      "active",
    ),
  );
  assert.equal(status, 481);
  assert.equal(header(headers, "Retry-After"), undefined);
});
