/** Runs one test file in a process of its own. */
import { run, type EventData } from "node:test";
import { relative } from "node:path";
import { finished } from "node:stream/promises";
import { inspect } from "node:util";
import { repositoryRoot } from "../setup/paths.ts";
import type { Failure, Result } from "./report.ts";

export interface FileOptions {
  /** Milliseconds that one test may take, unless it says otherwise itself. */
  readonly testTimeout: number;
  /** Milliseconds that the whole file may take; then it is killed. */
  readonly fileTimeout: number;
  /** Ends the run early. */
  readonly signal: AbortSignal;
  /** Added to this process's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a file. Never rejects: what goes wrong is a failure in the result. */
export async function runTestFile(file: string, options: FileOptions): Promise<Result> {
  const start = performance.now();
  const failures: Failure[] = [];
  let passed = 0;
  let skipped = 0;
  let output = "";
  const keepOutput = ({ message }: { message: string }): void => {
    output += message;
  };
  const onPass = (data: EventData.TestPass): void => {
    if (data.name === file) failures.push({ name: "the file", message: "has no test" });
    else if (data.details.type === "suite") return;
    else if (isSkipped(data)) skipped += 1;
    else passed += 1;
  };
  const events = run({
    files: [file],
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.fileTimeout)]),
    execArgv: [`--test-timeout=${options.testTimeout}`],
    env: { ...process.env, ...options.env },
  });
  events.on("test:stdout", keepOutput).on("test:stderr", keepOutput).on("test:pass", onPass);
  events.on("test:fail", (data) => failures.push(...failuresOf(data, file)));
  await finished(events.resume());
  const milliseconds = performance.now() - start;
  return { title: relative(repositoryRoot, file), passed, skipped, failures, output, milliseconds };
}

/** A parent of failed tests is no failure of its own. */
function failuresOf(data: EventData.TestFail, file: string): Failure[] {
  const { error } = data.details;
  const failureType = "failureType" in error ? error.failureType : undefined;
  if (failureType === "subtestsFailed") return [];
  if (data.name === file) {
    const message =
      failureType === "testAborted" ? "killed: it took too long, or did not end" : describe(error);
    return [{ name: "the file", message }];
  }
  return [{ name: data.name, message: `${describe(error.cause)}\n${position(data)}` }];
}

function describe(error: unknown): string {
  return error instanceof Error ? inspect(error) : String(error);
}

function position({ file, line }: EventData.TestFail): string {
  return file === undefined ? "" : `at ${relative(repositoryRoot, file)}:${line ?? 0}`;
}

function isSkipped({ skip, todo }: EventData.TestPass): boolean {
  return (skip !== undefined && skip !== false) || (todo !== undefined && todo !== false);
}
