import assert from "node:assert/strict";
import { test } from "node:test";
import { AppliedTable, type Write } from "../../../src/router/applied.ts";
import type { ControlOutcome } from "../../../src/router/control-client.ts";
import { TableChannel } from "../../../src/router/table-channel.ts";

const never = () => false;

/** Answers one write after the other; remembers what was written. */
function setUp(...answers: readonly ControlOutcome[]) {
  const heads: string[] = [];
  const bodies: (readonly string[])[] = [];
  const left = [...answers];
  const write = (head: string, lines: readonly string[]): Promise<ControlOutcome> => {
    heads.push(head);
    bodies.push(lines);
    return Promise.resolve(left.shift() ?? taken(9));
  };
  return { channel: new TableChannel({ write }, "i1"), heads, bodies };
}

const name = (n: number, value: string | undefined = "A|"): Write => ({
  section: "n",
  id: `d${n}.test`,
  value,
});
const taken = (ticket: number): ControlOutcome => ({ ok: true, body: `i1|${ticket}` });
const refused = (head: string): ControlOutcome => ({ ok: false, status: 409, message: head });

test("a ticket is asked for by the first refusal, and good for one write", async () => {
  const { channel, heads } = setUp(refused("i1|4"), taken(5), taken(6));
  assert.equal(await channel.set("a", "1"), undefined);
  assert.equal(await channel.set("b", "2"), undefined);
  assert.deepEqual(heads, ["i1|", "i1|4", "i1|5"]);
});

test("every kind of entry has its line", async () => {
  const { channel, bodies } = setUp();
  const writes: Write[] = [
    { section: "o", id: "id", index: 0, count: 2, value: "sip:a sip:b" },
    { section: "o", id: "id", index: 1, count: 2, value: undefined },
    { section: "s", id: "*", value: "0||2|id" },
    name(1),
    { section: "n", id: "d2.test", value: undefined },
    { section: "active", value: "e1|1|0|S||" },
  ];
  assert.equal(await channel.write("e1", new AppliedTable(), writes, never), undefined);
  assert.deepEqual(bodies, [
    [
      "e1/o/id/0|sip:a sip:b",
      "e1/o/id/1",
      "e1/s/*|0||2|id",
      "e1/n/d1.test|A|",
      "e1/n/d2.test",
      "active|e1|1|0|S||",
    ],
  ]);
});

test("many entries are several writes, in order, each within what the router takes in", async () => {
  const { channel, bodies } = setUp();
  const long = (n: number): Write => ({ section: "s", id: `d${n}.test`, value: "x".repeat(5000) });
  const writes = [...Array.from({ length: 450 }, (_, n) => name(n)), long(1), long(2), long(3), name(1000)];
  await channel.write("e1", new AppliedTable(), writes, never);
  assert.equal(bodies.flat().length, writes.length);
  assert.deepEqual(
    bodies.map((lines) => lines.length),
    [200, 200, 52, 2],
  );
  assert.ok(bodies.every((lines) => lines.join("\n").length <= 12_000));
});

test("what was not answered is unknown, and nothing is written after it", async () => {
  const away: ControlOutcome = { ok: false, status: undefined, message: "away" };
  const { channel, bodies } = setUp(taken(2), away);
  const applied = new AppliedTable();
  const writes = Array.from({ length: 500 }, (_, n) => name(n));
  assert.equal(await channel.write("e1", applied, writes, never), "away");
  assert.equal(bodies.length, 2);
  assert.equal(applied.names.get("d0.test"), "A|");
  assert.equal(applied.names.get("d200.test"), "?A|");
  assert.equal(applied.names.has("d400.test"), false);
});

test("another instance is noticed, and gets nothing", async () => {
  const { channel, heads } = setUp(refused("i2|1"));
  assert.match((await channel.set("a", "1")) ?? "", /another instance/);
  assert.equal(channel.otherInstance, true);
  assert.deepEqual(heads, ["i1|"]);
});

test("two that write at once give up at some time", async () => {
  const { channel } = setUp(refused("i1|1"), refused("i1|2"), refused("i1|3"));
  assert.match((await channel.set("a", "1")) ?? "", /somebody else/);
  assert.equal(channel.otherInstance, false);
});

test("an ended session writes no further", async () => {
  const { channel, bodies } = setUp();
  const writes = Array.from({ length: 500 }, (_, n) => name(n));
  await channel.write("e1", new AppliedTable(), writes, () => bodies.length === 1);
  assert.equal(bodies.length, 1);
});
