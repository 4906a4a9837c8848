/** What of the console is served to whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Edit, SessionView } from "../../../../src/admin/console/types.ts";
import { TOKENS } from "../../../support/console-bed.ts";
import { logIn, start } from "./setup.ts";

test("pages are served to everybody, hold no data, and allow nothing but their own files", async (t) => {
  const { send } = await start(t);
  assert.equal((await send("/")).headers.get("location"), "/console/");
  for (const path of ["/console/", "/console/domains", "/console/routes", "/console/explain"]) {
    const page = await send(path);
    assert.equal(page.status, 200, path);
    const html = await page.text();
    assert.doesNotMatch(
      html,
      /<script(?![^>]* src=)|<style|style=|\bon\w+=|https?:/,
      "nothing inline, nothing from elsewhere",
    );
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'; require-trusted-types-for 'script'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  }
});

test("scripts come as JavaScript, also from source, and are not sent twice", async (t) => {
  const { send } = await start(t);
  const script = await send("/console/assets/main.js");
  assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
  const text = await script.text();
  assert.match(text, /from "\.\/shell\.ts"/);
  assert.doesNotMatch(text, /: string|interface |import type/);
  const again = await send("/console/assets/main.js", {
    headers: { "If-None-Match": script.headers.get("etag") ?? "" },
  });
  assert.deepEqual([again.status, await again.text()], [304, ""]);
});

test("no path leads out of the folder of the pages", async (t) => {
  const { send } = await start(t);
  for (const path of [
    "../console.ts",
    "%2e%2e/console.ts",
    "..%2fconsole.ts",
    "/etc/passwd",
    "pages/",
    "tsconfig.json",
    "",
  ])
    assert.equal((await send(`/console/assets/${path}`)).status, 404, path);
});

test("nothing but the pages is served without a login", async (t) => {
  const { send } = await start(t);
  for (const path of [
    "overview",
    "routes",
    "history",
    "domains",
    "domains/a.example",
    "explain?uri=sip:a@b.example",
    "events",
    "edits",
    "nothing",
  ]) {
    const response = await send(`/console/api/${path}`);
    assert.equal(response.status, 401, path);
    assert.deepEqual(await response.json(), { error: "log in first" });
  }
  assert.deepEqual(await (await send("/console/api/session")).json(), {}, "nobody is logged in");
});

test("a login gives a session that scripts cannot read and other sites do not get", async (t) => {
  const started = await start(t);
  const { response, headers } = await logIn(started, ` ${TOKENS.reader}\n`);
  const session = (await response.json()) as SessionView;
  assert.equal(session.user, "system:serviceaccount:voice:reader");
  assert.match(
    response.headers.get("set-cookie") ?? "",
    /^sipfed-[0-9a-f]{10}=[\w-]{43}; Path=\/console; HttpOnly; SameSite=Strict$/,
  );
  assert.doesNotMatch(headers.cookie, /token/, "the token is not in it");
  assert.deepEqual(await (await started.send("/console/api/session", { headers })).json(), session);
  const behindTls = await started.send("/console/api/login", {
    method: "POST",
    body: { token: TOKENS.reader },
    headers: { "X-Forwarded-Proto": "https" },
  });
  assert.match(behindTls.headers.get("set-cookie") ?? "", /; Secure$/);
});

test("a logout ends the session", async (t) => {
  const started = await start(t);
  const { headers } = await logIn(started, TOKENS.reader);
  const out = await started.send("/console/api/logout", { method: "POST", headers });
  assert.match(out.headers.get("set-cookie") ?? "", /=; .*Max-Age=0$/);
  assert.equal((await started.send("/console/api/domains", { headers })).status, 401);
});

test("who is not known, or may not look, is told so", async (t) => {
  const started = await start(t);
  const { response: wrong } = await logIn(started, "something");
  assert.deepEqual(
    [wrong.status, await wrong.json()],
    [401, { error: "the API server does not know this token" }],
  );
  const { response: stranger } = await logIn(started, TOKENS.stranger);
  assert.deepEqual(
    [stranger.status, await stranger.json()],
    [403, { error: "stranger may not list federateddomains in this namespace" }],
  );
  for (const token of ["", "two words", "x".repeat(20_000), undefined]) {
    const response = await started.send("/console/api/login", { method: "POST", body: { token } });
    assert.equal(response.status, 401);
  }
  const { response: form } = {
    response: await started.send("/console/api/login", {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
    }),
  };
  assert.equal(form.status, 401);
});

test("wrong tokens are slowed down; who is logged in is not", async (t) => {
  const started = await start(t);
  const { headers } = await logIn(started, TOKENS.reader);
  for (let at = 0; at < 10; at += 1) assert.equal((await logIn(started, `wrong-${at}`)).response.status, 401);
  const { response } = await logIn(started, "wrong-again");
  assert.equal(response.status, 429);
  assert.match(response.headers.get("retry-after") ?? "", /^[1-6]$/);
  const bearer = { Authorization: "Bearer wrong-too" };
  assert.equal(
    (await started.send("/console/api/domains", { headers: bearer })).status,
    429,
    "by another door neither",
  );
  assert.equal((await started.send("/console/api/domains", { headers })).status, 200);
});

test("a token that is taken away ends the session", async (t) => {
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
  isKnown = false;
  assert.equal((await started.send("/console/api/domains", { headers })).status, 200);
  time = 60_000;
  assert.equal((await started.send("/console/api/domains", { headers })).status, 401);
  isKnown = true;
  time = 120_000;
  assert.equal(
    (await started.send("/console/api/domains", { headers })).status,
    401,
    "it does not come back",
  );
});

test("programs use a bearer token", async (t) => {
  const { send } = await start(t);
  const headers = { Authorization: `Bearer ${TOKENS.reader}` };
  assert.equal((await send("/console/api/domains", { headers })).status, 200);
});

test("pages of other origins, other ports of this host too, get nothing by the viewer's cookie", async (t) => {
  const started = await start(t, { edit: () => Promise.resolve({ ok: true }) });
  const { headers } = await logIn(started, TOKENS.editor);
  for (const site of ["cross-site", "same-site"]) {
    const foreign = { ...headers, "Sec-Fetch-Site": site };
    assert.equal((await started.send("/console/api/domains", { headers: foreign })).status, 403, site);
  }
  const body: Edit = { action: "block", domain: "a.example", uid: "u" };
  const post = (more: Readonly<Record<string, string>>) =>
    started.send("/console/api/edits", { method: "POST", body, headers: { ...headers, ...more } });
  assert.equal((await post({ Origin: "http://localhost:9999" })).status, 403);
  assert.equal((await post({ Origin: started.url, "Sec-Fetch-Site": "same-origin" })).status, 200);
  const foreign = await started.send("/console/api/login", {
    method: "POST",
    body: { token: TOKENS.reader },
    headers: { Origin: "http://evil.example" },
  });
  assert.equal(foreign.status, 403);
});
