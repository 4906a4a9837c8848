import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nodeProblem } from "../../../src/cli/node-version.ts";
import { run } from "../../support/sipfed.ts";

const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
  engines: { node: string };
  bin: Record<string, string>;
};

test("help, of all and of one command, goes to standard output", async () => {
  const { code, out } = await run("--help");
  assert.equal(code, 0);
  assert.match(out, /^Usage: sipfed COMMAND/);
  assert.match(out, /\n {2}explain +what would happen/);
  const one = await run("explain", "sip:a@b.test", "--help");
  assert.equal(one.code, 0);
  assert.match(one.out, /^Usage: sipfed explain URI/);
});

test("no command, and one that there is not", async () => {
  const { code, err } = await run();
  assert.equal(code, 2);
  assert.match(err, /^Usage: sipfed COMMAND/);
  assert.match((await run("explian")).err, /^sipfed: there is no command explian\n\nUsage:/);
});

test("the version is that of the package", async () => {
  assert.deepEqual(await run("--version"), { code: 0, out: `${manifest.version}\n`, err: "" });
});

test("a Node.js that is too old is named, and the package asks npm for the same one", () => {
  assert.equal(manifest.engines.node, ">=22.19.0");
  assert.equal(nodeProblem("22.19.0", "node"), undefined);
  assert.equal(nodeProblem("24.0.0", "node"), undefined);
  for (const old of ["20.20.2", "22.18.9", "18.0.0"])
    assert.equal(
      nodeProblem(old, "/usr/bin/node"),
      `needs Node.js 22.19 or later, and /usr/bin/node is ${old}: put a newer one first in PATH`,
    );
});

test("both names are the same program: npx takes it, and kubectl finds its plugin", () => {
  const { sipfed, ...others } = manifest.bin;
  assert.deepEqual(others, { "kubectl-sipfed": sipfed });
});
