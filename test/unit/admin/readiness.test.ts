import assert from "node:assert/strict";
import { test } from "node:test";
import { readiness, type ReadinessSources } from "../../../src/admin/readiness.ts";

const ready = (sources: Partial<ReadinessSources>) =>
  readiness({
    askRouter: () => Promise.resolve({ epoch: undefined }),
    router: { host: "127.0.0.1", port: 8061 },
    rival: () => undefined,
    synced: () => false,
    ...sources,
  });

test("a router with a table is ready, whatever the operator knows", async () => {
  const askRouter = () => Promise.resolve({ epoch: "e1" });
  assert.deepEqual(await ready({ askRouter, rival: () => "other" }), { ok: true });
});

test("a router without one is not, and the reason helps to find out why", async () => {
  const reason = async (sources: Partial<ReadinessSources>): Promise<string> => {
    const check = await ready(sources);
    return check.ok ? "ready" : check.reason;
  };
  const away = { askRouter: () => Promise.resolve(undefined) };
  const synced = { synced: () => true };
  assert.match(await reason({ rival: () => "other" }), /belongs to the installation other/);
  assert.equal(
    await reason({}),
    "the router does not hold the full table, and the API server has not been read yet",
  );
  assert.equal(await reason(synced), "the router does not hold the full table");
  assert.equal(await reason({ ...synced, ...away }), "the router does not answer at 127.0.0.1:8061");
  assert.match(await reason(away), /does not answer at .*, and the API server has not been read yet/);
  const router = { host: "::1", port: 8061 };
  assert.match(await reason({ ...away, router }), /at \[::1\]:8061/);
});
