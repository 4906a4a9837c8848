/** A real Kamailio with the product's configuration, programmed by hand: for tests of the configuration itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { ControlClient } from "../../src/router/control-client.ts";
import { readCounters } from "../../src/router/counters.ts";
import { RpcClient } from "../../src/router/rpc-client.ts";
import type { KamailioBinary } from "./kamailio-binaries.ts";
import { kamailioSpec, PORTS } from "./kamailio-spec.ts";
import { ManagedProcess, type ProcessExit } from "./processes.ts";
import { temporaryDirectory } from "./temporary.ts";
import { waitFor } from "./wait-for.ts";

export interface KamailioOptions {
  readonly binary: KamailioBinary;
  /** Loopback address of every listener but the IPv6 one. */
  readonly host: string;
  /** Added to the environment of kamailio-run. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A routing table, in the words of the router's protocol. */
export interface TableText {
  readonly open?: boolean;
  /** Most labels of a `.x` set. */
  readonly depth?: number;
  readonly unproven?: "S" | "R";
  /** CIDRs, comma separated. */
  readonly inside: string;
  readonly peers?: string;
  /** Names of certificates, comma separated. */
  readonly insideNames?: string;
  /** Shapes of the `@x` sets. */
  readonly shapes?: string;
  /** Domain → `<flag>|<start set>`. */
  readonly names?: Readonly<Record<string, string>>;
  /** Set → `<blocked>|<next>|<count>|<order>`. */
  readonly sets?: Readonly<Record<string, string>>;
  /** `<id>/<k>` → order. */
  readonly orders?: Readonly<Record<string, string>>;
  /** Limits for strangers; none unless told. */
  readonly limits?: string;
}

export class Kamailio {
  readonly host: string;
  readonly control: ControlClient;
  readonly #options: KamailioOptions;
  readonly #directory = temporaryDirectory("kamailio");
  readonly #rpc: RpcClient;
  #process: ManagedProcess | undefined;
  #epochs = 0;

  private constructor(options: KamailioOptions) {
    this.#options = options;
    this.host = options.host;
    this.control = new ControlClient({ host: options.host, port: PORTS.control });
    this.#rpc = new RpcClient({ host: options.host, port: PORTS.rpc });
  }

  /** Resolves when it answers. */
  static async start(options: KamailioOptions): Promise<Kamailio> {
    const kamailio = new Kamailio(options);
    await kamailio.restart();
    return kamailio;
  }

  /** Starts it, again if it ran before. */
  async restart(): Promise<void> {
    await this.#process?.stop();
    const { binary, host, env } = this.#options;
    const defaults = { WORKERS: "2", SHARED_MEMORY_MB: "64" };
    const process = new ManagedProcess(kamailioSpec(binary, host, this.#directory, { ...defaults, ...env }));
    this.#process = process;
    await waitFor("Kamailio to answer", () => {
      process.assertRunning();
      return this.control.status();
    });
  }

  /** Puts a whole table into force. */
  async program({ names = {}, sets = {}, orders = {}, ...settings }: TableText): Promise<void> {
    const epoch = `epoch${(this.#epochs += 1)}`;
    const entries = [
      ...Object.entries(orders).map(([key, value]) => `${epoch}/o/${key}|${value}`),
      ...Object.entries(sets).map(([key, value]) => `${epoch}/s/${key}|${value}`),
      ...Object.entries(names).map(([key, value]) => `${epoch}/n/${key}|${value}`),
    ];
    const {
      open = true,
      depth = 0,
      unproven = "S",
      inside,
      peers = "",
      shapes = "",
      insideNames = "",
      limits,
    } = settings;
    await this.write([
      ...entries,
      limits === undefined ? "limits" : `limits|${limits}`,
      `active|${epoch}|${open ? 1 : 0}|${depth}|${unproven}|${inside}|${peers}|${shapes}|${insideNames}`,
    ]);
  }

  /** Writes lines to the table. */
  async write(lines: readonly string[]): Promise<void> {
    const refused = await this.control.write("", []);
    if (refused.ok) throw new Error("a write without a ticket was taken");
    const outcome = await this.control.write(refused.message, lines);
    if (!outcome.ok) throw new Error(`the table was not written: ${outcome.message}`);
  }

  /** Entries of a hash table. */
  async table(name: string): Promise<ReadonlyMap<string, string | number>> {
    const slots = (await this.rpc("htable.dump", name)) as readonly { readonly slot: readonly Entry[] }[];
    return new Map(slots.flatMap(({ slot }) => slot.map((entry) => [entry.name, entry.value] as const)));
  }

  /** Counters by name; those that never counted are absent. */
  async counters(): Promise<ReadonlyMap<string, number>> {
    return new Map((await readCounters(this.#rpc)).map(({ name, count }) => [name, count]));
  }

  async counter(name: string): Promise<number> {
    return (await this.counters()).get(name) ?? 0;
  }

  async rpc(method: string, ...params: readonly (string | number)[]): Promise<unknown> {
    const outcome = await this.#rpc.call(method, params);
    if (!outcome.ok) throw new Error(`${method} ${params.join(" ")}: ${outcome.message}`);
    return outcome.result;
  }

  /** Of its main process, and of the group of all. @throws Error when it was never started. */
  get pid(): number {
    if (this.#process === undefined) throw new Error("Kamailio was not started");
    return this.#process.pid;
  }

  /** Ids of its connections to or from this address. */
  async connectionsTo(host: string): Promise<readonly number[]> {
    const all = (await this.rpc("core.tcp_list")) as readonly { readonly id: number }[];
    return all.filter((it) => JSON.stringify(it).includes(`"${host}"`)).map(({ id }) => id);
  }

  /** What the readiness probe of its container finds. */
  async isReady(): Promise<boolean> {
    const env = { ...process.env, CONTROL_HOST: this.host, RPC_PORT: String(PORTS.rpc) };
    const probe = spawn(join(repositoryRoot, "src/router/kamailio-ready"), { env, stdio: "ignore" });
    const [code] = (await once(probe, "exit")) as [number | null];
    return code === 0;
  }

  /** Fails when a process of it died. */
  assertRunning(): void {
    this.#process?.assertRunning();
  }

  log(): string {
    return this.#process?.log() ?? "";
  }

  /** Dies as in a crash. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async stop(): Promise<ProcessExit | undefined> {
    this.#rpc.close();
    await this.control.close();
    return this.#process?.stop();
  }
}

interface Entry {
  readonly name: string;
  readonly value: string | number;
}
