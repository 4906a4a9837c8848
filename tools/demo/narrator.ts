/** Tells the story: what happens, the command that a person would type, and its real output. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ManagedProcess } from "../../test/support/processes.ts";
import { repositoryRoot } from "../setup/paths.ts";
import { say } from "../setup/progress.ts";

/** What a command must print, in whole or in part. */
export type Expectation = RegExp;

interface Outcome {
  /** Null when it was killed. */
  readonly code: number | null;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** "In force within a second", and time for a slow machine. */
const PATIENCE = 20_000;
const INTERVAL = 200;
/** Milliseconds that one command may take. */
const COMMAND_TIMEOUT = 60_000;

export class Narrator {
  readonly #env: Readonly<Record<string, string>>;
  readonly #directory: string;
  #steps = 0;
  #commands = 0;

  /** `env` is what commands find in their environment; what they print is kept in `directory`. */
  constructor(env: Readonly<Record<string, string>>, directory: string) {
    this.#env = env;
    this.#directory = directory;
  }

  step(title: string): void {
    this.#steps += 1;
    say(`\n${bold(`${this.#steps}. ${title}`)}\n`);
  }

  note(text: string): void {
    say(`${text}\n`);
  }

  /**
   * Runs a command and shows it with its output. What has just been applied may take a moment: it is run again
   * until it prints what is expected, and shown once.
   * @throws Error when it never does.
   */
  async run(command: string, expected: Expectation): Promise<string> {
    const deadline = Date.now() + PATIENCE;
    let outcome = await this.#shell(command);
    while (!expected.test(outcome.output) && Date.now() < deadline) {
      await delay(INTERVAL);
      outcome = await this.#shell(command);
    }
    say(`${bold(`$ ${command}`)}\n${outcome.output.trimEnd()}\n`);
    if (!expected.test(outcome.output)) {
      throw new Error(`expected ${String(expected)} from: ${command}\n(exit code ${String(outcome.code)})`);
    }
    return outcome.output;
  }

  async #shell(command: string): Promise<Outcome> {
    this.#commands += 1;
    const shell = new ManagedProcess({
      name: command,
      command: "bash",
      args: ["-c", command],
      cwd: repositoryRoot,
      env: this.#env,
      logFile: join(this.#directory, `command-${this.#commands}.log`),
    });
    const timer = setTimeout(() => {
      shell.signal("SIGKILL");
    }, COMMAND_TIMEOUT);
    const { code } = await shell.exited;
    clearTimeout(timer);
    return { code, output: shell.log() };
  }
}

function bold(text: string): string {
  return process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text;
}
