/** Who uses the directory of a sandbox. Plain JavaScript, because tools/setup.mjs asks too. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

export function runningSandbox(directory) {
  const pidFile = join(directory, "pid");
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, "utf8"));
  const commandLine = `/proc/${pid}/cmdline`;
  return existsSync(commandLine) && readFileSync(commandLine, "utf8").includes("sandbox.ts")
    ? pid
    : undefined;
}

export function removeStaleSettings(directory) {
  if (runningSandbox(directory) === undefined) rmSync(join(directory, "env"), { force: true });
}
