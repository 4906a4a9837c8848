import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Failure } from "../../../src/dns/answer.ts";
import { Inquiry } from "../../../src/dns/inquiry.ts";
import type { Question } from "../../../src/dns/question.ts";

const QUESTIONS: readonly Question[] = [
  { name: "b.test", type: "A" },
  { name: "a.test", type: "A" },
];
const none = (expiresAt: number): Answer => ({ kind: "none", nameExists: true, expiresAt });
const failed = ({ name }: Question): Failure => ({ kind: "failed", problem: `no answer for ${name}` });
const asking = (answer: (question: Question) => Answer | Failure) => ({
  ask: (question: Question) => Promise.resolve(answer(question)),
});

test("of several failures it is always the same one that is told", async () => {
  for (const questions of [QUESTIONS, QUESTIONS.toReversed()]) {
    const inquiry = new Inquiry(asking(failed), new Map());
    for (const question of questions) equal(await inquiry.ask(question), undefined);
    equal(inquiry.failure, "no answer for a.test");
    equal(inquiry.certain, false);
  }
});

test("fresh answers alone say when to ask again, and old ones are passed on", async () => {
  const first = new Inquiry(
    asking(({ name }) => none(name === "a.test" ? 1_000 : 2_000)),
    new Map(),
  );
  for (const question of QUESTIONS) await first.ask(question);
  equal(first.expiresAt, 1_000);
  const second = new Inquiry(
    asking((question) => (question.name === "a.test" ? failed(question) : none(5_000))),
    first.answers,
  );
  for (const question of QUESTIONS) await second.ask(question);
  equal(second.expiresAt, 5_000);
  deepEqual([second.stale, second.certain], [true, false]);
  deepEqual(
    [...second.answers],
    [
      ["A b.test", none(5_000)],
      ["A a.test", none(1_000)],
    ],
  );
});

test("what may well be absent makes nothing uncertain when it cannot be asked", async () => {
  const inquiry = new Inquiry(asking(failed), new Map());
  equal(await inquiry.askOptional({ name: "a.test", type: "NAPTR" }), undefined);
  deepEqual([inquiry.certain, inquiry.failure], [true, "no answer for a.test"]);
});
