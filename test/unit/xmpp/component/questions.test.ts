import assert from "node:assert/strict";
import { test } from "node:test";
import xml from "@xmpp/xml";
import { Questions } from "../../../../src/xmpp/component/questions.ts";

const LOCAL = "local.net";
const FOREVER = 1_000_000;

function ask(questions: Questions, to: string, timeoutMs = FOREVER) {
  const iq = xml("iq", { type: "get", from: LOCAL, to });
  const answer = questions.open(iq, LOCAL, timeoutMs);
  return { answer, id: iq.attrs.id as string };
}

test("an answer has the id of the question, and comes from who was asked", async () => {
  const questions = new Questions();
  const { answer, id } = ask(questions, "bob@partner.net");
  const from = "bob@partner.net";
  for (const wrong of [
    xml("iq", { type: "result", from: "bob@other.net", id }),
    xml("iq", { type: "result", from: "eve@partner.net", id }),
    xml("iq", { type: "result", id }),
    xml("iq", { type: "result", from, id: "another" }),
    xml("iq", { type: "get", from, id }),
    xml("message", { type: "error", from, id }),
  ]) {
    assert.equal(questions.answer(wrong), false, wrong.toString());
  }
  const right = xml("iq", { type: "error", from, id });
  assert.equal(questions.answer(right), true);
  assert.equal(questions.answer(right), false);
  assert.equal(await answer, right);
  assert.equal(questions.size, 0);
});

test("two questions have different ids", () => {
  const questions = new Questions();
  const [first, second] = [ask(questions, "a.net"), ask(questions, "a.net")];
  assert.notEqual(first.id, second.id);
  questions.abandonAll(LOCAL);
});

test("servers may write an address in the form that they prefer", async () => {
  for (const [asked, answered] of [
    ["Bob@Partner.NET", "bob@partner.net"],
    ["straße@partner.net", "strasse@partner.net"],
    ["Ｂob@partner.net", "bob@partner.net"],
  ] as const) {
    const questions = new Questions();
    const { answer, id } = ask(questions, asked);
    assert.ok(questions.answer(xml("iq", { type: "result", from: answered, id })), asked);
    assert.ok(await answer);
  }
});

test("a question ends when its time is over, or its stream is lost", async () => {
  const questions = new Questions();
  assert.equal(await ask(questions, "a.net", 1).answer, undefined);
  const lost = ask(questions, "a.net");
  questions.abandonAll("other.net");
  assert.equal(questions.size, 1);
  questions.abandonAll(LOCAL);
  assert.equal(await lost.answer, undefined);
});
