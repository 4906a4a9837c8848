/** Everything that docs/tutorial.md has people type, in its order, in a sandbox: it prints what the page shows. */
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { readDocument } from "../support/documents.ts";
import { ManagedProcess } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { waitFor } from "../support/wait-for.ts";
import { isAsShown, isLooking, stepsIn, type Step } from "./support/played.ts";
import { Terminal } from "./support/terminal.ts";

const START_TIMEOUT = 120_000;
/** Milliseconds until what is looked for is there: "in force within a second", and time for a slow machine. */
const PATIENCE = 15_000;

/** A clone of this repository, as far as the page needs one, that has no sandbox yet. */
function clone(): string {
  const directory = temporaryDirectory("clone");
  for (const name of ["node_modules", "src", "tools"]) {
    symlinkSync(join(repositoryRoot, name), join(directory, name));
  }
  return directory;
}

/** What `npm run sandbox` runs after it has looked for what is missing. */
function startSandbox(t: TestContext, directory: string): ManagedProcess {
  const sandbox = new ManagedProcess({
    name: "npm run sandbox",
    command: process.execPath,
    args: [join(directory, "tools/sandbox.ts"), join(directory, ".sandbox")],
    cwd: directory,
    logFile: join(temporaryDirectory("sandbox"), "log"),
  });
  t.after(() => sandbox.stop());
  return sandbox;
}

async function play(terminal: Terminal, step: Step): Promise<void> {
  let printed = await terminal.run(step.command);
  const deadline = performance.now() + PATIENCE;
  while (!isAsShown(printed, step) && isLooking(step) && performance.now() < deadline) {
    printed = await terminal.run(step.command);
  }
  if (!isAsShown(printed, step)) assert.equal(printed, step.shown, `$ ${step.command}`);
}

test("the commands of the tutorial print what it shows", async (t) => {
  const [first, ...steps] = stepsIn(readDocument("docs/tutorial.md"));
  assert.ok(first);
  assert.equal(first.command, "npm run sandbox");
  assert.ok(steps.length > 40, `${steps.length} commands`);
  const directory = clone();
  const sandbox = startSandbox(t, directory);
  const start = (): boolean => {
    sandbox.assertRunning();
    return isAsShown(sandbox.log(), first);
  };
  await waitFor("the sandbox to print what the page shows", start, { timeout: START_TIMEOUT });
  const terminal = new Terminal(directory);
  t.after(() => terminal.close());
  for (const step of steps) await play(terminal, step);
});

test("what the page shows is not what is printed where a status, an address, a line or a column differs", () => {
  const page = [
    "```console",
    "$ kubectl get staticroutes",
    "NAME   NEXT HOP       READY   AGE",
    "corp   127.26.23.53   True    12s",
    "$ sip message",
    "SIP/2.0 200 OK",
    "$ describe",
    "Name: x",
    "…",
    "Trust: L…",
    "```",
  ].join("\n");
  const [table, message, description] = stepsIn(page);
  assert.ok(table && message && description);
  const row = (values: string): boolean => isAsShown(`NAME  NEXT HOP  READY  AGE\n${values}\n`, table);
  assert.ok(row("corp  127.1.200.53  True  1m5s"));
  assert.ok(!row("corp  127.1.200.54  True  1m5s"));
  assert.ok(!row("corp  127.1.200.53  False  1m5s"));
  assert.ok(!row("corp  127.1.200.53  True  1m5s\nmore  127.1.200.53  True  1m5s"));
  assert.ok(isAsShown("SIP/2.0 200 OK\n", message));
  assert.ok(!isAsShown("SIP/2.0 403 Domain Blocked\n", message));
  assert.ok(!isAsShown("", message));
  assert.ok(isAsShown("Name: x\nSpec:\nTrust: Limited\n", description));
  assert.ok(!isAsShown("Name: x\nTrust: Full\n", description));
});
