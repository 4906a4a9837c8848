import { deepEqual, equal } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { DefaultRoute } from "../../../src/kubernetes/default-route.ts";
import { waitFor } from "../../support/wait-for.ts";
import { fakeApi } from "./setup.ts";

async function setup(t: TestContext) {
  const { server, client, log } = await fakeApi(t);
  const state = { missing: true };
  const created: string[] = [];
  const defaultRoute = new DefaultRoute({
    client,
    isMissing: () => state.missing,
    created: (uid) => created.push(uid),
    log,
  });
  t.after(() => defaultRoute.stop());
  return { server, defaultRoute, state, created, log };
}

const CREATED = { metadata: { name: "default", uid: "uid-1" } };

test("the predefined route is applied with its pattern alone, and never forced", async (t) => {
  const { server, defaultRoute, created, log } = await setup(t);
  defaultRoute.check();
  const call = await server.call();
  deepEqual(
    [call.method, call.path],
    ["PATCH", "/apis/sipfederation.io/v1alpha1/namespaces/ns/staticroutes/default"],
  );
  deepEqual(call.query, { fieldManager: "sip-federation-default-route", force: "false" });
  deepEqual(call.body, {
    apiVersion: "sipfederation.io/v1alpha1",
    kind: "StaticRoute",
    metadata: { name: "default" },
    spec: { destinationPattern: ".*" },
  });
  call.respond(201, CREATED);
  await waitFor("the word of it", () => created.length === 1);
  deepEqual(created, ["uid-1"]);
  equal(log.records.length, 1);
});

test("nothing is done where there is a default route, or this replica does not lead", async (t) => {
  const { server, defaultRoute, state } = await setup(t);
  state.missing = false;
  defaultRoute.check();
  await turn();
  await turn();
  equal(server.unanswered, 0);
});

test("a failure is tried again, but not once the route is there", async (t) => {
  const { server, defaultRoute, state } = await setup(t);
  defaultRoute.check();
  (await server.call()).refuse(503, "ServiceUnavailable");
  const again = await server.call();
  state.missing = false;
  again.refuse(503, "ServiceUnavailable");
  await defaultRoute.stop();
  equal(server.unanswered, 0);
});

test("a conflict leaves the route to whoever is writing it", async (t) => {
  const { server, defaultRoute, created, log } = await setup(t);
  defaultRoute.check();
  (await server.call()).refuse(409, "Conflict");
  await waitFor("the log", () => log.records.some(({ message }) => message.includes("leaving it to them")));
  equal(server.unanswered, 0);
  deepEqual(created, []);
});

test("deleted, it comes back: each check is a new look", async (t) => {
  const { server, defaultRoute } = await setup(t);
  for (let deletions = 0; deletions < 3; deletions += 1) {
    defaultRoute.check();
    (await server.call()).respond(201, CREATED);
  }
});
