/** Login, Overview, Static Routes and Explain, in a real Chromium. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Edit, Sample } from "../../../src/admin/console/types.ts";
import { domainRow, startConsole, TOKENS } from "../../support/console-bed.ts";
import { route } from "../../support/federation-objects.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { newPage, visit, withBrowser } from "./setup.ts";

withBrowser();

const ROUTES = [
  route("default", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: false }),
  route("partners", {
    destinationPattern: "*.partner.example",
    nextHop: "192.0.2.2",
    description: "Contract 4711",
  }),
  route("one", { destinationPattern: "one.partner.example", nextHop: "192.0.2.1" }),
  route("broken", { destinationPattern: "a..b", nextHop: "192.0.2.1" }),
];
const SETUP = { routes: ROUTES, answers: { "192.0.2.1": 2.2 } };

test("a wrong token is told of, a right one gets in, and a logout ends it", async (t) => {
  const page = await newPage(t);
  const bed = await startConsole();
  t.after(() => bed.stop());
  await page.go(`${bed.url}/console/routes`);
  await page.until(`document.activeElement.name === "token"`);
  await page.type("something");
  await page.key("Enter");
  await page.until(
    `document.querySelector(".trouble").innerText === "The API server does not know this token."`,
  );
  page.complaints.splice(0); // the browser logs the answer 401
  await page.type(TOKENS.reader);
  await page.key("Enter");
  await page.until(`document.querySelector("h1").innerText === "Static Routes"`);
  assert.equal(
    await page.see("document.cookie + localStorage.length + sessionStorage.length"),
    "00",
    "scripts see nothing of it",
  );
  await page.reload();
  await page.until(`document.querySelector("h1")?.innerText === "Static Routes"`);
  await page.click("button[aria-label='Log out']");
  await page.until(`document.querySelector("input[name=token]") !== null`);
  await page.reload();
  await page.until(`document.querySelector("input[name=token]") !== null`);
});

test("a session that ends leads to the login, with a word why", async (t) => {
  const { bed, page } = await visit(t);
  await page.until(`document.querySelector(".live.on") !== null`);
  await page.see(
    `fetch("/console/api/logout", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).then(() => true)`,
  );
  await page.until(
    `document.querySelector(".trouble")?.innerText === "The session has ended: log in again."`,
  );
  assert.equal(bed.console.feed.size, 0);
  page.complaints.splice(0);
});

function samples(now: number): Sample[] {
  return Array.from({ length: 100 }, (_, at) => ({
    at: now - (99 - at) * 10_000,
    seconds: 10,
    relayed: { MESSAGE: 20, INVITE: 5 },
    refused: { "403": 2 },
    asked: {},
    discovered: at === 50 ? 3 : 0,
  }));
}

test("the overview says how it stands, what needs a look, and what happened", async (t) => {
  const history = { range: "hour", seconds: 10, samples: samples(Date.now()) } as const;
  const { page } = await visit(t, {
    ...SETUP,
    history,
    fill: ({ domains }) => {
      domains.set(domainRow("new.example", { created: Date.now() - 65_000 }));
    },
  });
  await page.until(`document.querySelector(".plot .series") !== null`);
  await page.reads("main", [
    /Open/,
    /StaticRoute broken is not accepted/,
    /new\.example\s+Ready\s+1 min ago/,
    /403 blocked or closed\s+200/,
    /MESSAGE\s+2,000/,
  ]);
  await page.see(`document.querySelector(".plot-place").focus()`);
  await page.key("ArrowLeft");
  await page.key("ArrowLeft");
  await page.reads(".told", [/\d\d:\d\d to \d\d:\d\d\s+MESSAGE\s+120\s+INVITE\s+30/]);
  await page.press("1 route to look at");
  await page.until(`location.href.endsWith("/console/routes?trouble=yes")`);
});

test("static routes show the state of each next hop, and what shadows what", async (t) => {
  const { bed, page, go } = await visit(t, {
    ...SETUP,
    fill: ({ domains }) => {
      const servedBy = { kind: "Explicit", pattern: "*.partner.example", route: "partners" } as const;
      domains.set(domainRow("two.partner.example", { servedBy }));
    },
  });
  await go("routes");
  const titles = `[...document.querySelectorAll(".group h2")].map((one) => one.innerText)`;
  await page.until(`${titles}.length === 4`);
  assert.deepEqual(await page.see(titles), [
    "Routes that are not accepted",
    "one.partner.example",
    "*.partner.example",
    ".*",
  ]);
  const card = (title: string) => `.group[aria-label='${title}']`;
  await page.reads(card("*.partner.example"), [
    /Goes before\s+\.\*/,
    /Comes after\s+one\.partner\.example/,
    /Falls back to\s+\.\*/,
    /does not answer/,
    /Contract 4711/,
    /1 known domain/,
  ]);
  await page.reads(card("one.partner.example"), [/192\.0\.2\.1:5060 TCP\s+answers\s+2 ms/]);
  await page.click(".check input");
  await page.until(`${titles}.join() === "Routes that are not accepted,*.partner.example"`);
  await page.click(".check input");
  await page.click("input[type=search]");
  await page.type("4711");
  await page.until(`${titles}.join() === "*.partner.example"`);
  await page.press("1 known domain");
  await page.until(`document.querySelector(".spacer .name")?.innerText === "two.partner.example"`);
  await page.press("Route *.partner.example");
  await page.until(`location.search === ""`);
  assert.equal(
    bed.log.records.some(({ level }) => level === "error"),
    false,
  );
});

