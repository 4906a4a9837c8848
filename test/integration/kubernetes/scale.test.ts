import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { installCrds, startControlPlane } from "../../support/control-plane.ts";
import { waitFor } from "../../support/wait-for.ts";
import { SipFederationOperator } from "../../../src/kubernetes/operator-shell.ts";
import { storeDomains } from "../../support/etcd-objects.ts";
import { ownNamespace } from "./setup.ts";

const OBJECTS = 20_000;
/** 60 MB for 100,000. */
const BYTES_EACH = 600;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test(`${OBJECTS} domains: what is kept of each is small`, async (t) => {
  const controlPlane = await startControlPlane();
  t.after(() => controlPlane.stop());
  await installCrds(controlPlane);
  const own = await ownNamespace(t, controlPlane);
  const names = Array.from({ length: OBJECTS }, (_, index) => `d${index}.partner.example`);
  // Behind the back of a running API server it would take long to take them in.
  await controlPlane.apiServer.stop();
  await storeDomains(controlPlane, own.namespace, names);
  await controlPlane.apiServer.start();

  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const nothing = (): void => undefined;
  const handlers = {
    routeChanged: nothing,
    routeDeleted: nothing,
    domainChanged: nothing,
    domainDeleted: nothing,
    touched: nothing,
    synced: nothing,
  };
  const operator = SipFederationOperator.create({ client: own.client, log: own.log, handlers });
  t.after(() => operator.close());
  const startedAt = performance.now();
  await operator.start();
  await waitFor("the caches", () => operator.synced, { timeout: 90_000 });
  t.diagnostic(`listed in ${Math.round(performance.now() - startedAt)} ms`);
  equal(operator.domains.size, OBJECTS);
  collectGarbage();
  const bytesEach = (process.memoryUsage().heapUsed - before) / OBJECTS;
  t.diagnostic(`${Math.round(bytesEach)} bytes each`);
  ok(bytesEach < BYTES_EACH, `${Math.round(bytesEach)} bytes each`);
});
