import { ManagedProcess, type ProcessExit, type ProcessSpec } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

const READY_TIMEOUT = 60_000;
const READY_INTERVAL = 50;

/** A server that can be taken away and brought back, at the same address with the same data. */
export class RestartableProcess {
  readonly #spec: ProcessSpec;
  readonly #ready: () => Promise<boolean>;
  #process: ManagedProcess | undefined;

  /** `ready` is asked again and again once the process runs. */
  constructor(spec: ProcessSpec, ready: () => Promise<boolean>) {
    this.#spec = spec;
    this.#ready = ready;
  }

  /** Starts it and waits until it is ready. @throws Error with the end of its log when it ends before. */
  async start(): Promise<void> {
    const started = new ManagedProcess(this.#spec);
    this.#process = started;
    const readyOrEnded = (): Promise<boolean> => (started.running ? this.#ready() : Promise.resolve(true));
    const options = { timeout: READY_TIMEOUT, interval: READY_INTERVAL };
    await waitFor(`${started.name} to be ready`, readyOrEnded, options);
    started.assertRunning();
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** Kills it: connections break at once, as when its machine is lost. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Freezes it: connections stay open and nothing answers. */
  pause(): void {
    this.#process?.signal("SIGSTOP");
  }

  resume(): void {
    this.#process?.signal("SIGCONT");
  }

  /** Undefined before the first start. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /** All that it has written so far, over all its starts. */
  log(): string {
    return this.#process?.log() ?? "";
  }

  /** How the process that runs now, or ran last, ended; undefined before the first start. */
  get exited(): Promise<ProcessExit | undefined> {
    return this.#process?.exited ?? Promise.resolve(undefined);
  }
}
