#!/usr/bin/env node
/** `sipfed`; under the name `kubectl-sipfed` on PATH it is `kubectl sipfed`. */
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem(process.versions.node, process.execPath);
const code = problem === undefined ? await run() : misused(problem);
// A connection that was given up may still be opening. What was written goes out first.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
);
process.exit(code);

/** Loaded late: what it needs does not even load in an older Node.js. */
async function run(): Promise<number> {
  const { sipfed } = await import("./sipfed.ts");
  return sipfed(process.argv.slice(2), {
    name: process.argv[1]?.endsWith("kubectl-sipfed") ? "kubectl sipfed" : "sipfed",
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}

function misused(why: string): number {
  process.stderr.write(`sipfed: ${why}\n`);
  return 2;
}