test("federation is opened and closed on the default route, by who may", async (t) => {
  const edits: Edit[] = [];
  const { page, go } = await visit(t, {
    ...SETUP,
    edit: (_caller, edit) => {
      edits.push(edit);
      return Promise.resolve({ ok: true });
    },
  });
  await go("routes");
  await page.press("Block new domains");
  await page.press("Block", "dialog");
  await page.until(`document.querySelector("dialog") === null`);
  assert.deepEqual(edits, [{ action: "close", route: "default", uid: "uid-of-default" }]);
});

test("explain shows the path of a request, and what is wrong with a question", async (t) => {
  const { page, go } = await visit(t, SETUP);
  await go("explain");
  await page.click("input[name=uri]");
  await page.type("sip:bob@two.partner.example");
  await page.key("Enter");
  await page.until(`document.querySelector(".path .used") !== null`);
  await page.reads(".result", [
    /Relayed\s+sip:bob@two\.partner\.example/,
    /outbound/,
    /The explicit route \*\.partner\.example matches/,
    /Passed over: Its next hop does not answer probes/,
    /default\s+\.\*\s+goes here/,
  ]);
  assert.match(await page.see<string>("location.search"), /uri=sip%3Abob%40two\.partner\.example/);
  await page.choose("select[name=method]", "MESSAGE");
  await page.see(`document.querySelector("input[name=source]").value = "somewhere"`);
  await page.press("Explain", "form");
  await page.until(`document.querySelector("[aria-invalid]")?.name === "source"`);
  page.complaints.splice(0); // the browser logs the answer 400
});

test("explain does not call it relayed where no next hop has an address", async (t) => {
  const lost = { destinationPattern: ".*", nextHop: "nowhere.example", blockRoute: false };
  const { page, go } = await visit(t, { routes: [route("lost", lost)] });
  await go("explain?uri=sip%3Abob%40partner.example");
  await page.until(`document.querySelector(".verdict.bad") !== null`);
  await page.reads(".verdict", [/No next hop\s+sip:bob@partner\.example/]);
});

test("telephone numbers keep their plus sign", async (t) => {
  const { page, go } = await visit(t, SETUP);
  await go("explain?uri=tel%3A%2B49301234");
  await page.until(`document.querySelector(".verdict") !== null`);
  await page.reads(".verdict", [/tel:\+49301234/]);
});

