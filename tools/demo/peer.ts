import { join } from "node:path";
import { ManagedProcess } from "../../test/support/processes.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import { repositoryRoot } from "../setup/paths.ts";
import { say } from "../setup/progress.ts";

export interface PeerOptions {
  readonly name: string;
  /** Below tools/sandbox, with its arguments: the same command that a person would type. */
  readonly command: readonly [string, ...string[]];
  /** What it finds in its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** For its log. */
  readonly directory: string;
}

/** Somebody who is there all the time, and says what arrives. */
export class Peer {
  readonly #name: string;
  readonly #process: ManagedProcess;
  #shown = 0;

  constructor({ name, command: [script, ...args], env = {}, directory }: PeerOptions) {
    this.#name = name;
    const command = join(repositoryRoot, "tools/sandbox", script);
    const logFile = join(directory, `${name}.log`);
    this.#process = new ManagedProcess({ name, command, args, env, logFile });
    say(`$ ${["tools/sandbox/" + script, ...args].join(" ")} &        # ${name}\n`);
  }

  /** Waits for a line of it, and shows what is new. @throws Error when it does not come. */
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

/** Somebody who answers messages, calls and subscriptions over SIP: SIPp. */
export class SipPeer extends Peer {
  readonly address: string;

  constructor(name: string, address: string, directory: string) {
    super({ name, command: ["sip", "answer", address], directory });
    this.address = address;
  }
}
