import { deepEqual, equal, rejects } from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { PresenceSecret } from "../../../src/kubernetes/presence-secret.ts";
import { fakeApi } from "./setup.ts";

const PATH = "/api/v1/namespaces/ns/secrets/edge-xmpp-presence";

async function setup(t: TestContext) {
  const { server, client, log } = await fakeApi(t);
  const secret = new PresenceSecret({ client, installation: "edge", log, backoffMs: [1, 1] });
  return { server, secret, log };
}

test("what was saved is loaded again", async (t) => {
  const { server, secret } = await setup(t);
  const text = "juliet@example.net romeo@example.com\n".repeat(20_000);
  const saved = secret.save(text);
  const write = await server.call();
  deepEqual([write.method, write.path, write.query.force], ["PATCH", PATH, "true"]);
  const { data } = write.body as { data: Record<string, string> };
  write.respond(200, {});
  await saved;
  const loaded = secret.load();
  const read = await server.call();
  deepEqual([read.method, read.path], ["GET", PATH]);
  read.respond(200, { data });
  equal(await loaded, text);
});

test("at first there is nothing", async (t) => {
  const { server, secret } = await setup(t);
  const loaded = secret.load();
  (await server.call()).refuse(404, "NotFound");
  equal(await loaded, undefined);
});

test("while the API server is away, it is waited for, and told of once", async (t) => {
  const { server, secret, log } = await setup(t);
  const loaded = secret.load();
  for (let n = 0; n < 3; n += 1) (await server.call()).refuse(503, "ServiceUnavailable");
  (await server.call()).refuse(404, "NotFound");
  equal(await loaded, undefined);
  deepEqual(
    log.records.map(({ level }) => level),
    ["warn", "debug", "debug", "info"],
  );
});

test("nobody waits when all stops", async (t) => {
  const { server, secret } = await setup(t);
  const loaded = secret.load();
  (await server.call()).refuse(503, "ServiceUnavailable");
  secret.stop();
  await rejects(loaded);
});

test("what somebody else wrote there is an error, and so is what the API server refuses", async (t) => {
  const { server, secret } = await setup(t);
  const damaged = secret.load();
  (await server.call()).respond(200, { data: { "subscriptions.gz": "bm90IGd6aXA=" } });
  await rejects(damaged, { code: "Z_DATA_ERROR" });
  const refused = secret.save("text");
  (await server.call()).refuse(403, "Forbidden");
  await rejects(refused, { name: "ApiError" });
});
