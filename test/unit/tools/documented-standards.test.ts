import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../../../tools/setup/paths.ts";

test("docs/standards.md names every RFC that begins the name of a test, and no other", () => {
  const files = globSync(join(repositoryRoot, "test/**/*.test.ts"));
  const names = files.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/["`](RFC \d+(?: §|: |, RFC)[^"`]*)["`]/g),
  ]);
  const held = names.flatMap(([, name = ""]) => /^[^:]*/.exec(name)?.[0].match(/(?<=RFC )\d+/g) ?? []);
  const documented = readFileSync(join(repositoryRoot, "docs/standards.md"), "utf8").matchAll(
    /^\| \[(\d+)\]/gm,
  );
  assert.deepEqual(
    Array.from(documented, ([, number]) => number),
    [...new Set(held)].sort(),
  );
});
