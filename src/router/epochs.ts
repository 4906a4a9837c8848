import { randomInt } from "node:crypto";
import type { ControlClient } from "./control-client.ts";
import type { TableWriter, WriteFailure } from "./writer.ts";

/** The key under which the router keeps the list: what an operator that comes later has to sweep. */
const KEY = "epochs";

export type EpochsRead =
  { readonly ok: true; readonly epochs: Epochs } | { readonly ok: false; readonly failure: string };

/** The epochs that may have keys in the router: a new one, and those before it until they are swept. */
export class Epochs {
  /** Never used before: an epoch that was given up may have left keys behind. */
  readonly current = `${Date.now().toString(36)}${randomInt(36 ** 2, 36 ** 3).toString(36)}`;
  readonly #writer: TableWriter;
  readonly #old: Set<string>;

  private constructor(writer: TableWriter, old: Set<string>) {
    this.#writer = writer;
    this.#old = old;
  }

  /** @param others epochs that may be there without being noted. */
  static async read(writer: TableWriter, others: readonly (string | undefined)[]): Promise<EpochsRead> {
    const noted = await writer.get(KEY);
    if (!noted.ok) return noted;
    const old = [...listOf(noted.value), ...others].filter((epoch) => epoch !== undefined);
    return { ok: true, epochs: new Epochs(writer, new Set(old)) };
  }

  get old(): readonly string[] {
    return [...this.#old];
  }

  /** Writes the list to the router; before the first key of the current epoch. */
  note(): Promise<WriteFailure> {
    return this.#writer.set(KEY, [...this.#old, this.current].join(","));
  }

  /** False when the list, and so the current epoch, is gone from the router. */
  async stillNoted(): Promise<boolean | undefined> {
    const noted = await this.#writer.get(KEY);
    return noted.ok ? listOf(noted.value).includes(this.current) : undefined;
  }

  /** Has the router remove an old epoch, in the background. */
  async sweep(control: Pick<ControlClient, "sweep">, epoch: string): Promise<WriteFailure> {
    const outcome = await control.sweep(epoch);
    if (!outcome.ok) return outcome.message;
    this.#old.delete(epoch);
    return this.note();
  }
}

function listOf(value: string | undefined): string[] {
  return (value ?? "").split(",").filter((epoch) => epoch !== "");
}
