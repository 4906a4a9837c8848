import type { Logger } from "pino";
import type { RpcClient } from "./rpc-client.ts";
import { readMaterial, type TlsFiles, type TlsMaterial } from "./tls-files.ts";

export interface TlsReloadOptions {
  readonly files: TlsFiles;
  readonly rpc: Pick<RpcClient, "call">;
  /** Between two looks at the files, in milliseconds; 5000 by default. */
  readonly intervalMs?: number;
}

export interface TlsState {
  /** When the certificate ends, in milliseconds since 1970; undefined while none was read. */
  readonly notAfter: number | undefined;
  readonly reloads: number;
  /** What keeps the router from using the files as they are, a sentence without its full stop. */
  readonly problem: string | undefined;
}

const INTERVAL_MS = 5000;
/** Where the router keeps what it has loaded: it is gone when it restarts, as that is. */
const LOADED = ["tls", "digest"] as const;

/**
 * Has the router take new certificates without a restart: connections that are open stay as they are. Level-based: the
 * router itself remembers what it was told to load last, and each load costs it memory, so it loads nothing twice.
 */
export class TlsReload {
  readonly #options: TlsReloadOptions;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #working = false;
  #material: TlsMaterial | undefined;
  #reloads = 0;
  #problem: string | undefined;

  constructor(options: TlsReloadOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  start(): void {
    void this.#look();
    this.#timer ??= setInterval(() => {
      void this.#look();
    }, this.#options.intervalMs ?? INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The files as they were last good; undefined while they never were. */
  get material(): TlsMaterial | undefined {
    return this.#material;
  }

  state(): TlsState {
    return { notAfter: this.#material?.notAfter, reloads: this.#reloads, problem: this.#problem };
  }

  async #look(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    const problem = await this.#bringUpToDate();
    this.#working = false;
    if (problem !== this.#problem && problem !== undefined) {
      this.#log.error({ problem }, "the router keeps the TLS certificate that it has");
    }
    this.#problem = problem;
  }

  /** Returns what stands in the way. A router that is away is no problem of the files. */
  async #bringUpToDate(): Promise<string | undefined> {
    const read = await readMaterial(this.#options.files, this.#material);
    if (!read.ok) return read.problem;
    this.#material = read.material;
    const loaded = await this.#loadedDigest();
    if (loaded === "away" || loaded === read.material.digest) return undefined;
    return this.#load(read.material);
  }

  async #load({ digest, notAfter }: TlsMaterial): Promise<string | undefined> {
    const outcome = await this.#options.rpc.call("tls.reload", []);
    if (!outcome.ok) return `the router refuses the files: ${outcome.message}`;
    this.#reloads += 1;
    this.#log.info({ notAfter: new Date(notAfter).toISOString() }, "the router has a new TLS certificate");
    await this.#options.rpc.call("htable.sets", [...LOADED, digest]);
    return undefined;
  }

  async #loadedDigest(): Promise<string | undefined> {
    const outcome = await this.#options.rpc.call("htable.get", [...LOADED]);
    if (outcome.ok) return (outcome.result as { item?: { value?: string } }).item?.value;
    return outcome.kind === "fault" ? undefined : "away";
  }
}