test("pages have names, landmarks and headings for who listens instead of looking", async (t) => {
  const { page, go } = await visit(t, {
    ...SETUP,
    fill: ({ domains }) => {
      domains.set(domainRow("a.example"));
    },
  });
  for (const [path, title] of [
    ["", "Overview"],
    ["domains", "SIP Federated Domains"],
    ["routes", "Static Routes"],
    ["explain", "Explain"],
  ] as const) {
    await go(path);
    await page.until(`document.querySelector("h1")?.innerText === ${JSON.stringify(title)}`);
    await page.until(`document.querySelector(".spacer .badge, .group, .questions, .tile") !== null`);
    const things = await page.accessibility();
    const has = (role: string, name?: string) =>
      things.some((one) => one.role === role && (name === undefined || one.name === name));
    assert.ok(has("heading", title) && has("main") && has("navigation", "Pages"), path);
    const nameless = things.filter(
      ({ role, name }) =>
        ["button", "link", "textbox", "searchbox", "combobox", "checkbox", "grid", "gridcell"].includes(
          role,
        ) && name === "",
    );
    assert.deepEqual(nameless, [], path);
    assert.ok(
      things.some(({ role, name }) => role === "link" && name === title),
      `${path} is in the navigation`,
    );
  }
  await go("domains");
  await page.until(`document.querySelector(".spacer .badge") !== null`);
  const roles = new Set((await page.accessibility()).map(({ role }) => role));
  for (const role of ["grid", "row", "columnheader", "gridcell", "status", "search"])
    assert.ok(roles.has(role), role);
});

/** How far two colours are apart (WCAG 2.2, contrast ratio). */
const CONTRAST = `((selector) => {
  const known = new Map();
  const parse = (text) => known.get(text) ?? known.set(text, read(text)).get(text);
  const read = (text) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (parse(colour)[3] === 255) return colour;
    }
    return getComputedStyle(document.documentElement).backgroundColor;
  };
  return [...document.querySelectorAll(selector)].map((element) => {
    const [a, b] = [getComputedStyle(element).color, ground(element)].map((one) => light(parse(one)));
    return { text: element.innerText, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
  });
})(".badge, .muted, a, button, .problem, h1, th, .cell, dt")`;

test("light and dark follow the system, or who looks, and both can be read", async (t) => {
  const { page, go } = await visit(t, {
    ...SETUP,
    fill: ({ domains }) => {
      domains.set(domainRow("a.example", { state: "Throttled" }));
    },
  });
  const ground = `getComputedStyle(document.documentElement).backgroundColor`;
  const pictures = temporaryDirectory("console-pictures");
  for (const isDark of [false, true]) {
    await page.dark(isDark);
    for (const path of ["", "domains", "routes"]) {
      await go(path);
      await page.until(`document.querySelector(".spacer .badge, .group, .tile") !== null`);
      const weak = (await page.see<{ text: string; ratio: number }[]>(CONTRAST)).filter(
        ({ ratio, text }) => ratio < 4.5 && text !== "",
      );
      assert.deepEqual(weak, [], `${path} ${isDark ? "dark" : "light"}`);
      const picture = join(pictures, `${path}-${isDark}.png`);
      await page.picture(picture);
      assert.ok(readFileSync(picture).length > 20_000);
    }
  }
  const dark = await page.see(ground);
  await page.click("button[aria-label^='Colours: as the system']");
  await page.until(`${ground} !== ${JSON.stringify(dark)}`);
  await page.reload();
  await page.until(`document.querySelector("button[aria-label^='Colours: light']") !== null`);
  await page.click("button[aria-label^='Colours: light']");
  await page.until(`${ground} === ${JSON.stringify(dark)}`);
});

test("it fits on a telephone", async (t) => {
  const { page, go } = await visit(t, { ...SETUP, width: 390, height: 780 });
  for (const path of ["", "domains", "routes", "explain"]) {
    await go(path);
    await page.until(`document.querySelector("h1") !== null`);
    assert.equal(await page.see("document.documentElement.scrollWidth <= innerWidth"), true, path);
  }
});
