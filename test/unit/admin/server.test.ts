import assert from "node:assert/strict";
import { request } from "node:http";
import { type TestContext, test } from "node:test";
import { type AdminHandlers, AdminServer, type Refuse } from "../../../src/admin/server.ts";

/** A listener that serves health and metrics alone. */
const MONITORING: AdminHandlers = {
  health: () => ({ ok: true }),
  readiness: () => Promise.resolve({ ok: true }),
  metrics: () => Promise.resolve({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
};

const HANDLERS: AdminHandlers = {
  ...MONITORING,
  explain: ({ requestUri }) => ({ row: 5, host: requestUri.host }),
};

interface Serving {
  readonly url: string;
  readonly logged: string[];
}

async function serve(t: TestContext, handlers: AdminHandlers = HANDLERS): Promise<Serving> {
  const logged: string[] = [];
  const log = { error: (_fields: object, message: string) => void logged.push(message) };
  const server = new AdminServer({ host: "127.0.0.1", port: 0 }, handlers, log);
  const { host, port } = await server.start();
  t.after(() => server.stop());
  return { url: `http://${host}:${port}`, logged };
}

test("/healthz tells whether the operator is alive", async (t) => {
  const alive = await fetch(`${(await serve(t)).url}/healthz`);
  assert.deepEqual([alive.status, await alive.text()], [200, "ok\n"]);
  const stuck = await serve(t, {
    ...HANDLERS,
    health: () => ({ ok: false, reason: "no watch event for 10 minutes" }),
  });
  const dead = await fetch(`${stuck.url}/healthz`);
  assert.deepEqual([dead.status, await dead.text()], [503, "no watch event for 10 minutes\n"]);
});

test("/readyz is the router's own readiness and says why not", async (t) => {
  const ready = await fetch(`${(await serve(t)).url}/readyz`);
  assert.equal(ready.status, 200);
  const empty = await serve(t, {
    ...HANDLERS,
    readiness: () => Promise.resolve({ ok: false, reason: "the router is empty" }),
  });
  const notReady = await fetch(`${empty.url}/readyz`);
  assert.deepEqual([notReady.status, await notReady.text()], [503, "the router is empty\n"]);
});

test("/metrics passes on text and content type", async (t) => {
  const response = await fetch(`${(await serve(t)).url}/metrics`);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4");
  assert.equal(await response.text(), "up 1\n");
});

test("/explain answers JSON", async (t) => {
  const { url } = await serve(t);
  const response = await fetch(`${url}/explain?uri=sip:bob@partner.example`);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), { row: 5, host: "partner.example" });
});

test("/explain reads telephone numbers as a person types them", async (t) => {
  const { url } = await serve(t, { ...HANDLERS, explain: ({ requestUri }) => requestUri });
  const response = await fetch(`${url}/explain?uri=sip:+49123@p.example`);
  assert.deepEqual(await response.json(), { scheme: "sip", user: "+49123", host: "p.example" });
});

test("/explain names the parameter that is wrong", async (t) => {
  const { url } = await serve(t);
  const response = await fetch(`${url}/explain?uri=sip:bob@partner.example&source=here`);
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), {
    error: "source: is neither inside, outside, xmpp nor an IP address such as 192.0.2.9",
    parameter: "source",
  });
});

test("/explain does not answer from half of the objects", async (t) => {
  const { url } = await serve(t, { ...HANDLERS, explain: () => undefined });
  const response = await fetch(`${url}/explain?uri=sip:bob@partner.example`);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), {
    error: "the API server has not been read yet: ask again soon",
  });
});

test("a listener without explain does not have the path", async (t) => {
  const { url } = await serve(t, MONITORING);
  const response = await fetch(`${url}/explain?uri=sip:bob@partner.example`);
  assert.deepEqual(
    [response.status, await response.text()],
    [404, "not found; there are /healthz, /readyz, /metrics\n"],
  );
});

test("where not everybody may see more than health, health is all that others get", async (t) => {
  const only =
    (token: string): Refuse =>
    ({ headers }) => {
      const refusal = { status: 401, contentType: "text/plain", body: "no" };
      return Promise.resolve(headers.authorization === `Bearer ${token}` ? undefined : refusal);
    };
  const refuse = { metrics: only("scraper"), explain: only("person") };
  const { url } = await serve(t, { ...HANDLERS, refuse });
  const statusOf = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${url}${path}`, { headers })).status;
  for (const path of ["/healthz", "/readyz"]) assert.equal(await statusOf(path), 200, path);
  for (const [path, token, other] of [
    ["/metrics", "scraper", "person"],
    ["/explain?uri=sip:bob@partner.example", "person", "scraper"],
  ] as const) {
    assert.equal(await statusOf(path), 401, path);
    assert.equal(await statusOf(path, { Authorization: `Bearer ${other}` }), 401, path);
    assert.equal(await statusOf(path, { Authorization: `Bearer ${token}` }), 200, path);
  }
});

test("unknown paths are 404, other methods 405 with Allow", async (t) => {
  const { url } = await serve(t);
  assert.equal((await fetch(`${url}/`)).status, 404);
  assert.equal((await fetch(`${url}/`, { method: "POST" })).status, 404);
  const posted = await fetch(`${url}/healthz`, { method: "POST", body: "x" });
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
});

test("HEAD has the headers of GET and no body", async (t) => {
  const { url } = await serve(t);
  const head = await fetch(`${url}/healthz`, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "3", ""]);
});

test("a handler that throws is a 500, logged, and harms no other request", async (t) => {
  const { url, logged } = await serve(t, {
    ...HANDLERS,
    metrics: () => Promise.reject(new Error("secret detail")),
  });
  const failed = await fetch(`${url}/metrics`);
  assert.equal(failed.status, 500);
  assert.doesNotMatch(await failed.text(), /secret/);
  assert.deepEqual(logged, ["admin request failed"]);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test("a request target that is no path is 404", async (t) => {
  const { url } = await serve(t);
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  request(url, { path: "//[" }, (response) => {
    response.resume();
    resolve(response.statusCode);
  })
    .on("error", reject)
    .end();
  assert.equal(await promise, 404);
});

test("a taken port is an error of start", async (t) => {
  const { url } = await serve(t);
  const second = new AdminServer({ host: "127.0.0.1", port: Number(new URL(url).port) }, HANDLERS, {
    error: () => undefined,
  });
  await assert.rejects(second.start(), { code: "EADDRINUSE" });
});

test(":: serves IPv4 too", async (t) => {
  const server = new AdminServer({ host: "::", port: 0 }, HANDLERS, { error: () => undefined });
  const { port } = await server.start();
  t.after(() => server.stop());
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
});

test("stop closes idle keep-alive connections at once", async (t) => {
  const server = new AdminServer({ host: "127.0.0.1", port: 0 }, HANDLERS, { error: () => undefined });
  const { host, port } = await server.start();
  await (await fetch(`http://${host}:${port}/healthz`)).text();
  await server.stop();
  await assert.rejects(fetch(`http://${host}:${port}/healthz`, { signal: t.signal }));
});
