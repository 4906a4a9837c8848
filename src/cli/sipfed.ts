import { NO_ANSWER, Failure, Misuse, type Command, type Terminal } from "./command.ts";
import { explain } from "./explain.ts";
import { doctor } from "./doctor/doctor.ts";
import { exportDomains } from "./export/export.ts";
import { version } from "./version.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["explain", explain],
  ["export", exportDomains],
  ["doctor", doctor],
]);
const HELP: ReadonlySet<string | undefined> = new Set(["-h", "--help", "help"]);
const VERSION: ReadonlySet<string | undefined> = new Set(["-v", "--version", "version"]);

/**
 * Runs the command line after the program's name.
 * @returns the exit code
 */
export async function sipfed(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (HELP.has(name)) return printed(terminal, usage(terminal.name));
  if (VERSION.has(name)) return printed(terminal, `${version()}\n`);
  const command = COMMANDS.get(name ?? "");
  if (!command) return unknown(name, terminal);
  if (rest.some((arg) => arg === "-h" || arg === "--help"))
    return printed(terminal, command.usage(terminal.name));
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const hint = error instanceof Misuse ? `; see ${terminal.name} ${name ?? ""} --help` : "";
    terminal.err(`${terminal.name}: ${error.message}${hint}\n`);
    return NO_ANSWER;
  }
}

function usage(name: string): string {
  const commands = Array.from(COMMANDS, ([command, { summary }]) => `  ${command.padEnd(10)}${summary}\n`);
  return `Usage: ${name} COMMAND [OPTION...]

${commands.join("")}
${name} COMMAND --help tells more of a command; ${name} --version prints the version.
`;
}

function unknown(name: string | undefined, terminal: Terminal): number {
  terminal.err(
    name === undefined ? usage(terminal.name) : `${terminal.name}: there is no command ${name}\n\n`,
  );
  if (name !== undefined) terminal.err(usage(terminal.name));
  return NO_ANSWER;
}

function printed(terminal: Terminal, text: string): number {
  terminal.out(text);
  return 0;
}
