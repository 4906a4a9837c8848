/** The web console of a running installation, in a real Chromium, by people whom a real API server knows. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Browser, type Page } from "../support/browser.ts";
import { viewerOf } from "../support/console-viewers.ts";
import { waitFor } from "../support/wait-for.ts";
import { metric } from "./support/admin.ts";
import { Federation } from "./support/federation.ts";
import { domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

let federation: Federation;
let partner: Party;
let browser: Browser;
let page: Page;
let editor: string;
let reader: string;

before(async () => {
  federation = await Federation.start({ console: { edits: true } });
  partner = await federation.party("partner");
  browser = await Browser.start();
  const { api, namespace } = federation.environment;
  editor = (await viewerOf(api, namespace, ["*"], "editor")).token;
  reader = (await viewerOf(api, namespace, ["get", "list", "watch"], "reader")).token;
  await federation.cluster.apply(open(to(partner)));
  // before the operator has looked at its counters for the first time, were it to wait for that
  await federation.eventually("200 at partner", federation.inside, { to: "bob@first.example" });
  page = await visit(editor);
});
after(async () => {
  await browser.stop();
  await federation.stop();
});
beforeEach(() => federation.cluster.apply(open(to(partner))));

/** The console, seen by who has this token. */
async function visit(token: string): Promise<Page> {
  const opened = await browser.page();
  await opened.go(federation.replica.adminUrl);
  await opened.click("input[name=token]");
  await opened.type(token);
  await opened.key("Enter");
  await opened.until(`document.querySelector(".tile") !== null`);
  return opened;
}

async function go(path: string): Promise<void> {
  await page.go(`${federation.replica.adminUrl}/console/${path}`);
  await page.until(`document.querySelector(".live.on") !== null`);
}

/** A line of the list, as it is read. */
const line = (domain: string) => `[...document.querySelectorAll(".spacer .line")]
  .find((one) => one.querySelector(".name").innerText === ${JSON.stringify(domain)})`;

async function openDomain(domain: string): Promise<void> {
  await page.until(`(() => { const one = ${line(domain)}; one?.click(); return one !== undefined; })()`);
  await page.until(`document.querySelector(".panel h2")?.innerText === ${JSON.stringify(domain)}`);
}

test("a domain that is discovered appears while one looks", async () => {
  await go("domains");
  assert.equal(await federation.fromInside({ to: "bob@new.example" }), "200 at partner");
  await page.until(`${line("new.example")} !== undefined`);
  await page.until(
    `/Ready\\s+Discovered\\s+SIP\\s+Default route\\s+just now\\s+just now/.test(${line("new.example")}.innerText)`,
  );
  await openDomain("new.example");
  await page.until(`/Programmed\\s+True, Programmed/.test(document.querySelector(".panel").innerText)`);
});

test("a domain that was known before has its last activity, live, each way", async () => {
  await federation.cluster.apply(
    domain("written.example"),
    route("local", "example.com", to(federation.inside, "UDP")),
  );
  await go("domains?text=written");
  await page.until(`${line("written.example")}?.innerText.includes("Ready")`);
  const last = `${line("written.example")}.querySelector(".activity").innerText`;
  assert.equal(await page.see(last), "—");
  await openDomain("written.example");
  await page.until(`/Last activity\\s+None seen/.test(document.querySelector(".panel").innerText)`);
  assert.equal(await federation.fromInside({ to: "bob@written.example" }), "200 at partner");
  await page.until(`${last} === "just now"`);
  await page.until(`/Last activity\\s+[^\\n]+, to it/.test(document.querySelector(".panel").innerText)`);
  const call = { from: "bob@written.example", to: "alice@example.com" };
  await federation.eventually("200 at inside", federation.outside, call);
  await page.until(`/Last activity\\s+[^\\n]+, from it\\n/.test(document.querySelector(".panel").innerText)`);
});

test("a domain is blocked: its requests are refused, and everybody sees by whom it was done", async () => {
  await federation.fromInside({ to: "bob@bad.example" });
  await go("domains");
  await openDomain("bad.example");
  await page.press("Block", ".panel");
  await page.press("Block", "dialog");
  await federation.eventually("403", federation.inside, { to: "bob@bad.example" });
  await page.until(`${line("bad.example")}.innerText.includes("Blocked")`);
  const { stdout } = await federation.environment.kubectl(
    ...["get", "federateddomain", "bad.example", "-o", "json", "--show-managed-fields"],
  );
  assert.match(stdout, /"manager": "sip-federation-console"/);
  await page.press("Allow", ".panel");
  await page.press("Allow", "dialog");
  await federation.eventually("200 at partner", federation.inside, { to: "bob@bad.example" });
});

