import { equal } from "node:assert/strict";
import { test } from "node:test";
import { Alarm } from "../../../src/dns/alarm.ts";
import { waitFor } from "../../support/wait-for.ts";

test("the alarm rings once, at the earliest of its times", async () => {
  let rings = 0;
  const alarm = new Alarm(() => (rings += 1));
  alarm.set(Infinity);
  alarm.set(performance.now() + 60_000);
  alarm.set(performance.now() + 1);
  alarm.set(performance.now() + 30_000);
  await waitFor("the ring", () => rings > 0);
  alarm.set(performance.now() + 1);
  alarm.cancel();
  alarm.set(performance.now() + 2);
  await waitFor("the second ring", () => rings > 1);
  equal(rings, 2);
  alarm.cancel();
});
