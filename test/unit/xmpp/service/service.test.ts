import assert from "node:assert/strict";
import { test } from "node:test";
import xml, { type Element } from "@xmpp/xml";
import { Service } from "../../../../src/xmpp/service/service.ts";
import { conditionOf } from "../../../../src/xmpp/translation/errors.ts";
import { RecordingXmpp } from "../../../support/xmpp-side.ts";

const INFO = "http://jabber.org/protocol/disco#info";
const ITEMS = "http://jabber.org/protocol/disco#items";
const FROM = "juliet@xmpp.example/balcony";

async function answerTo(
  attributes: Record<string, string>,
  ...payload: Element[]
): Promise<Element | undefined> {
  const xmpp = new RecordingXmpp();
  await new Service(xmpp).fromXmpp(
    xml("iq", { from: FROM, to: "local.test", id: "1", type: "get", ...attributes }, ...payload),
  );
  const [answer, ...others] = xmpp.stanzas;
  assert.deepEqual(others, []);
  return answer;
}

/** `result`, or the condition of the error. */
async function outcome(attributes: Record<string, string>, ...payload: Element[]): Promise<string> {
  const answer = await answerTo(attributes, ...payload);
  assert.equal(answer?.attrs.id, "1");
  assert.equal(answer.attrs.to, FROM);
  return answer.attrs.type === "error" ? conditionOf(answer) : String(answer.attrs.type);
}

test("XEP-0030: a local domain is a gateway to SIP, and says what it knows", async () => {
  assert.equal(
    (await answerTo({}, xml("query", { xmlns: INFO })))?.toString(),
    `<iq type="result" from="local.test" to="${FROM}" id="1"><query xmlns="${INFO}">` +
      '<identity category="gateway" type="simple" name="SIP federation"/>' +
      `<feature var="${INFO}"/><feature var="${ITEMS}"/><feature var="urn:xmpp:ping"/></query></iq>`,
  );
  assert.equal(await outcome({}, xml("query", { xmlns: INFO, node: "x" })), "item-not-found");
  assert.equal(
    (await answerTo({}, xml("query", { xmlns: ITEMS })))?.getChild("query", ITEMS)?.children.length,
    0,
  );
});

test("XEP-0030: every user is an account, whether there is one or not; a device answers nothing", async () => {
  const info = await answerTo({ to: "romeo@local.test" }, xml("query", { xmlns: INFO }));
  assert.deepEqual(info?.getChild("query")?.getChild("identity")?.attrs, {
    category: "account",
    type: "registered",
  });
  assert.equal(await outcome({ to: "romeo@local.test" }, xml("query", { xmlns: ITEMS })), "result");
  assert.equal(
    await outcome({ to: "romeo@local.test/x" }, xml("query", { xmlns: INFO })),
    "service-unavailable",
  );
});

test("XEP-0199: a ping is answered", async () => {
  const ping = xml("ping", { xmlns: "urn:xmpp:ping" });
  assert.equal(
    (await answerTo({}, ping))?.toString(),
    `<iq type="result" from="local.test" to="${FROM}" id="1"/>`,
  );
  assert.equal(await outcome({ to: "romeo@local.test" }, ping), "result");
});

test("XEP-0054: nobody here has a vCard", async () => {
  const vCard = xml("vCard", { xmlns: "vcard-temp" });
  assert.equal(await outcome({ to: "romeo@local.test" }, vCard), "item-not-found");
  assert.equal(await outcome({}, vCard), "item-not-found");
  assert.equal(await outcome({ type: "set", to: "romeo@local.test" }, vCard), "service-unavailable");
});

test("RFC 6121 §8.5: what nobody here knows is service-unavailable", async () => {
  assert.equal(await outcome({}, xml("query", { xmlns: "jabber:iq:version" })), "service-unavailable");
  assert.equal(await outcome({}, xml("query", { xmlns: "jabber:iq:roster" })), "service-unavailable");
  assert.equal(await outcome({}, xml("ping", { xmlns: "urn:other" })), "service-unavailable");
  assert.equal(await outcome({ type: "set" }, xml("query", { xmlns: INFO })), "service-unavailable");
});

test("RFC 6120 §8.2.3: a question has one payload; answers are not answered", async () => {
  assert.equal(await outcome({}), "bad-request");
  assert.equal(await outcome({}, xml("a"), xml("b")), "bad-request");
  assert.equal(await outcome({ type: "other" }, xml("a")), "bad-request");
  assert.equal(await answerTo({ type: "result" }, xml("a")), undefined);
  assert.equal(await answerTo({ type: "error" }, xml("error")), undefined);
});
