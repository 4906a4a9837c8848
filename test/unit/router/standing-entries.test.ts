import assert from "node:assert/strict";
import { test } from "node:test";
import { standingEntries } from "../../../src/router/standing-entries.ts";
import { setUpProgrammer } from "../../support/programmer.ts";
import { waitFor } from "../../support/wait-for.ts";

test("keys and networks as the router reads them; without networks there is no such entry", () => {
  const keys = ["0a", "1b"];
  assert.deepEqual([...standingEntries({ keys, lifetimeSeconds: 60 })], [["key", "0a,1b|60"]]);
  const refusedNetworks = ["127.0.0.0/8", "::1/128"];
  const settings = { keys, lifetimeSeconds: 60, refusedNetworks, allowedNetworks: ["127.0.0.2/32"] };
  assert.equal(standingEntries(settings).get("targets"), "127.0.0.0/8,::1/128|127.0.0.2/32");
});

test("a standing entry that changes is written alone, and counts as missing when somebody deletes it", async (t) => {
  const { router, model, programmer, start, inForce, standing, programmed } = await setUpProgrammer(t);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  router.journal.length = 0;
  standing.set("key", "0ff1ce,c0ffee|60").set("targets", "127.0.0.0/8|");
  await programmer.apply({ names: new Set(), routeSets: new Set(), settings: false });
  assert.deepEqual(router.journal, ["set key", "set targets"]);
  assert.equal(router.table.get("key"), "0ff1ce,c0ffee|60");
  router.table.delete("key");
  await waitFor("the second programming", () => programmed() === 2);
  assert.equal(router.table.get("key"), "0ff1ce,c0ffee|60");
});
