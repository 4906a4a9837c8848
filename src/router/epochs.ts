import { randomInt } from "node:crypto";
import type { ControlClient } from "./control-client.ts";
import type { RpcClient } from "./rpc-client.ts";
import type { TableChannel, WriteFailure } from "./table-channel.ts";

const NO_ANSWER = "the router does not answer RPC";

/** The router's hash table, and the key of the list in it: what an operator that comes later has to sweep. */
const TABLE = "t";
const KEY = "epochs";

export interface EpochsPorts {
  readonly rpc: Pick<RpcClient, "call">;
  readonly control: Pick<ControlClient, "sweep">;
  readonly channel: TableChannel;
}

export type EpochsRead =
  { readonly ok: true; readonly epochs: Epochs } | { readonly ok: false; readonly failure: string };

/** The epochs that may have keys in the router: a new one, and those before it until they are swept. */
export class Epochs {
  /** Never used before: an epoch that was given up may have left keys behind. */
  readonly current = `${Date.now().toString(36)}${randomInt(36 ** 2, 36 ** 3).toString(36)}`;
  readonly #ports: EpochsPorts;
  readonly #old: Set<string>;

  private constructor(ports: EpochsPorts, old: Set<string>) {
    this.#ports = ports;
    this.#old = old;
  }

  /** @param others epochs that may be there without being noted. */
  static async read(ports: EpochsPorts, others: readonly (string | undefined)[]): Promise<EpochsRead> {
    const noted = await readList(ports.rpc);
    if (noted === undefined) return { ok: false, failure: NO_ANSWER };
    const old = [...noted, ...others].filter((epoch) => epoch !== undefined);
    return { ok: true, epochs: new Epochs(ports, new Set(old)) };
  }

  get old(): readonly string[] {
    return [...this.#old];
  }

  /** Writes the list to the router; before the first key of the current epoch. */
  note(): Promise<WriteFailure> {
    return this.#ports.channel.set(KEY, [...this.#old, this.current].join(","));
  }

  /** `emptied`: the list, and so the current epoch, is gone from the router. */
  async check(): Promise<"noted" | "emptied" | "unanswered"> {
    const noted = await readList(this.#ports.rpc);
    if (noted === undefined) return "unanswered";
    return noted.includes(this.current) ? "noted" : "emptied";
  }

  /** Has the router remove an old epoch, in the background. */
  async sweep(epoch: string): Promise<WriteFailure> {
    const outcome = await this.#ports.control.sweep(epoch);
    if (!outcome.ok) return outcome.message;
    this.#old.delete(epoch);
    return this.note();
  }
}

/** Undefined: no answer. A fault means that there is no list. */
async function readList(rpc: Pick<RpcClient, "call">): Promise<readonly string[] | undefined> {
  const outcome = await rpc.call("htable.get", [TABLE, KEY]);
  if (!outcome.ok) return outcome.kind === "fault" ? [] : undefined;
  return valueOf(outcome.result)
    .split(",")
    .filter((epoch) => epoch !== "");
}

/** `htable.get` answers `{ item: { name, value, … } }`. */
function valueOf(result: unknown): string {
  if (typeof result !== "object" || result === null || !("item" in result)) return "";
  const { item } = result;
  if (typeof item !== "object" || item === null || !("value" in item)) return "";
  return typeof item.value === "string" ? item.value : "";
}
