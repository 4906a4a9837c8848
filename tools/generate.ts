/**
 * Writes what follows from crds/: the TypeScript types, docs/api.md and the templates of the chart of the CRDs; and
 * from the schema of the configuration: docs/configuration.md, the schema of the chart's values, its README, and its dashboard;
 * from package-lock.json: THIRD-PARTY.md.
 * `--check` writes nothing and fails when something is stale.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { generate, stale, write } from "./generate/outputs.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const root = join(import.meta.dirname, "..");
const outputs = await generate(root);
const paths = stale(root, outputs);

if (values.check && paths.length > 0) {
  console.error(`Stale: ${paths.join(", ")}\nRun: node tools/generate.ts`);
  process.exitCode = 1;
} else if (!values.check) {
  write(root, outputs, paths);
  for (const path of paths) console.log(`wrote ${path}`);
}
