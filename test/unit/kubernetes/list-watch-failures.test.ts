import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../support/wait-for.ts";
import { answerList, bookmark, object, setup, untilVersion } from "./list-watch-setup.ts";

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

test("where asked to, a failure is followed by a list, and the cache is current only after it", async (t) => {
  const context = await setup(t, { relistAfterFailure: true });
  const { server, cache, seen } = context;
  const first = await answerList(context, [object("a", 1)], 5);
  ok(cache.current);
  first.cut();
  const broken = await server.call();
  equal(broken.query.sendInitialEvents, "true");
  equal(cache.current, false);
  broken.refuse(503, "ServiceUnavailable");
  const list = await server.call();
  list.send("ADDED", object("b", 8));
  await waitFor("the new object", () => cache.get("b"));
  equal(cache.current, false);
  list.send("BOOKMARK", bookmark(9, { "k8s.io/initial-events-end": "true" }));
  await untilVersion(cache, 9);
  ok(cache.current);
  deepEqual(seen, ["+a@1", "synced", "+b@8", "-a", "synced"]);
  list.end();
  equal((await server.call()).query.resourceVersion, "9", "a watch that ends as planned is no failure");
  ok(cache.current);
});
