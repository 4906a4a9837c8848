import assert from "node:assert/strict";
import { test } from "node:test";
import {
  SAMPLE_SECONDS,
  type Totals,
  totalsOf,
  TrafficHistory,
} from "../../../../src/admin/console/history.ts";

const NONE = { asked: new Map<string, number>(), discovered: 0 };

function totals(counters: Readonly<Record<string, number>>, discovered = 0): Totals {
  const list = Object.entries(counters).map(([name, count]) => ({ name, count }));
  return totalsOf(list, { asked: new Map(), discovered });
}

test("counters of the router are sorted into what was relayed and what was refused", () => {
  const found = totals({
    "MESSAGE:relayed": 7,
    "MESSAGE:403": 2,
    "INVITE:403": 1,
    "INVITE:invalid": 4,
    "OPTIONS:200": 90,
    "OPTIONS:403": 9,
    "SUBSCRIBE:200": 3,
    "questions:asked": 5,
    "next_hop:failed": 5,
  });
  assert.deepEqual(Object.fromEntries(found.relayed), { MESSAGE: 7 });
  assert.deepEqual(Object.fromEntries(found.refused), { "403": 3, invalid: 4 });
});

test("what is beyond a limit is counted once, though the router counts its answer too", () => {
  const { refused } = totals({ "limited:rate:domain": 5, "limited:flood:source": 100, "MESSAGE:480": 8 });
  assert.deepEqual(Object.fromEntries(refused), { limited: 5, flood: 100, "480": 3 });
  const { refused: without } = totals({ "limited:rate:source": 5, "MESSAGE:480": 5 });
  assert.deepEqual(Object.fromEntries(without), { limited: 5 });
});

test("a sample is what came since the last one, also when the router began anew", () => {
  const history = new TrafficHistory();
  history.record(totals({ "MESSAGE:relayed": 100 }, 3), 10_000);
  assert.deepEqual(history.read("hour").samples, [], "the first totals are of times before");
  history.record(totals({ "MESSAGE:relayed": 130, "INVITE:relayed": 2 }, 4), 20_000);
  assert.deepEqual(history.newest?.relayed, { MESSAGE: 30, INVITE: 2 });
  assert.equal(history.newest.discovered, 1, "as of the first time");
  history.record(undefined, 30_000);
  history.record(totals({ "MESSAGE:relayed": 5 }, 4), 40_000);
  assert.deepEqual(history.newest.relayed, { MESSAGE: 5 });
});

test("an hour is kept in detail, a day in outline", () => {
  const history = new TrafficHistory();
  const hours = 26;
  for (let at = 0; at <= (hours * 3600) / SAMPLE_SECONDS; at += 1)
    history.record({ ...NONE, relayed: new Map([["MESSAGE", at * 2]]), refused: new Map() }, at * 10_000);
  const { samples: hour } = history.read("hour");
  const { samples: day, seconds } = history.read("day");
  assert.equal(hour.length, 360);
  assert.equal(hour.at(-1)?.relayed.MESSAGE, 2);
  assert.equal(day.length, 288);
  assert.deepEqual([seconds, day[0]?.seconds, day[0]?.relayed.MESSAGE], [300, 300, 60]);
});
