import { deepEqual, equal, match } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DialogKeys, type DialogKeysOptions } from "../../../src/kubernetes/dialog-keys.ts";
import { waitFor } from "../../support/wait-for.ts";
import { fakeApi } from "./setup.ts";

const PATH = "/api/v1/namespaces/ns/secrets/edge-dialog-key";

async function setup(t: TestContext, options: Partial<DialogKeysOptions> = {}) {
  const { server, client, log } = await fakeApi(t);
  const keys: string[] = [];
  const dialogKey = new DialogKeys({
    client,
    installation: "edge",
    policy: { rotationMs: 0, overlapMs: 0, lifetimeMs: 60_000 },
    changed: (all) => keys.push(all.join()),
    isLeader: () => false,
    isEverywhere: () => true,
    log,
    rereadMs: 10,
    ...options,
  });
  dialogKey.start();
  t.after(() => dialogKey.stop());
  return { server, dialogKey, keys, log };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const secret = (text: string): object => ({ data: { key: base64(text) } });
const KEY = "0123456789abcdef0123456789abcdef";

test("a key that is there is used, and followed", async (t) => {
  const { server, keys } = await setup(t);
  for (const text of [KEY, KEY, `${KEY}00\n`]) {
    const call = await server.call();
    deepEqual([call.method, call.path], ["GET", PATH]);
    call.respond(200, secret(text));
  }
  await waitFor("both keys", () => keys.length === 2);
  deepEqual(keys, [KEY, `${KEY}00`]);
});

test("whoever comes first makes one, which nobody may overwrite", async (t) => {
  const { server, keys } = await setup(t);
  (await server.call()).refuse(404, "NotFound");
  const create = await server.call();
  deepEqual([create.method, create.path, create.query.force], ["PATCH", PATH, "false"]);
  const { data } = create.body as { data: { key: string } };
  create.respond(201, {});
  await waitFor("the key", () => keys.length === 1);
  match(keys[0] ?? "", /^[0-9a-f]{64}$/);
  equal(Buffer.from(data.key, "base64").toString(), keys[0]);
});

test("whoever comes second uses the key of the first", async (t) => {
  const { server, keys } = await setup(t);
  (await server.call()).refuse(404, "NotFound");
  (await server.call()).refuse(409, "Conflict");
  (await server.call()).respond(200, secret(KEY));
  await waitFor("the key", () => keys.length === 1);
  deepEqual(keys, [KEY]);
});

test("a Secret that was deleted comes back with the same key", async (t) => {
  const { server, keys } = await setup(t);
  (await server.call()).respond(200, secret(KEY));
  (await server.call()).refuse(404, "NotFound");
  const create = await server.call();
  equal(Buffer.from((create.body as { data: { key: string } }).data.key, "base64").toString(), KEY);
  create.respond(201, {});
  equal((await server.call()).method, "GET");
  deepEqual(keys, [KEY]);
});

test("a key that is too weak is refused with a word, and the last one stays", async (t) => {
  const { server, keys, log } = await setup(t);
  (await server.call()).respond(200, secret(KEY));
  (await server.call()).respond(200, secret("hunter2"));
  await waitFor("the log", () => log.records.some(({ level }) => level === "warn"));
  deepEqual(keys, [KEY]);
  equal(JSON.stringify(log.records).includes("hunter2"), false);
});

test("a Secret that cannot be read is told of once, and so is the end of it", async (t) => {
  const { server, keys, log } = await setup(t);
  for (let tries = 0; tries < 2; tries += 1) (await server.call()).refuse(403, "Forbidden");
  (await server.call()).respond(200, secret(KEY));
  await waitFor("the key", () => keys.length === 1);
  await waitFor("the last word", () => log.records.length === 3);
  deepEqual(
    log.records.map(({ level, message }) => `${level} ${message}`),
    [
      "warn the dialog key cannot be read",
      "debug the dialog key cannot be read",
      "info the dialog key was read",
    ],
  );
});

test("a Secret that was deleted in the middle of a rotation comes back as it was", async (t) => {
  const { server, keys } = await setup(t);
  const NEXT = "f".repeat(64);
  (await server.call()).respond(200, { data: { key: base64(KEY), next: base64(NEXT) } });
  (await server.call()).refuse(404, "NotFound");
  const create = await server.call();
  const { data } = create.body as { data: object };
  deepEqual(data, { key: base64(KEY), next: base64(NEXT) });
  create.respond(201, {});
  equal((await server.call()).method, "GET");
  deepEqual(keys, [`${KEY},${NEXT}`]);
});

test("an entry beside the key that is none is told of once, and does no harm", async (t) => {
  const { server, keys, log } = await setup(t);
  for (let looks = 0; looks < 2; looks += 1) {
    (await server.call()).respond(200, { data: { key: base64(KEY), next: base64("hunter2") } });
  }
  await server.call();
  deepEqual(keys, [KEY]);
  deepEqual(
    log.records.filter(({ level }) => level === "warn").map(({ fields }) => fields),
    [{ secret: "edge-dialog-key", entries: "data.next" }],
  );
});

test("the leader writes only over what it has read, and looks again after a conflict", async (t) => {
  const { server, keys, log } = await setup(t, { isLeader: () => true });
  const object = { metadata: { resourceVersion: "7" }, ...secret(KEY) };
  (await server.call()).respond(200, object);
  const patch = await server.call();
  equal(patch.method, "PATCH");
  const { metadata } = patch.body as { metadata: { resourceVersion: string; annotations: object } };
  equal(metadata.resourceVersion, "7");
  deepEqual(Object.keys(metadata.annotations), ["sipfederation.io/key-since"]);
  patch.refuse(409, "Conflict");
  (await server.call()).respond(200, object);
  (await server.call()).refuse(403, "Forbidden");
  equal((await server.call()).method, "GET");
  deepEqual(keys, [KEY]);
  deepEqual(
    log.records.map(({ level, message }) => `${level} ${message}`),
    ["warn the dialog key cannot be rotated"],
  );
});
