import assert from "node:assert/strict";
import { test } from "node:test";
import { readiness, type ReadinessSources } from "../../../src/admin/readiness.ts";

const ready = (sources: Partial<ReadinessSources>) =>
  readiness({
    routerHoldsTable: () => Promise.resolve(false),
    rival: () => undefined,
    synced: () => false,
    ...sources,
  });

test("a router with a table is ready, whatever the operator knows", async () => {
  const routerHoldsTable = (): Promise<boolean> => Promise.resolve(true);
  assert.deepEqual(await ready({ routerHoldsTable, rival: () => "other" }), { ok: true });
});

test("a router without one is not, and the reason helps to find out why", async () => {
  const reason = async (sources: Partial<ReadinessSources>): Promise<string> => {
    const check = await ready(sources);
    return check.ok ? "ready" : check.reason;
  };
  assert.match(await reason({ rival: () => "other" }), /belongs to the installation other/);
  assert.match(await reason({}), /API server has not been read/);
  assert.match(await reason({ synced: () => true }), /does not hold the full table/);
});
