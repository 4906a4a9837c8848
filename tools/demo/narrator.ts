/** Tells the story: what happens, the command that a person would type, and its real output. */
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { repositoryRoot } from "../setup/paths.ts";
import { say } from "../setup/progress.ts";

/** What a command must print, in whole or in part. */
export type Expectation = RegExp;

interface Outcome {
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** "In force within a second", and time for a slow machine. */
const PATIENCE = 20_000;
const INTERVAL = 200;

export class Narrator {
  readonly #env: Readonly<Record<string, string>>;
  #steps = 0;

  /** `env` is what commands find in their environment. */
  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
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
      throw new Error(`expected ${String(expected)} from: ${command}\n(exit code ${outcome.code})`);
    }
    return outcome.output;
  }

  #shell(command: string): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const options = { cwd: repositoryRoot, env: { ...process.env, ...this.#env }, timeout: 60_000 };
    execFile("bash", ["-c", `{ ${command}\n} 2>&1`], options, (error, output) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output });
    });
    return promise;
  }
}

function bold(text: string): string {
  return process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text;
}
