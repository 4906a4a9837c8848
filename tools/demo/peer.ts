import { join } from "node:path";
import { ManagedProcess } from "../../test/support/processes.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import { repositoryRoot } from "../setup/paths.ts";
import { say } from "../setup/progress.ts";

/** Somebody who answers messages and calls: SIPp, started by the same command that a person would type. */
export class Peer {
  readonly address: string;
  readonly #name: string;
  readonly #process: ManagedProcess;
  #shown = 0;

  constructor(name: string, address: string, directory: string) {
    this.address = address;
    this.#name = name;
    const command = join(repositoryRoot, "tools/sandbox/sip");
    const logFile = join(directory, `${name}.log`);
    this.#process = new ManagedProcess({ name, command, args: ["answer", address], logFile });
    say(`$ tools/sandbox/sip answer ${address} &        # ${name}\n`);
  }

  /** Waits for a line that SIPp logs, and shows what is new. @throws Error when it does not come. */
  async saw(expected: RegExp): Promise<void> {
    const news = await waitFor(`${this.#name} to see ${String(expected)}`, () => {
      this.#process.assertRunning();
      const lines = this.#process.log().slice(this.#shown);
      return expected.test(lines) && lines;
    });
    this.#shown += news.length;
    say(`${news.trimEnd().replace(/^/gm, `  ${this.#name} | `)}\n`);
  }
}
