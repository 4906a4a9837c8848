/**
 * `npm run sandbox`: the whole product left running for a person to play in, until SIGINT or SIGTERM.
 * Usage: sandbox.ts [DIRECTORY], `.sandbox` unless told. What an earlier sandbox left in the directory is removed first.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sandboxHelp } from "./sandbox/help.ts";
import { runningSandbox } from "./sandbox/running.mjs";
import { Sandbox } from "./sandbox/sandbox.ts";
import { interruption } from "./setup/interruption.ts";
import { repositoryRoot } from "./setup/paths.ts";
import { say } from "./setup/progress.ts";

const directory = resolve(process.argv[2] ?? join(repositoryRoot, ".sandbox"));
const envFile = join(directory, "env");
const pidFile = join(directory, "pid");
const OF_A_SANDBOX: readonly string[] = ["env", "pid", "control-plane", "kubeconfig"];
const FOREVER = 2 ** 31 - 1;

const asked = interruption();
const alive = setInterval(() => undefined, FOREVER);

const rival = runningSandbox(directory);
if (rival !== undefined) {
  console.error(`A sandbox is running already in ${directory}: process ${rival}`);
  process.exit(1);
}
if (!isOurs(directory)) {
  console.error(`${directory} holds files that no sandbox left there: name another directory`);
  process.exit(1);
}
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
writeFileSync(pidFile, `${process.pid}\n`);
process.on("exit", () => {
  for (const file of [envFile, pidFile]) rmSync(file, { force: true });
});

let sandbox: Sandbox | undefined;
try {
  // whoever asks while it starts need not wait: what has started ends with this process
  await Promise.race([asked, start()]);
  await asked;
  say("Stopping");
  await sandbox?.stop();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
clearInterval(alive);
process.exit();

async function start(): Promise<void> {
  sandbox = await Sandbox.start(directory, say);
  sandbox.supervise(say);
  sandbox.writeEnv(envFile);
  say(sandboxHelp(sandbox.env, envFile));
}

/** Empty, not there, or of an earlier sandbox, however far that came. */
function isOurs(path: string): boolean {
  const names = existsSync(path) ? readdirSync(path) : [];
  return names.length === 0 || names.some((name) => OF_A_SANDBOX.includes(name));
}
