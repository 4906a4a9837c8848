import { deepEqual, equal, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { KubernetesClient } from "../../../src/kubernetes/client.ts";
import { ListWatch } from "../../../src/kubernetes/list-watch.ts";
import { type ApiObject, FEDERATED_DOMAINS } from "../../../src/kubernetes/resources.ts";
import { FakeApiServer, type FakeCall } from "../../support/fake-api-server.ts";
import { recordingLogger } from "../../support/recording-logger.ts";
import { waitFor } from "../../support/wait-for.ts";

interface Entry {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

const TIMING = { backoffMs: [10, 40], silenceMs: 5_000 } as const;

async function setup(t: TestContext, timing: Partial<typeof TIMING> | { silenceMs: number } = {}) {
  const server = await FakeApiServer.start();
  const client = new KubernetesClient({ kubeConfig: server.kubeConfig(), namespace: "ns" });
  const seen: string[] = [];
  const log = recordingLogger();
  const failOn = new Set<string>();
  const outcomes: string[] = [];
  const cache = new ListWatch<Entry>({
    client,
    resource: FEDERATED_DOMAINS,
    trim: ({ metadata: { name, uid, resourceVersion } }) => ({ name, uid, resourceVersion }),
    handlers: {
      upserted: ({ name, resourceVersion }) => {
        seen.push(`+${name}@${resourceVersion}`);
        if (failOn.has(name)) throw new Error("handler");
      },
      deleted: ({ name }) => {
        seen.push(`-${name}`);
      },
      synced: () => {
        seen.push("synced");
      },
    },
    log,
    metrics: {
      listed: () => undefined,
      watchEnded: (_kind, outcome) => {
        outcomes.push(outcome);
      },
      event: () => undefined,
      handlerFailed: () => {
        outcomes.push("handler");
      },
    },
    timing: { ...TIMING, ...timing },
  });
  t.after(async () => {
    await cache.stop();
    await client.close();
    await server.stop();
  });
  cache.start();
  return { server, cache, seen, log, failOn, outcomes };
}

const object = (name: string, resourceVersion: number, uid = name): ApiObject => ({
  metadata: {
    name,
    namespace: "ns",
    uid,
    resourceVersion: String(resourceVersion),
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
});

const bookmark = (resourceVersion: number, annotations?: Record<string, string>) => ({
  metadata: { resourceVersion: String(resourceVersion), annotations },
});

async function untilVersion(cache: ListWatch<Entry>, version: number): Promise<void> {
  await waitFor(`resourceVersion ${version}`, () => cache.resourceVersion === String(version), {
    interval: 1,
  });
}

/** Answers a streaming list in full, waits until it has arrived, and leaves the watch open. */
async function answerList(
  { server, cache }: { server: FakeApiServer; cache: ListWatch<Entry> },
  objects: readonly ApiObject[],
  version: number,
): Promise<FakeCall> {
  const call = await server.call();
  equal(call.query.sendInitialEvents, "true");
  equal(call.query.resourceVersion, undefined);
  for (const one of objects) call.send("ADDED", one);
  call.send("BOOKMARK", bookmark(version, { "k8s.io/initial-events-end": "true" }));
  await untilVersion(cache, version);
  return call;
}

test("a streaming list fills the cache and goes on as a watch", async (t) => {
  const context = await setup(t);
  const { cache, seen } = context;
  const call = await answerList(context, [object("a", 1), object("b", 2)], 5);
  deepEqual(seen, ["+a@1", "+b@2", "synced"]);
  ok(cache.synced);
  call.send("MODIFIED", object("a", 6));
  call.send("DELETED", object("b", 7));
  call.send("ADDED", object("c", 8));
  await untilVersion(cache, 8);
  deepEqual(seen.slice(3), ["+a@6", "-b", "+c@8"]);
  equal(call.path, "/apis/sipfederation.io/v1alpha1/namespaces/ns/federateddomains");
  equal(call.query.watch, "true");
  equal(call.query.allowWatchBookmarks, "true");
  const seconds = Number(call.query.timeoutSeconds);
  ok(seconds >= 300 && seconds <= 600, `timeoutSeconds ${seconds}`);
});

test("where the server has no streaming lists, pages are read and then watched", async (t) => {
  const context = await setup(t);
  const { server, cache, seen } = context;
  (await server.call()).refuse(422, "Invalid");
  const first = await server.call();
  deepEqual(first.query, { limit: "500" });
  first.respond(200, { metadata: { resourceVersion: "9", continue: "more" }, items: [object("a", 1)] });
  const second = await server.call();
  deepEqual(second.query, { limit: "500", continue: "more" });
  equal(cache.synced, false);
  second.respond(200, { metadata: { resourceVersion: "9" }, items: [object("b", 2)] });
  const watch = await server.call();
  equal(watch.query.resourceVersion, "9");
  equal(watch.query.sendInitialEvents, undefined);
  deepEqual(seen, ["+a@1", "+b@2", "synced"]);
});

test("a page whose continuation is too old begins the list anew, without deletes for what was not read", async (t) => {
  const context = await setup(t);
  const { server, cache, seen } = context;
  (await server.call()).refuse(422, "Invalid");
  (await server.call()).respond(200, {
    metadata: { resourceVersion: "9", continue: "old" },
    items: [object("a", 1)],
  });
  (await server.call()).refuse(410, "Expired");
  const again = await server.call();
  equal(again.query.continue, undefined);
  again.respond(200, { metadata: { resourceVersion: "12" }, items: [object("a", 1), object("b", 10)] });
  await untilVersion(cache, 12);
  deepEqual(seen, ["+a@1", "+b@10", "synced"]);
});

test("a watch that ends is continued from the last event", async (t) => {
  const context = await setup(t);
  const { server, cache } = context;
  const call = await answerList(context, [], 5);
  call.send("ADDED", object("a", 6));
  await untilVersion(cache, 6);
  call.end();
  equal((await server.call()).query.resourceVersion, "6");
});

test("progress by bookmarks alone is where the next watch begins", async (t) => {
  const context = await setup(t);
  const { server, cache } = context;
  const call = await answerList(context, [], 5);
  call.send("BOOKMARK", bookmark(4_000));
  await untilVersion(cache, 4_000);
  call.cut();
  equal((await server.call()).query.resourceVersion, "4000");
});

test("history that is gone when a watch begins: what was deleted meanwhile is deleted by the new list", async (t) => {
  const context = await setup(t);
  const { server, cache, seen, outcomes } = context;
  (await answerList(context, [object("a", 1), object("b", 2), object("c", 3)], 5)).cut();
  (await server.call()).refuse(410, "Expired");
  await answerList(context, [object("a", 1), object("c", 30)], 40);
  deepEqual(seen, ["+a@1", "+b@2", "+c@3", "synced", "+c@30", "-b", "synced"]);
  equal(cache.get("b"), undefined);
  ok(outcomes.includes("expired"));
});

test("history that is gone in the middle of a watch leads to a new list", async (t) => {
  const context = await setup(t);
  const { seen } = context;
  const call = await answerList(context, [object("a", 1)], 5);
  call.send("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" });
  await answerList(context, [], 50);
  deepEqual(seen, ["+a@1", "synced", "-a", "synced"]);
});

test("a server that went back in time (restored from a backup) is listed anew", async (t) => {
  const context = await setup(t);
  const { server, cache } = context;
  (await answerList(context, [object("a", 900)], 1_000)).cut();
  (await server.call()).respond(504, {
    kind: "Status",
    code: 504,
    reason: "Timeout",
    details: { causes: [{ reason: "ResourceVersionTooLarge" }] },
  });
  await answerList(context, [object("a", 90)], 100);
  equal(cache.get("a")?.resourceVersion, "90");
});

test("a connection cut in the middle of a line loses nothing and repeats nothing", async (t) => {
  const context = await setup(t);
  const { server, cache, seen } = context;
  const call = await answerList(context, [], 5);
  call.send("ADDED", object("a", 6));
  call.sendRaw(JSON.stringify({ type: "ADDED", object: object("b", 7) }).slice(0, 40));
  await untilVersion(cache, 6);
  call.cut();
  const next = await server.call();
  equal(next.query.resourceVersion, "6");
  next.send("ADDED", object("b", 7));
  await untilVersion(cache, 7);
  deepEqual(seen, ["synced", "+a@6", "+b@7"]);
});

test("a list that breaks off is begun anew and deletes nothing", async (t) => {
  const context = await setup(t);
  const { server, seen } = context;
  (await answerList(context, [object("a", 1), object("b", 2)], 5)).send("ERROR", { code: 410 });
  const broken = await server.call();
  broken.send("ADDED", object("a", 1));
  broken.end();
  await answerList(context, [object("a", 1), object("b", 2)], 9);
  deepEqual(seen, ["+a@1", "+b@2", "synced", "synced"]);
});

test("a silent connection is given up", async (t) => {
  const context = await setup(t, { silenceMs: 150 });
  const { server } = context;
  const call = await answerList(context, [object("a", 1)], 5);
  await call.closed();
  equal((await server.call()).query.resourceVersion, "5");
});

test("Retry-After is honoured", async (t) => {
  const context = await setup(t);
  const { server, cache } = context;
  (await server.call()).refuse(429, "TooManyRequests", { "retry-after": "1" });
  const refusedAt = performance.now();
  const again = await server.call();
  ok(performance.now() - refusedAt >= 990);
  again.send("BOOKMARK", bookmark(5, { "k8s.io/initial-events-end": "true" }));
  await untilVersion(cache, 5);
});

test("a server in trouble is asked again, and the cache stays as it was", async (t) => {
  const context = await setup(t);
  const { server, cache, log } = context;
  (await answerList(context, [object("a", 1)], 5)).cut();
  for (let tries = 0; tries < 3; tries += 1) {
    const call = await server.call();
    equal(call.query.resourceVersion, "5");
    call.refuse(503, "ServiceUnavailable");
  }
  (await server.call()).send("BOOKMARK", bookmark(8));
  await untilVersion(cache, 8);
  equal(cache.size, 1);
  equal(log.records.filter(({ level }) => level === "warn").length, 1, "an outage is told once");
});

test("a kind that is not known yet is asked for until it is", async (t) => {
  const context = await setup(t);
  const { server, log } = context;
  (await server.call()).refuse(404, "NotFound");
  (await server.call()).refuse(404, "NotFound");
  await answerList(context, [object("a", 1)], 5);
  ok(log.records.some(({ level, message }) => level === "warn" && message.includes("CRDs")));
});

test("a kind that disappears for a moment, as while the API server starts, does not empty the cache", async (t) => {
  const context = await setup(t);
  const { server, cache, seen } = context;
  (await answerList(context, [object("a", 1)], 5)).cut();
  (await server.call()).refuse(404, "NotFound");
  (await server.call()).send("BOOKMARK", bookmark(6));
  await untilVersion(cache, 6);
  deepEqual(seen, ["+a@1", "synced"]);
});

test("a handler that throws and an answer that is no JSON end nothing", async (t) => {
  const context = await setup(t);
  const { server, cache, seen, failOn, log, outcomes } = context;
  failOn.add("a");
  const call = await answerList(context, [object("a", 1), object("b", 2)], 5);
  call.sendRaw("<html>\n");
  (await server.call()).send("ADDED", object("c", 6));
  await untilVersion(cache, 6);
  deepEqual(seen, ["+a@1", "+b@2", "synced", "+c@6"]);
  ok(outcomes.includes("handler"));
  ok(log.records.some(({ level }) => level === "error"));
});

test("an object that was deleted and made anew in between is a change, not nothing", async (t) => {
  const context = await setup(t);
  const { seen } = context;
  (await answerList(context, [object("a", 1, "old")], 5)).send("ERROR", { code: 410 });
  await answerList(context, [object("a", 7, "new")], 9);
  deepEqual(seen, ["+a@1", "synced", "+a@7", "synced"]);
});

test("a stopped one closes its connection and calls no handler any more", async (t) => {
  const context = await setup(t);
  const { server, cache, seen } = context;
  const call = await answerList(context, [], 5);
  await cache.stop();
  await call.closed();
  equal(server.unanswered, 0);
  deepEqual(seen, ["synced"]);
});
