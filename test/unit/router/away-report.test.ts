import assert from "node:assert/strict";
import { test } from "node:test";
import { AwayReport } from "../../../src/router/away-report.ts";
import { recordingLogger } from "../../support/recording-logger.ts";

const WHERE = { host: "127.0.0.1", port: 8061 };

function report() {
  const log = recordingLogger();
  const away = new AwayReport(WHERE, log);
  const lines = (): string[] =>
    log.records.map(({ level, message }) => `${level} ${message.split(":")[0] ?? ""}`);
  return { away, log, lines };
}

test("a router that does not answer is told of once, after five seconds, with its address", () => {
  const { away, log, lines } = report();
  for (let now = 1_000; now < 6_000; now += 300) away.observe(false, now);
  assert.deepEqual(lines(), []);
  for (let now = 6_000; now < 60_000; now += 300) away.observe(false, now);
  assert.deepEqual(lines(), ["warn the router does not answer"]);
  assert.deepEqual(log.records[0]?.fields, WHERE);
});

test("when it answers again, that is told too, and the next time it is away", () => {
  const { away, lines } = report();
  for (const [answered, now] of [
    [false, 0],
    [false, 5_000],
    [true, 6_000],
    [true, 7_000],
    [false, 8_000],
    [false, 13_000],
  ] as const)
    away.observe(answered, now);
  assert.deepEqual(lines(), [
    "warn the router does not answer",
    "info the router answers",
    "warn the router does not answer",
  ]);
});

test("a restart is nothing to tell of", () => {
  const { away, lines } = report();
  for (const [answered, now] of [
    [true, 0],
    [false, 1_000],
    [false, 5_900],
    [true, 6_000],
    [false, 6_100],
    [false, 11_000],
    [true, 11_050],
  ] as const)
    away.observe(answered, now);
  assert.deepEqual(lines(), []);
});
