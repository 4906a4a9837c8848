/** The page SIP Federated Domains, in a real Chromium. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DomainActivity, DomainRow, Edit } from "../../../src/admin/console/types.ts";
import { type ConsoleBed, domainRow, TOKENS } from "../../support/console-bed.ts";
import { NAMES, visit, withBrowser } from "./setup.ts";

withBrowser();

const MANY = 100_000;
const FEW = 60;

function fillWith(count: number): (bed: ConsoleBed) => void {
  return ({ domains }) => {
    for (let at = 0; at < count; at += 1) {
      const name = `d${String(at).padStart(6, "0")}.example`;
      domains.set(domainRow(name, at % 10 === 0 ? { state: "Blocked", policy: "Block" } : {}));
    }
  };
}

const COUNT = `document.querySelector(".count").innerText`;

test("domains are listed with their state, and a filter answers", async (t) => {
  const { page, go } = await visit(t, { fill: fillWith(FEW) });
  await go("domains");
  await page.until(`${COUNT} === "60 domains" && ${NAMES}.length > 2`);
  assert.deepEqual((await page.see<string[]>(NAMES)).slice(0, 3), [
    "d000000.example",
    "d000001.example",
    "d000002.example",
  ]);
  await page.choose("select[aria-label=State]", "Blocked");
  await page.until(`${COUNT} === "6 of 60 domains"`);
  await page.until(`${NAMES}.length === 6`);
  await page.reads(".spacer .line", [/Blocked/]);
  await page.click("input[type=search]");
  await page.type("0003");
  await page.until(`${COUNT} === "1 of 60 domains"`);
  await page.until(`${NAMES}.join() === "d000030.example"`);
  assert.equal(await page.see("location.search"), "?state=Blocked&text=0003", "the address is one to share");
  await page.reload();
  await page.until(`${COUNT} === "1 of 60 domains"`);
  await page.type("x");
  await page.see(`document.querySelector("input[type=search]").focus()`);
  await page.type("x");
  await page.until(`document.querySelector(".nothing strong")?.innerText === "No domain is like this"`);
});

test("of 100,000 domains a screenful is drawn, wherever one looks", async (t) => {
  const { page, go } = await visit(t, { fill: fillWith(MANY) });
  await go("domains");
  await page.until(`${NAMES}.includes("d000000.example")`);
  assert.equal(await page.see(COUNT), "100,000 domains");
  const elements = `document.querySelectorAll("*").length`;
  assert.ok((await page.see<number>(elements)) < 900, `${await page.see<number>(elements)} elements`);
  const scroll = (top: string) => page.see(`document.querySelector(".viewport").scrollTop = ${top}`);
  await scroll("2_000_000");
  await page.until(`${NAMES}.includes("d050000.example")`);
  await scroll("1e9");
  await page.until(`${NAMES}.includes("d099999.example")`);
  assert.ok((await page.see<number>(elements)) < 900);
  assert.ok((await page.see<number>(`document.querySelectorAll(".spacer .line").length`)) < 60);
  await page.click("input[type=search]");
  await page.type("d0777");
  await page.until(`${COUNT} === "100 of 100,000 domains"`);
  await page.until(`document.querySelector("[role=grid]").ariaRowCount === "101"`);
});

test("everything goes by keys", async (t) => {
  const { page, go } = await visit(t, { fill: fillWith(MANY) });
  await go("domains");
  await page.until(`${COUNT} === "100,000 domains"`);
  await page.key("/");
  assert.equal(await page.see("document.activeElement.type"), "search");
  for (let at = 0; at < 9 && (await page.see("document.activeElement.role")) !== "grid"; at += 1)
    await page.key("Tab");
  const active = `document.getElementById(document.querySelector("[role=grid]").getAttribute("aria-activedescendant"))?.querySelector(".name").innerText`;
  await page.until(`${active} === "d000000.example"`);
  await page.key("ArrowDown");
  await page.key("ArrowDown");
  await page.until(`${active} === "d000002.example"`);
  await page.key("End");
  await page.until(`${active} === "d099999.example"`);
  await page.key("PageUp");
  await page.until(`Number(${active}?.slice(1, 7)) < 99_999`);
  await page.key("Home");
  await page.until(`${active} === "d000000.example"`);
  await page.key("Enter");
  await page.until(`document.activeElement.innerText === "d000000.example"`);
  await page.key("Escape");
  await page.until(`document.querySelector(".panel").hidden && document.activeElement.role === "grid"`);
});

test("what changes is seen at once, in the list and beside it", async (t) => {
  const { bed, page, go } = await visit(t, { fill: fillWith(FEW) });
  await go("domains");
  await page.click(".spacer .line");
  const [name = ""] = await page.see<string[]>(NAMES);
  await page.until(`document.querySelector(".panel h2")?.innerText === ${JSON.stringify(name)}`);
  const row = domainRow(name, { state: "Throttled" });
  bed.domains.set(row);
  bed.domains.set(domainRow("a-new-one.example"));
  const changed = [row, domainRow("a-new-one.example")];
  bed.console.feed.send("domains", { all: 61, changed, removed: [], more: false });
  await page.until(`document.querySelector(".spacer .fresh") !== null`);
  await page.until(`${NAMES}[0] === "a-new-one.example"`);
  await page.until(`document.querySelector(".panel .badge").innerText === "Throttled"`);
  await page.until(`${COUNT} === "61 domains"`);
  bed.domains.delete(name);
  bed.console.feed.send("domains", { all: 60, changed: [], removed: [name], more: false });
  await page.until(`!${NAMES}.includes(${JSON.stringify(name)}) && document.querySelector(".panel").hidden`);
});

test("the last activity is live, in the list and beside it; the list goes by it", async (t) => {
  const now = Date.now();
  const sides = new Map<string, DomainActivity>();
  const { bed, page, go } = await visit(t, {
    fill: fillWith(FEW),
    activity: (name) => sides.get(name),
  });
  const active = (name: string, of: DomainActivity): DomainRow => {
    sides.set(name, of);
    const row = domainRow(name, { activity: Math.max(of.outbound ?? 0, of.inbound ?? 0) });
    bed.domains.set(row);
    return row;
  };
  const told = (name: string) => `[...document.querySelectorAll(".spacer .line")]
    .find((line) => line.querySelector(".name").innerText === ${JSON.stringify(name)})?.querySelector(".activity").innerText`;
  const fact = `document.querySelector(".panel .facts").innerText.split("Last activity\\n")[1]`;
  active("d000007.example", { inbound: now - 3_600_000 });
  await go("domains?sort=activity&order=descending");
  await page.until(`${NAMES}[0] === "d000007.example"`);
  assert.equal(await page.see(told("d000007.example")), "1 hour ago");
  assert.equal(await page.see(told("d000001.example")), "—");
  await page.click(".spacer .line");
  await page.until(`/^[^\\n]+, from it$/.test(${fact})`);
  const changed = ["d000003.example", "d000007.example"].map((name) =>
    active(name, { inbound: now - 3_600_000, outbound: now }),
  );
  bed.console.feed.send("domains", { all: FEW, changed, removed: [], more: false });
  await page.until(`${NAMES}.slice(0, 2).join() === "d000003.example,d000007.example"`);
  await page.until(`${told("d000007.example")} === "just now"`);
  await page.until(`/^[^\\n]+, to it\\n[^\\n]+, from it$/.test(${fact})`);
  sides.set("d000007.example", { outbound: now });
  bed.console.feed.send("domains", { all: FEW, changed: [], removed: [], more: true });
  await page.until(`/^[^\\n]+, to it$/.test(${fact})`);
  await page.choose("select[aria-label=Activity]", "none");
  await page.until(`${COUNT} === "58 of 60 domains"`);
  await page.click(".spacer .line");
  await page.until(`${fact} === "None seen"`);
});

test("what happens before a page hears of anything is not missed", async (t) => {
  const { bed, page, go } = await visit(t, { fill: fillWith(FEW) });
  const { feed } = bed.console;
  const begin = new Promise<() => void>((held) => {
    t.mock.method(feed, "add", (...stream: Parameters<typeof feed.add>) => {
      held(() => {
        t.mock.restoreAll();
        feed.add(...stream);
      });
    });
  });
  await go("domains");
  await page.until(`${COUNT} === "60 domains"`);
  bed.domains.set(domainRow("a-missed-one.example"));
  (await begin)();
  await page.until(`${NAMES}[0] === "a-missed-one.example"`);
});

test("a lost connection is told of, and what was missed is read anew", async (t) => {
  const { bed, page, go } = await visit(t, { fill: fillWith(FEW) });
  await go("domains");
  await page.until(`document.querySelector(".live").innerText === "Live"`);
  bed.domains.set(domainRow("a-missed-one.example"));
  bed.console.feed.stop();
  await page.until(`document.querySelector(".live").innerText !== "Live"`);
  await page.until(`document.querySelector(".live").innerText === "Live"`);
  await page.until(`${NAMES}[0] === "a-missed-one.example"`);
});

test("a domain is blocked, adopted, removed and added by who may, after a question", async (t) => {
  const edits: Edit[] = [];
  const { page, go } = await visit(t, {
    fill: fillWith(FEW),
    edit: (_caller, edit) => {
      edits.push(edit);
      return Promise.resolve(
        edit.action === "remove" ? { ok: false, status: 403, error: "ada cannot delete it" } : { ok: true },
      );
    },
  });
  await go("domains?text=d000001");
  await page.click(".spacer .line");
  const uid = "uid-of-d000001-example";
  const domain = "d000001.example";
  for (const [button, action] of [
    ["Block", "block"],
    ["Adopt", "adopt"],
  ] as const) {
    await page.press(button, ".panel");
    await page.press("Cancel", "dialog");
    await page.until(`document.querySelector("dialog") === null`);
    await page.press(button, ".panel");
    await page.press(button, "dialog");
    await page.until(`document.querySelector("dialog") === null`);
    assert.deepEqual(edits.at(-1), { action, domain, uid });
  }
  await page.reads(".messages", [/d000001\.example is blocked\./]);
  await page.press("Remove", ".panel");
  await page.press("Remove", "dialog");
  await page.until(`document.querySelector("dialog .trouble").innerText === "Ada cannot delete it."`);
  await page.key("Escape");
  await page.press("Add");
  await page.click("dialog input");
  await page.type("Banned.example");
  await page.key("Enter");
  await page.until(`document.querySelector("dialog") === null`);
  assert.deepEqual(edits.at(-1), { action: "add", domain: "banned.example", policy: "Block" });
  // the browser logs answers that are no success
  page.complaints.splice(0);
});

test("who may only read gets commands instead of buttons", async (t) => {
  const { page, go } = await visit(t, { fill: fillWith(FEW), token: TOKENS.reader });
  await go("domains?text=d000001");
  await page.click(".spacer .line");
  await page.press("Change it with kubectl", ".panel");
  await page.reads(".panel", [
    /kubectl patch federateddomain d000001\.example -n voice --type=merge -p '\{"spec":\{"policy":"Block"\}\}'/,
    /kubectl delete federateddomain d000001\.example -n voice/,
  ]);
  const buttons = await page.see<string[]>(
    `[...document.querySelectorAll("button")].map((one) => one.innerText)`,
  );
  for (const name of ["Block", "Adopt", "Remove", "Add"]) assert.ok(!buttons.includes(name), name);
});

test("names that look like markup are text", async (t) => {
  const markup = `<img src=x onerror=alert(1)>`;
  const fill = ({ domains }: ConsoleBed): void => {
    domains.set(domainRow("a.example", { description: markup }));
  };
  const { page, go } = await visit(t, { fill });
  await go("domains");
  await page.click(".spacer .line");
  await page.until(`document.querySelector(".panel").innerText.includes(${JSON.stringify(markup)})`);
  assert.equal(await page.see(`document.querySelector("img[src=x]")`), null);
});
