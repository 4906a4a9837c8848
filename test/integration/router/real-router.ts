import { pino } from "pino";
import { orders } from "../../../src/federation/shares.ts";
import { RpcClient } from "../../../src/router/rpc-client.ts";
import { SipRouter } from "../../../src/router/sip-router.ts";
import type { RouterOptions } from "../../../src/router/types.ts";
import type { KamailioBinary } from "../../support/kamailio-binaries.ts";
import { kamailioSpec, PORTS } from "../../support/kamailio-spec.ts";
import { ManagedProcess } from "../../support/processes.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

/** A real Kamailio with the product's configuration, all of it on one loopback address; it can be started again. */
export class RealRouter {
  readonly host: string;
  readonly snapshotDirectory = temporaryDirectory("snapshot");
  readonly #binary: KamailioBinary;
  readonly #directory = temporaryDirectory("kamailio");
  readonly #rpc: RpcClient;
  #process: ManagedProcess | undefined;

  constructor(binary: KamailioBinary, host: string) {
    this.#binary = binary;
    this.host = host;
    this.#rpc = new RpcClient({ host, port: PORTS.rpc });
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { host } = this;
    const env = { INVITE_TIMEOUT_MS: "500", WORKERS: "2", SNAPSHOT_DIRECTORY: this.snapshotDirectory };
    const process = new ManagedProcess(kamailioSpec(this.#binary, host, this.#directory, env));
    this.#process = process;
    const answers = async () => {
      process.assertRunning();
      return (await fetch(`http://${host}:${PORTS.health}/healthz`)).ok;
    };
    await waitFor("Kamailio to answer", answers, { timeout: 30_000 });
  }

  /** Dies like in a crash. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async stop(): Promise<void> {
    this.#rpc.close();
    await this.#process?.stop();
  }

  /** An operator's side of it. */
  operator(options: Partial<RouterOptions> = {}): SipRouter {
    return new SipRouter(
      {
        host: this.host,
        controlPort: PORTS.control,
        rpcPort: PORTS.rpc,
        eventPort: PORTS.event,
        dialogs: { keys: ["c0ffee"], lifetimeSeconds: 3600 },
        orders,
        snapshotDirectory: this.snapshotDirectory,
        ...options,
      },
      pino({ level: "silent" }),
    );
  }

  /** Would the kubelet send traffic to it? */
  async ready(): Promise<boolean> {
    return (await fetch(`http://${this.host}:${PORTS.health}/readyz`)).ok;
  }

  async flush(table: string): Promise<void> {
    await this.#call("htable.flush", table);
  }

  /** Deletes an entry, as a person might. */
  async remove(table: string, key: string): Promise<void> {
    await this.#call("htable.delete", table, key);
  }

  async valueOf(table: string, key: string): Promise<string | undefined> {
    const outcome = await this.#rpc.call("htable.get", [table, key]);
    return outcome.ok ? (outcome.result as { item: { value: string } }).item.value : undefined;
  }

  /** Number of entries of a hash table. */
  async sizeOf(table: string): Promise<number> {
    const stats = (await this.#call("htable.stats")) as readonly {
      readonly name: string;
      readonly all: number;
    }[];
    return stats.find(({ name }) => name === table)?.all ?? 0;
  }

  async #call(method: string, ...params: readonly string[]): Promise<unknown> {
    const outcome = await this.#rpc.call(method, params);
    if (!outcome.ok) throw new Error(`${method} ${params.join(" ")}: ${outcome.message}`);
    return outcome.result;
  }
}
