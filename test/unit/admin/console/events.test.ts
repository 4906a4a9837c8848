/** The live events of the console. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startConsole, TOKENS } from "../../../support/console-bed.ts";
import { listen, logIn, start } from "./setup.ts";

test("events come as they happen, and end with the session", async (t) => {
  const started = await start(t);
  const { headers } = await logIn(started, TOKENS.reader);
  const next = await listen(t, started, headers);
  assert.deepEqual(await next("hello"), { isOpen: false, all: 0, routerUp: true });
  started.console.feed.send("domains", { all: 1, changed: [], removed: ["a.example"], more: false });
  assert.deepEqual(await next("domains"), { all: 1, changed: [], removed: ["a.example"], more: false });
  started.console.feed.soon("routes");
  started.console.feed.soon("routes");
  assert.deepEqual(await next("routes"), {});
  await started.send("/console/api/logout", { method: "POST", headers });
  assert.deepEqual(await next("ended"), {});
  assert.equal(await next("anything"), undefined, "the stream has ended");
});

test("who may not listen any more is sent away", async (t) => {
  let time = 0;
  let isKnown = true;
  const may = { changeDomains: false, addDomains: false, removeDomains: false, changeRoutes: false };
  const started = await start(t, {
    now: () => time,
    review: () =>
      Promise.resolve(
        isKnown ? { outcome: "allowed", viewer: { user: "ada", may } } : { outcome: "unknown" },
      ),
  });
  const { headers } = await logIn(started, "token");
  const next = await listen(t, started, headers);
  await next("hello");
  isKnown = false;
  time = 60_000;
  await started.console.feed.recheck();
  assert.deepEqual(await next("ended"), {});
});

test("the listener stops at once though streams are open", async () => {
  const bed = await startConsole();
  const headers = { Authorization: `Bearer ${TOKENS.reader}` };
  const response = await fetch(`${bed.url}/console/api/events`, { headers });
  const text = response.text();
  await bed.stop();
  assert.match(await text, /^retry: 2000\nevent: hello/);
});

test("streams are bounded", async (t) => {
  const started = await start(t);
  const { headers } = await logIn(started, TOKENS.reader);
  for (let at = 0; at < 12; at += 1) await (await listen(t, started, headers))("hello");
  assert.equal((await started.send("/console/api/events", { headers })).status, 503);
});
