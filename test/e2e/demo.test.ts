/** The two commands of the README, as a person runs them. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { ManagedProcess } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { waitFor } from "../support/wait-for.ts";

const START_TIMEOUT = 120_000;

function start(script: string, ...args: string[]): ManagedProcess {
  return new ManagedProcess({
    name: script,
    command: process.execPath,
    args: [join(repositoryRoot, "tools", script), ...args],
    logFile: join(temporaryDirectory("command"), "log"),
  });
}

/** The processes of this machine whose command line names this directory. */
function processesOf(directory: string): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(directory));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has just ended
  }
}

test("the demo tells its story to the end", async () => {
  const demo = start("demo.ts");
  const exit = await waitFor("the demo to end", () => !demo.running && demo.exited, { timeout: 170_000 });
  assert.equal(exit.code, 0, demo.log());
  assert.match(demo.log(), /^partner\.example\.org +SIP +Allow +Limited +DefaultRoute +True/m);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`the sandbox starts empty, says where everything is, and ends with all its parts on ${signal}`, async () => {
    const directory = temporaryDirectory("sandbox");
    const sandbox = start("sandbox.ts", directory);
    await waitFor("the sandbox", () => sandbox.log().includes("is ready") || !sandbox.running, {
      timeout: START_TIMEOUT,
    });
    const lines = readFileSync(join(directory, "env"), "utf8").trim().split("\n");
    assert.deepEqual(
      lines.map((line) => line.split("=")[0]),
      [
        ...["KUBECONFIG", "KUBECTL", "NAMESPACE", "LOCAL_DOMAIN", "SIP_UDP", "SIP_TCP"],
        ...["ADMIN_URL", "INSIDE_IP", "OUTSIDE_IP"],
      ],
    );
    assert.notEqual(processesOf(directory).length, 0);
    sandbox.signal(signal);
    const exit = await waitFor("the sandbox to end", () => !sandbox.running && sandbox.exited);
    assert.equal(exit.code, 0, sandbox.log());
    assert.deepEqual(processesOf(directory), []);
    assert.ok(!existsSync(join(directory, "env")));
  });
}
