import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { answerList, bookmark, object, setup, untilVersion } from "./list-watch-setup.ts";

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
