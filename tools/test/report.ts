/** What a test run prints: a line a file, failures in full, and totals as the very last line. */

export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** The outcome of a test file, or of a static check (which counts as one test). */
export interface Result {
  readonly title: string;
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
  /** What it wrote to stdout and stderr; shown when something failed. */
  readonly output: string;
  readonly milliseconds: number;
}

const SHOWN_OUTPUT = 20_000;
const results: Result[] = [];

/** Prints a result and keeps it for the totals. */
export function report(result: Result): void {
  results.push(result);
  const { title, passed, skipped, failures, output, milliseconds } = result;
  const counts = [`${passed} passed`];
  if (failures.length > 0) counts.push(`${failures.length} failed`);
  if (skipped > 0) counts.push(`${skipped} skipped`);
  const mark = failures.length === 0 ? "✔" : "✘";
  print(`${mark} ${title}: ${counts.join(", ")} (${(milliseconds / 1000).toFixed(1)} s)`);
  for (const failure of failures) print(indent(`✘ ${failure.name}\n${indent(failure.message)}`));
  if (failures.length > 0 && output.trim() !== "")
    print(indent(`output:\n${indent(output.slice(-SHOWN_OUTPUT))}`));
}

/** Prints the totals as the last line. Returns whether all is well: something ran and nothing failed. */
export function reportTotals(): boolean {
  const passed = sum((result) => result.passed);
  const failed = sum((result) => result.failures.length);
  const skipped = sum((result) => result.skipped);
  if (failed > 0) print("\nFailed:");
  for (const { title, failures } of results) {
    for (const { name } of failures) print(`  ${title}: ${name}`);
  }
  print(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed === 0 && passed > 0;
}

/** Prints the title of a part of the run. */
export function reportPart(title: string): void {
  print(`\n${title}`);
}

function sum(count: (result: Result) => number): number {
  return results.reduce((total, result) => total + count(result), 0);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "    ");
}
