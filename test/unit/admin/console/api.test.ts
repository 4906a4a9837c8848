/** What the pages, or a program, read and change. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DomainPage, Edit, SessionView } from "../../../../src/admin/console/types.ts";
import { type ConsoleBedOptions, domainRow, TOKENS } from "../../../support/console-bed.ts";
import { route } from "../../../support/federation-objects.ts";
import { logIn, start } from "./setup.ts";

test("domains come in pages, filtered by the server", async (t) => {
  const started = await start(t);
  for (let at = 0; at < 1000; at += 1)
    started.domains.set(
      domainRow(`d${String(at).padStart(4, "0")}.example`, at % 10 === 0 ? { state: "Blocked" } : {}),
    );
  const { headers } = await logIn(started, TOKENS.reader);
  const get = async (query: string) => {
    const response = await started.send(`/console/api/domains?${query}`, { headers });
    return { status: response.status, page: (await response.json()) as DomainPage & { error?: string } };
  };
  const { page } = await get("state=Blocked&offset=50&limit=20");
  assert.deepEqual(
    [page.all, page.total, page.rows.length, page.rows[0]?.name],
    [1000, 100, 20, "d0500.example"],
  );
  const { status, page: refused } = await get("limit=100000");
  assert.deepEqual([status, refused.error], [400, "limit is not a whole number from 1 to 500"]);
  assert.equal((await started.send("/console/api/domains/nobody.example", { headers })).status, 404);
  assert.equal((await started.send("/console/api/domains", { method: "POST", headers })).status, 405);
});

test("routes, overview, history and explanations are told as the pages need them", async (t) => {
  const started = await start(t, {
    routes: [route("default", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: false })],
    answers: { "192.0.2.1": 2 },
  });
  const { headers } = await logIn(started, TOKENS.reader);
  const get = async (path: string) =>
    (await (await started.send(`/console/api/${path}`, { headers })).json()) as Record<string, unknown>;
  assert.equal((await get("routes")).isOpen, true);
  assert.deepEqual((await get("overview")).openRoutes, ["default"]);
  assert.equal((await get("history?range=day")).range, "day");
  assert.match(
    String((await get("explain?uri=sip:+4930@partner.example")).summary),
    /^relayed to 192\.0\.2\.1:5060/,
  );
  assert.equal((await get("explain?uri=partner")).parameter, "uri");
  assert.equal((await get("history?range=year")).parameter, "range");
});

test("edits go by the viewer's own token, where they are on", async (t) => {
  const made: unknown[] = [];
  const edit: NonNullable<ConsoleBedOptions["edit"]> = ({ token, viewer }, change) => {
    made.push([viewer.user, token, change]);
    return Promise.resolve(
      change.action === "remove" ? { ok: false, status: 403, error: "ada may not" } : { ok: true },
    );
  };
  const started = await start(t, { edit });
  const { headers, response } = await logIn(started, TOKENS.editor);
  assert.equal(((await response.json()) as SessionView).may.changeDomains, true);
  const post = (body: unknown) => started.send("/console/api/edits", { method: "POST", body, headers });
  const change: Edit = { action: "block", domain: "a.example", uid: "u-1" };
  assert.equal((await post(change)).status, 200);
  assert.deepEqual(made, [["ada@example.com", TOKENS.editor, change]]);
  const refused = await post({ action: "remove", domain: "a.example", uid: "u-1" });
  assert.deepEqual([refused.status, await refused.json()], [403, { error: "ada may not" }]);
  const wrong = await post({ action: "block", domain: "no name", uid: "u-1" });
  assert.deepEqual(
    [wrong.status, await wrong.json()],
    [400, { error: "domain is not a name such as partner.example", parameter: "domain" }],
  );
  assert.equal((await started.send("/console/api/edits", { headers })).status, 405);
});

test("a console that only reads changes nothing and offers nothing", async (t) => {
  const started = await start(t);
  const { headers, response } = await logIn(started, TOKENS.editor);
  assert.deepEqual(((await response.json()) as SessionView).may, {
    ...{ changeDomains: false, addDomains: false, removeDomains: false, changeRoutes: false },
  });
  const body: Edit = { action: "block", domain: "a.example", uid: "u" };
  assert.equal((await started.send("/console/api/edits", { method: "POST", body, headers })).status, 403);
});
