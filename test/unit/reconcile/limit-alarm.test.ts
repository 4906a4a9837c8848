import assert from "node:assert/strict";
import { test } from "node:test";
import type { Notice } from "../../../src/reconcile/notices.ts";
import { LimitAlarm } from "../../../src/reconcile/limit-alarm.ts";
import { recordingLogger } from "../../support/recording-logger.ts";

function alarmOn(openRoutes: readonly string[] = ["default"]) {
  const log = recordingLogger();
  const notices: Notice[] = [];
  const limits = { ratePerSecond: 10, burst: 100, maxLimitedDomains: 2001 };
  const alarm = new LimitAlarm(limits, {
    model: { openRoutes },
    uidOf: (_kind, name) => `uid of ${name}`,
    events: { recordAll: (some) => notices.push(...some) },
    log,
  });
  return { alarm, log, notices };
}

test("the rate: one line and one Event on every open default route, with what to do", () => {
  const { alarm, log, notices } = alarmOn(["default", "backup"]);
  alarm.refused("rate", "outbound", 0);
  const [line] = log.records;
  assert.equal(line?.level, "warn");
  assert.match(line.message, /More outbound domains are new than 10 a second, after 100 at once/);
  assert.deepEqual(line.fields, { setting: "discovery.ratePerSecond", direction: "outbound", times: 1 });
  assert.deepEqual(
    notices.map(({ regarding: { kind, name, uid }, type, reason }) => [kind, name, uid, type, reason]),
    [
      ["StaticRoute", "default", "uid of default", "Warning", "DiscoveryRateLimited"],
      ["StaticRoute", "backup", "uid of backup", "Warning", "DiscoveryRateLimited"],
    ],
  );
  assert.match(notices[0]?.note ?? "", /served, but not remembered.*raise discovery\.ratePerSecond/);
});

test("the number of Limited domains: inbound discovery fills half", () => {
  const { alarm, notices } = alarmOn();
  alarm.refused("limitedDomains", "outbound", 0);
  alarm.refused("limitedDomains", "inbound", 0);
  const [outbound = "", inbound = ""] = notices.map(({ note }) => note);
  assert.match(outbound, /^There are 2001 domains or more .* discovery\.maxLimitedDomains is 2001:/);
  assert.match(inbound, /^There are 1001 domains or more .* is 2001, of which inbound discovery fills half:/);
  assert.equal(new Set(notices.map(({ reason, action }) => reason + action)).size, 2, "two Events");
});

test("once a minute, with how often since; another limit or direction is told of its own", () => {
  const { alarm, log, notices } = alarmOn();
  for (let now = 0; now < 60_000; now += 1_000) alarm.refused("rate", "outbound", now);
  assert.deepEqual([log.records.length, notices.length], [1, 1]);
  alarm.refused("rate", "inbound", 59_000);
  assert.equal(log.records.length, 2);
  alarm.refused("rate", "outbound", 60_000);
  const times = log.records.map(({ fields }) => (fields as { times: number }).times);
  assert.deepEqual(times, [1, 1, 60]);
});

test("while federation is closed there is a line alone: explicit routes make domains known too", () => {
  const { alarm, log, notices } = alarmOn([]);
  alarm.refused("rate", "outbound", 0);
  assert.deepEqual([log.records.length, notices.length], [1, 0]);
});
