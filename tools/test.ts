/**
 * Everything that `npm test` runs. Usage: test.ts [PART | FILE]...
 * Parts: checks, unit, integration, e2e; all of them unless told. A failure stops nothing: the rest still runs.
 */
import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { repositoryRoot } from "./setup/paths.ts";
import { argumentProblems } from "./test/arguments.ts";
import { checks, runCheck } from "./test/checks.ts";
import { runTestFile } from "./test/file.ts";
import { forEachLimited } from "./test/pool.ts";
import { report, reportPart, reportTotals } from "./test/report.ts";
import { startShared, type Shared } from "./test/shared.ts";

interface Part {
  readonly name: string;
  /** Files at a time. */
  readonly width: number;
  /** Milliseconds for one test. */
  readonly testTimeout: number;
  /** Whether its files use the shared control plane. */
  readonly shared: boolean;
}

const CHECKS = "checks";
const FILE_TIMEOUT = 600_000;
const parts: readonly Part[] = [
  { name: "unit", width: 2, testTimeout: 60_000, shared: false },
  // one at a time: they start many processes and measure times, and a neighbour would be measured too
  { name: "integration", width: 1, testTimeout: 120_000, shared: true },
  { name: "e2e", width: 1, testTimeout: 180_000, shared: true },
];

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    interrupted.abort();
  });
}

const chosen = process.argv.slice(2);
const testFiles = new Map(parts.map(({ name }) => [name, testFilesOf(name)]));
requireMatches();
if (isChosen(CHECKS)) {
  reportPart(CHECKS);
  await forEachLimited(checks, 2, async (check) => {
    report(await runCheck(check));
  });
}
let shared: Shared | undefined;
try {
  for (const part of parts) await runPart(part);
} catch (error) {
  report({
    title: "test run",
    passed: 0,
    skipped: 0,
    failures: [{ name: "control plane", message: String(error) }],
    output: "",
    milliseconds: 0,
  });
}
await shared?.stop();
process.exitCode = reportTotals() ? 0 : 1;

async function runPart(part: Part): Promise<void> {
  const files = filesOf(part);
  if (files.length === 0 || interrupted.signal.aborted) return;
  reportPart(part.name);
  if (part.shared) shared ??= await startShared();
  const env = shared?.env ?? {};
  const options = {
    testTimeout: part.testTimeout,
    fileTimeout: FILE_TIMEOUT,
    signal: interrupted.signal,
    env,
  };
  await forEachLimited(files, part.width, async (file) => {
    report(await runTestFile(file, options));
  });
}

/** Ends this process where an argument chooses nothing: it is mistyped, and what it means would not be run. */
function requireMatches(): void {
  const files = new Set([...testFiles.values()].flat());
  const problems = argumentProblems(chosen, [CHECKS, ...testFiles.keys()], (path) =>
    files.has(resolve(path)),
  );
  for (const problem of problems) console.error(`test.ts: ${problem}`);
  if (problems.length > 0) process.exit(1);
}

function testFilesOf(part: string): string[] {
  return globSync(join(repositoryRoot, "test", part, "**/*.test.ts")).sort();
}

/** All files of a part where the part is chosen, else those of them that are named. */
function filesOf({ name }: Part): string[] {
  const all = testFiles.get(name) ?? [];
  if (isChosen(name)) return all;
  const named = new Set(chosen.map((path) => resolve(path)));
  return all.filter((file) => named.has(file));
}

function isChosen(part: string): boolean {
  return chosen.length === 0 || chosen.includes(part);
}
