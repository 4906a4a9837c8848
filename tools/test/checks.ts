/** The checks that read the code without running it. Each counts as one test. */
import { runCommand } from "../setup/commands.ts";
import { repositoryRoot } from "../setup/paths.ts";
import type { Result } from "./report.ts";

interface Check {
  readonly name: string;
  readonly args: readonly string[];
}

const modules = "node_modules";

export const checks: readonly Check[] = [
  { name: "types", args: [`${modules}/typescript/bin/tsc`, "-p", "."] },
  { name: "types of the console", args: [`${modules}/typescript/bin/tsc`, "-p", "src/admin/console/web"] },
  { name: "lint", args: [`${modules}/eslint/bin/eslint.js`, "."] },
  { name: "format", args: [`${modules}/prettier/bin/prettier.cjs`, "--check", "--log-level=warn", "."] },
  { name: "generated files", args: ["tools/generate.ts", "--check"] },
];

export async function runCheck({ name, args }: Check): Promise<Result> {
  const start = performance.now();
  const failures = await runCommand(process.execPath, args, { cwd: repositoryRoot })
    .then(() => [])
    .catch((error: unknown) => [{ name, message: error instanceof Error ? error.message : String(error) }]);
  const milliseconds = performance.now() - start;
  return { title: name, passed: 1 - failures.length, skipped: 0, failures, output: "", milliseconds };
}
