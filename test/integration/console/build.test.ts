/** The pages as the image has them: built, complete, and seen by a real Chromium. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { runCommand } from "../../../tools/setup/commands.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { Browser } from "../../support/browser.ts";
import { ManagedProcess } from "../../support/processes.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

const dockerfile = readFileSync(join(repositoryRoot, "Dockerfile"), "utf8");
/** The commands of the image's build that make `dist`. */
const BUILD = /^RUN (node_modules\/\.bin\/tsc(?:.*\\\n)*.*)$/m.exec(dockerfile)?.[1] ?? "";

let directory: string;
let web: string;

before(async () => {
  directory = temporaryDirectory("console-build");
  for (const name of ["tsconfig.json", "tsconfig.build.json", "package.json", "src"])
    cpSync(join(repositoryRoot, name), join(directory, name), { recursive: true });
  symlinkSync(join(repositoryRoot, "node_modules"), join(directory, "node_modules"));
  await runCommand("sh", ["-ec", BUILD], { cwd: directory });
  web = join(directory, "dist/admin/console/web");
});

test("`npm run build` is what the image runs", () => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
    scripts: { build: string };
  };
  const plain = BUILD.replaceAll(/\\\n\t/g, "").replaceAll("node_modules/.bin/", "");
  assert.equal(scripts.build, plain);
});

test("every file that a page asks for is there, and none is TypeScript", () => {
  const asked = new Set<string>();
  const follow = (path: string): void => {
    if (asked.has(path)) return;
    asked.add(path);
    const text = readFileSync(join(web, path), "utf8");
    for (const [, other = ""] of text.matchAll(/(?:from|import) "([^"]+)"/g)) {
      const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
      follow(join(folder, other));
    }
  };
  const html = readFileSync(join(web, "index.html"), "utf8");
  for (const [, path = ""] of html.matchAll(/"\/console\/assets\/([^"]+)"/g)) follow(path);
  assert.ok(asked.has("main.js") && asked.has("pages/domains.js") && asked.has("pages.css"));
  for (const path of asked) assert.doesNotMatch(path, /\.ts$/);
  assert.deepEqual(
    readdirSync(web, { recursive: true }).filter((name) => String(name).endsWith(".ts")),
    [],
  );
});

test("the built console comes up in a browser, without a warning on the way", async (t) => {
  const program = join(directory, "serve.mjs");
  const logFile = join(directory, "serve.log");
  mkdirSync(directory, { recursive: true });
  cpSync(join(import.meta.dirname, "serve-built.mjs"), program);
  const server = new ManagedProcess({ name: "console", command: process.execPath, args: [program], logFile });
  t.after(() => server.stop());
  const url = await waitFor("the address", () => /http:\S+/.exec(server.log())?.[0]);
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.page();
  await page.go(url);
  await page.click("input[name=token]");
  await page.type("token");
  await page.key("Enter");
  await page.until(`document.querySelector("h1")?.innerText === "Overview"`);
  assert.deepEqual(page.complaints, []);
  assert.doesNotMatch(server.log(), /Warning/);
});
