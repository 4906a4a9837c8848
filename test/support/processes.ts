/** Real processes of the tests, the demo and the sandbox. None outlives the process that started it. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { once } from "node:events";

export interface ProcessSpec {
  /** What failures call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** stdout and stderr are appended to it. */
  readonly logFile: string;
  /** Sent by the kernel when this process dies. TERM for what has children of its own; KILL unless told. */
  readonly deathSignal?: "KILL" | "TERM";
  /** Whether it reads what `type` writes; nothing unless told. */
  readonly typedTo?: boolean;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const LOG_TAIL = 4_000;
const KILL_GRACE = 1_000;
const COMMAND_NOT_FOUND = 127;
const running = new Set<ManagedProcess>();

process.on("exit", () => {
  for (const child of running) child.signal("SIGKILL");
});

/** A started process, the leader of a process group of its own. */
export class ManagedProcess {
  readonly name: string;
  readonly logFile: string;
  /** Settles when the process has ended; never rejects, and does not keep this process alive. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;

  /** Starts it. That a command does not exist shows as an exit with code 127. */
  constructor(spec: ProcessSpec) {
    this.name = spec.name;
    this.logFile = spec.logFile;
    const log = openSync(spec.logFile, "a");
    // setpriv replaces itself by the command, which keeps the setting
    const args = ["--pdeathsig", spec.deathSignal ?? "KILL", "--", spec.command, ...spec.args];
    this.#child = spawn("setpriv", args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      stdio: [spec.typedTo === true ? "pipe" : "ignore", log, log],
      detached: true,
    });
    closeSync(log);
    this.#child.unref(); // a test that forgets to stop it still ends, and it ends with the test
    running.add(this);
    this.exited = this.#waitForExit();
  }

  get running(): boolean {
    return running.has(this);
  }

  /** @throws Error when it never started. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.#child.pid;
  }

  /** Sends a signal to the whole process group. Nothing happens when it is gone. */
  signal(signal: NodeJS.Signals): void {
    if (!this.running || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // gone in the meantime
    }
  }

  /** Stops it: SIGTERM to the leader, and after `grace` milliseconds SIGKILL to the whole group. */
  async stop(grace = 10_000): Promise<ProcessExit> {
    this.signal("SIGCONT");
    if (this.running) this.#child.kill("SIGTERM");
    return this.#exitWithin(grace);
  }

  /** Kills the whole group without a warning, as a crash would. */
  async kill(): Promise<ProcessExit> {
    this.signal("SIGKILL");
    return this.#exitWithin(KILL_GRACE);
  }

  /** Writes a line to its standard input. */
  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** All that it has written so far. */
  log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  /** @throws Error with the end of its log when it has ended. */
  assertRunning(): void {
    if (this.running) return;
    throw new Error(`${this.name} ended early; the end of its log:\n${this.log().slice(-LOG_TAIL)}`);
  }

  async #exitWithin(grace: number): Promise<ProcessExit> {
    this.#child.ref(); // whoever waits for its end does not end before
    const timer = setTimeout(() => {
      this.signal("SIGKILL");
    }, grace);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  async #waitForExit(): Promise<ProcessExit> {
    try {
      const [code, signal] = (await once(this.#child, "exit")) as [number | null, NodeJS.Signals | null];
      return { code, signal };
    } catch {
      return { code: COMMAND_NOT_FOUND, signal: null };
    } finally {
      this.signal("SIGKILL"); // what its children are still doing, they do for nobody
      running.delete(this);
    }
  }
}
