import { readFileSync } from "node:fs";
import { parseCommandLine, USAGE } from "./command-line.ts";
import { loadConfig } from "./load.ts";
import { formatProblems } from "./problems.ts";
import type { Config } from "./types.ts";

/** Exit code for a wrong command line or configuration, as in sysexits(3) and most shells. */
const MISUSED = 2;

export function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** The configuration that the command line names. Ends the process where it asks for something else, or is wrong. */
export async function configuration(args: readonly string[]): Promise<Config> {
  const command = parseCommandLine(args);
  switch (command.action) {
    case "help":
      return end(0, USAGE);
    case "version":
      return end(0, `${version()}\n`);
    case "fail":
      return end(MISUSED, `${command.message}\n\n${USAGE}`);
    case "run":
      return read(command.config);
  }
}

async function read(path: string): Promise<Config> {
  const loaded = await loadConfig(path);
  return loaded.ok ? loaded.config : end(MISUSED, `${formatProblems(path, loaded.problems)}\n`);
}

function end(code: number, text: string): never {
  (code === 0 ? process.stdout : process.stderr).write(text);
  process.exit(code);
}
