/** Runs the commands of the set-up: their output is kept and shown when they fail, or passed on line by line. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called for each line of stdout and stderr. */
  readonly onLine?: (line: string) => void;
}

const KEPT_LINES = 200;

/**
 * Runs a command to its end and returns what it wrote to stdout.
 * @throws Error with the end of its output when it cannot be started or does not exit with 0.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: string[] = [];
  const recent: string[] = [];
  const keep = (line: string): void => {
    recent.push(line);
    if (recent.length > KEPT_LINES) recent.shift();
    options.onLine?.(line);
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    stdout.push(line);
    keep(line);
  });
  createInterface({ input: child.stderr }).on("line", keep);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on("error", reject).on("close", resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed (${code}):\n${recent.join("\n")}`);
  return stdout.join("\n");
}
