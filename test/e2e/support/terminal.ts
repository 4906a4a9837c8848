import { join } from "node:path";
import { ManagedProcess } from "../../support/processes.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

/** Milliseconds that one command may take. */
const COMMAND_TIMEOUT = 30_000;

/** A shell that somebody types into. */
export class Terminal {
  readonly #shell: ManagedProcess;
  #commands = 0;

  /** `directory` is where it is. It ends with this process. */
  constructor(directory: string) {
    this.#shell = new ManagedProcess({
      name: "terminal",
      command: "bash",
      args: ["--noprofile", "--norc"],
      cwd: directory,
      logFile: join(temporaryDirectory("terminal"), "log"),
      typedTo: true,
    });
  }

  /**
   * Types a command, of several lines too, and waits for its end.
   * @returns what it printed, errors too, in order.
   * @throws Error when the shell has ended, or the command does not.
   */
  async run(command: string): Promise<string> {
    this.#commands += 1;
    const words = `end of command ${this.#commands}`;
    const end = `\n${words}\n`;
    const before = this.#shell.log().length;
    // what reads its input gets none: not the commands that are typed next
    this.#shell.type(`{ ${command}\n} </dev/null; printf '\\n%s\\n' '${words}'`);
    const { text } = await waitFor(
      `the end of: ${command}`,
      () => {
        const printed = this.#shell.log().slice(before);
        if (printed.endsWith(end)) return { text: printed.slice(0, -end.length) };
        this.#shell.assertRunning();
        return undefined;
      },
      { timeout: COMMAND_TIMEOUT },
    );
    return text;
  }

  async close(): Promise<void> {
    await this.#shell.kill();
  }
}