test("a domain is adopted, and removed: it is forgotten, and discovered anew", async () => {
  await federation.fromInside({ to: "bob@passing.example" });
  await go("domains?text=passing");
  await openDomain("passing.example");
  await page.press("Adopt", ".panel");
  await page.press("Adopt", "dialog");
  await page.until(`${line("passing.example")}.innerText.includes("Adopted")`);
  await page.press("Remove", ".panel");
  await page.press("Remove", "dialog");
  await page.until(`${line("passing.example")} === undefined`);
  assert.equal(await federation.cluster.find("FederatedDomain", "passing.example"), undefined);
  await page.until(`document.querySelector(".nothing").innerText.includes("No domain is like this")`);
  await federation.fromInside({ to: "bob@passing.example" });
  await page.until(`/Discovered/.test(${line("passing.example")}?.innerText)`);
});

test("a domain that nobody knows is blocked before it calls", async () => {
  await go("domains");
  await page.press("Add");
  await page.click("dialog input");
  await page.type("never.example");
  await page.press("Add", "dialog");
  await page.until(`${line("never.example")}?.innerText.includes("Blocked")`);
  await federation.eventually("403", federation.inside, { to: "bob@never.example" });
});

test("federation is closed and opened on the default route", async () => {
  await go("routes");
  await page.press("Block new domains");
  await page.press("Block", "dialog");
  await page.until(
    `document.querySelector(".group.default").innerText.includes("Blocked: it serves known domains only")`,
  );
  await federation.eventually("403", federation.inside, { to: "bob@closed.example" });
  await go("explain?uri=sip:bob@closed.example");
  await page.until(`/Refused 403/.test(document.querySelector(".verdict")?.innerText)`);
  await go("routes");
  await page.press("Open federation");
  await page.press("Open", "dialog");
  await federation.eventually("200 at partner", federation.inside, { to: "bob@opened.example" });
  await page.until(`/answers/.test(document.querySelector(".group.default .hop").innerText)`);
});

test("all traffic since the start is counted on the overview", async () => {
  const messages = { method: "MESSAGE", outcome: "relayed" };
  await federation.fromInside({ to: "bob@counted.example" });
  const relayed = await metric(federation.replica, "sip_requests_total", messages);
  assert.ok(relayed > 1, "there was some before");
  const shown = new RegExp(`MESSAGE\\s+${relayed}\\b`);
  await go("");
  await page.reads(".charts", [shown], { timeout: 30_000, interval: 200 });
});

test("who may only read sees all of it and changes nothing, also around the pages", async () => {
  const own = await visit(reader);
  const name = "kept.example";
  await federation.fromInside({ to: `bob@${name}` });
  const { uid } = (await federation.cluster.appears("FederatedDomain", name)).metadata;
  const edit = { action: "block", domain: name, uid };
  const answer = await own.see<[number, string]>(`fetch("/console/api/edits", { method: "POST",
    headers: { "Content-Type": "application/json" }, body: ${JSON.stringify(JSON.stringify(edit))} })
    .then(async (response) => [response.status, await response.text()])`);
  assert.equal(answer[0], 403);
  assert.match(answer[1], /reader.* cannot patch resource/);
  assert.equal((await federation.cluster.get("FederatedDomain", name)).spec.policy, "Allow");
  await own.close();
});

test("an account that is deleted is logged out", { timeout: 120_000 }, async () => {
  const { api, namespace } = federation.environment;
  const { name, token } = await viewerOf(api, namespace, ["list"], "leaver");
  const own = await visit(token);
  await federation.cluster.kubectl("delete", "serviceaccount", name);
  await waitFor(
    "the session to end",
    async () => (await own.see<number>(`fetch("/console/api/domains").then(({ status }) => status)`)) === 401,
    { timeout: 90_000, interval: 1_000 },
  );
  await own.until(`document.querySelector("input[name=token]") !== null`, { timeout: 90_000 });
  await own.close();
});

test("the browser had nothing to complain of", () => {
  assert.deepEqual(page.complaints, []);
});
