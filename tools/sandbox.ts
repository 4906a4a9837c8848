/**
 * `npm run sandbox`: the whole product left running for a person to play in, until SIGINT or SIGTERM.
 * Usage: sandbox.ts [DIRECTORY], `.sandbox` unless told.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sandboxHelp } from "./sandbox/help.ts";
import { Sandbox } from "./sandbox/sandbox.ts";
import { repositoryRoot } from "./setup/paths.ts";
import { say } from "./setup/progress.ts";

const directory = resolve(process.argv[2] ?? join(repositoryRoot, ".sandbox"));
const envFile = join(directory, "env");
const pidFile = join(directory, "pid");
const FOREVER = 2 ** 31 - 1;

const asked = Promise.withResolvers<string>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    asked.resolve(signal);
  });
}
const alive = setInterval(() => undefined, FOREVER);

const rival = runningSandbox();
if (rival !== undefined) {
  console.error(`A sandbox is running already in ${directory}: process ${rival}`);
  process.exit(1);
}
const starting = Sandbox.start(directory, say).then((sandbox) => {
  writeFileSync(pidFile, `${process.pid}\n`);
  sandbox.writeEnv(envFile);
  sandbox.superviseReplica(say);
  say(sandboxHelp(sandbox.env, envFile));
  return sandbox;
});
try {
  // whoever asks while it starts need not wait: what has started ends with this process
  const signal = await Promise.race([asked.promise, starting.then(() => undefined)]);
  if (signal === undefined) {
    await asked.promise;
    say("Stopping");
    await (await starting).stop();
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
rmSync(envFile, { force: true });
rmSync(pidFile, { force: true });
clearInterval(alive);
process.exit();

function runningSandbox(): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, "utf8"));
  const commandLine = `/proc/${pid}/cmdline`;
  return existsSync(commandLine) && readFileSync(commandLine, "utf8").includes("sandbox.ts")
    ? pid
    : undefined;
}
