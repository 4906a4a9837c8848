import { ManagedProcess, type ProcessSpec } from "../processes.ts";
import { waitFor } from "../wait-for.ts";

const READY_TIMEOUT = 60_000;
const READY_INTERVAL = 50;

/** A server of the control plane that can be taken away and brought back, at the same address with the same data. */
export class RestartableServer {
  readonly #spec: ProcessSpec;
  readonly #ready: () => Promise<boolean>;
  #process: ManagedProcess | undefined;

  constructor(spec: ProcessSpec, ready: () => Promise<boolean>) {
    this.#spec = spec;
    this.#ready = ready;
  }

  /** Starts it and waits until it is ready. @throws Error with the end of its log when it is not. */
  async start(): Promise<void> {
    const started = new ManagedProcess(this.#spec);
    this.#process = started;
    const ready = (): Promise<boolean> => {
      if (!started.running) return Promise.resolve(true);
      return this.#ready();
    };
    await waitFor(`${started.name} to be ready`, ready, { timeout: READY_TIMEOUT, interval: READY_INTERVAL });
    started.assertRunning();
  }

  /** Kills it: connections break at once, as when its machine is lost. */
  async stop(): Promise<void> {
    await this.#process?.kill();
  }

  /** Freezes it: connections stay open and nothing answers. */
  pause(): void {
    this.#process?.signal("SIGSTOP");
  }

  resume(): void {
    this.#process?.signal("SIGCONT");
  }

  /** Milliseconds of CPU time and such are read by pid. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }
}
