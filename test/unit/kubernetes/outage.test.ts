import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Outage } from "../../../src/kubernetes/outage.ts";
import { recordingLogger } from "../../support/recording-logger.ts";

test("an outage is told once, and so is its end", () => {
  const log = recordingLogger();
  const outage = new Outage(log);
  outage.over({}, "works");
  for (const message of ["fails", "fails again"]) outage.failed({}, message);
  for (let times = 0; times < 2; times += 1) outage.over({}, "works");
  outage.failed({}, "fails anew");
  deepEqual(
    log.records.map(({ level, message }) => `${level} ${message}`),
    ["warn fails", "debug fails again", "info works", "warn fails anew"],
  );
});
