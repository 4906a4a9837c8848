import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../../src/federation/model.ts";
import { domain } from "../../support/federation-objects.ts";
import { assertHolds, setUpProgrammer } from "../../support/programmer.ts";
import { waitFor } from "../../support/wait-for.ts";

function fillModel(model: Model): void {
  for (let n = 0; n < 50; n++) model.setDomain(domain(`d${n}.test`));
}

test("entries that somebody deleted are noticed, and the whole table is written anew", async (t) => {
  const { router, model, programmer, start, inForce, programmed } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  router.table.delete(`${router.epoch ?? ""}/n/d7.test`);
  await waitFor("the second programming", () => programmed() === 2);
  assertHolds(router, model);
});

test("a table that is as it should be is left alone", async (t) => {
  const { router, model, programmer, start, inForce, programmed } = await setUpProgrammer(t);
  fillModel(model);
  start();
  await inForce();
  await programmer.apply(model.takeChanges());
  let counts = 0;
  router.network = (deliver) => {
    counts += 1;
    deliver();
  };
  await waitFor("a few counts", () => counts >= 3);
  assert.equal(programmed(), 1);
});
