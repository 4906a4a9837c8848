import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generate, stale, write } from "../../../tools/generate/outputs.ts";
import { markdown } from "../../../tools/generate/markdown.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

/** A directory with what is generated from, and nothing else. */
function sources(): string {
  const root = temporaryDirectory("generate");
  mkdirSync(join(root, "docs"));
  cpSync(join(repositoryRoot, "crds"), join(root, "crds"), { recursive: true });
  mkdirSync(join(root, "charts/sip-federation"), { recursive: true });
  for (const file of ["package-lock.json", "charts/sip-federation/values.yaml"])
    cpSync(join(repositoryRoot, file), join(root, file));
  cpSync(join(repositoryRoot, "docs/examples"), join(root, "docs/examples"), { recursive: true });
  return root;
}

test("what is generated in the repository is what crds/ says today", async () => {
  assert.deepEqual(stale(repositoryRoot, await generate(repositoryRoot)), []);
});

test("missing and changed files are stale until they are written", async () => {
  const root = sources();
  const outputs = await generate(root);
  assert.deepEqual(stale(root, outputs), [...outputs.keys()]);
  write(root, outputs, [...outputs.keys()]);
  assert.deepEqual(stale(root, outputs), []);

  rmSync(join(root, "docs/api.md"));
  writeFileSync(join(root, "src/api/generated/condition.ts"), "edited by hand");
  assert.deepEqual(stale(root, outputs), ["src/api/generated/condition.ts", "docs/api.md"]);
});

test("a change of a definition reaches the types, the reference and the chart", async () => {
  const root = sources();
  const before = await generate(root);
  const file = join(root, "crds/federateddomains.sipfederation.io.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("enum: [SIP, XMPP]", "enum: [SIP, XMPP, IAX]"));
  const after = await generate(root);
  const changed = [...after].filter(([path, text]) => text !== before.get(path)).map(([path]) => path);
  assert.deepEqual(changed.sort(), [
    "charts/sip-federation-crds/templates/federateddomains.sipfederation.io.yaml",
    "docs/api.md",
    "src/api/generated/federateddomain.ts",
  ]);
});

test("the definitions pass through Helm as they are", async () => {
  const outputs = await generate(repositoryRoot);
  const templates = [...outputs].filter(([path]) => path.startsWith("charts/sip-federation-crds/"));
  assert.equal(templates.length, 2);
  for (const [path, text] of templates) assert.ok(!text.includes("{{"), path);
});

test("text is escaped for Markdown, code is not", () => {
  assert.equal(markdown("a*b of `*.c_d`, or '*.e'"), "a\\*b of `*.c_d`, or `*.e`");
  assert.equal(
    markdown("the network's first and the domain's last"),
    "the network's first and the domain's last",
  );
});
