import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "../../../src/federation/types.ts";
import { Reachability } from "../../../src/reconcile/reachability.ts";

const UP: Finding = { status: "True", reason: "Answers", message: "It answers." };
const DOWN: Finding = { status: "False", reason: "NoAnswer", message: "It does not." };
const MINUTE = 60_000;

function setUp() {
  const world = { own: "unknown" as Finding | "unknown" | undefined, othersAgree: true };
  const news: string[] = [];
  const reachability = new Reachability({
    own: () => world.own,
    othersAgree: () => world.othersAgree,
    changed: (route, { reason }) => news.push(`${route} ${reason}`),
  });
  const at = (now: number, own?: Finding | "unknown"): string => {
    if (own !== undefined) world.own = own;
    const found = reachability.finding("out", now);
    return typeof found === "object" ? `${found.status} ${found.reason}` : String(found);
  };
  return { world, news, reachability, at };
}

test("a first result is waited for, but not for ever", () => {
  const { at, reachability } = setUp();
  assert.equal(at(0), "wait");
  assert.deepEqual([...reachability.takeDue(5_000)], []);
  assert.deepEqual([...reachability.takeDue(10_000)], ["out"]);
  assert.equal(at(10_000), "Unknown NotProbed");
  assert.deepEqual([...reachability.takeDue(20_000)], []);
  assert.equal(at(20_001, UP), "True Answers");
});

test("one change a minute, the last one then", () => {
  const { at, reachability, news } = setUp();
  assert.equal(at(0, UP), "True Answers");
  assert.equal(at(1_000, DOWN), "False NoAnswer");
  assert.equal(at(2_000, UP), "False NoAnswer");
  assert.equal(at(3_000, DOWN), "False NoAnswer");
  assert.deepEqual([...reachability.takeDue(70_000)], [], "it is as it is told");
  assert.equal(at(4_000, UP), "False NoAnswer");
  assert.deepEqual([...reachability.takeDue(MINUTE)], []);
  assert.deepEqual([...reachability.takeDue(1_000 + MINUTE)], ["out"]);
  assert.equal(at(1_000 + MINUTE), "True Answers");
  assert.deepEqual(news, ["out NoAnswer", "out Answers"]);
});

test("False takes all replicas", () => {
  const { world, at } = setUp();
  world.othersAgree = false;
  assert.equal(at(0, DOWN), "True AnswersElsewhere");
  world.othersAgree = true;
  assert.equal(at(1), "False NoAnswer");
});

test("one that is unreachable from the start is news, one that answers is none", () => {
  const { at, news } = setUp();
  at(0, UP);
  assert.deepEqual(news, []);
  const other = setUp();
  other.at(0, DOWN);
  assert.deepEqual(other.news, ["out NoAnswer"]);
});

test("a result that is lost for a while changes nothing, one of a route out of use ends", () => {
  const { world, at } = setUp();
  at(0, UP);
  assert.equal(at(1, "unknown"), "True Answers");
  world.own = undefined;
  assert.equal(at(2), "undefined");
  assert.equal(at(3, "unknown"), "wait");
});
