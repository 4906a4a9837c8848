import type { AppliedTable, Write } from "./applied.ts";
import type { EncodedOrders } from "./encode.ts";
import type { RpcClient, RpcOutcome } from "./rpc-client.ts";

/** The router's hash table with the routing table in it. */
const TABLE = "t";
const NO_SUCH_KEY = 404;

/** Undefined: everything was acknowledged. Otherwise why not. */
export type WriteFailure = string | undefined;

export type Read =
  | { readonly ok: true; readonly value: string | undefined }
  | { readonly ok: false; readonly failure: string };

/** Writes entries of the router's table and takes note of what was acknowledged. */
export class TableWriter {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /** Writes an entry that belongs to no epoch. */
  async set(key: string, value: string): Promise<WriteFailure> {
    return failureOf(await this.#rpc.call("htable.sets", [TABLE, key, value]));
  }

  /** The value is undefined where there is no such entry. */
  async get(key: string): Promise<Read> {
    const outcome = await this.#rpc.call("htable.get", [TABLE, key]);
    if (outcome.ok) return { ok: true, value: valueOf(outcome.result) };
    return outcome.kind === "fault"
      ? { ok: true, value: undefined }
      : { ok: false, failure: outcome.message };
  }

  /** All at once: their order among each other must not matter. */
  write(epoch: string, applied: AppliedTable, writes: readonly Write[]): Promise<WriteFailure> {
    if (writes.length === 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let left = writes.length;
      let first: WriteFailure;
      for (const write of writes) {
        this.#submit(epoch, write, (failure) => {
          applied.settle(write, failure === undefined);
          first ??= failure;
          left -= 1;
          if (left === 0) resolve(first);
        });
      }
    });
  }

  async writeOrders(epoch: string, applied: AppliedTable, orders: EncodedOrders): Promise<WriteFailure> {
    applied.orders.set(orders.id, orders.values.length);
    const writes = orders.values.map((value, k): Write => ({ section: "o", id: `${orders.id}/${k}`, value }));
    const failure = await this.write(epoch, applied, writes);
    if (failure === undefined) applied.completeOrders.add(orders.id);
    return failure;
  }

  async deleteOrders(epoch: string, applied: AppliedTable, id: string): Promise<WriteFailure> {
    const count = applied.orders.get(id) ?? 0;
    applied.completeOrders.delete(id);
    const writes = Array.from({ length: count }, (_, k): Write => {
      return { section: "o", id: `${id}/${k}`, value: undefined };
    });
    const failure = await this.write(epoch, applied, writes);
    if (failure === undefined) applied.orders.delete(id);
    return failure;
  }

  #submit(epoch: string, { section, id, value }: Write, done: (failure: WriteFailure) => void): void {
    const key = `${epoch}/${section}/${id}`;
    if (value === undefined) {
      this.#rpc.submit("htable.delete", [TABLE, key], (outcome) => {
        done(failureOf(outcome, true));
      });
      return;
    }
    this.#rpc.submit("htable.sets", [TABLE, key, value], (outcome) => {
      done(failureOf(outcome));
    });
  }
}

function failureOf(outcome: RpcOutcome, deleting = false): WriteFailure {
  if (outcome.ok) return undefined;
  if (deleting && outcome.kind === "fault" && outcome.code === NO_SUCH_KEY) return undefined;
  return outcome.message;
}

/** `htable.get` answers `{ item: { name, value, … } }`. */
function valueOf(result: unknown): string | undefined {
  if (typeof result !== "object" || result === null || !("item" in result)) return undefined;
  const { item } = result;
  if (typeof item !== "object" || item === null || !("value" in item)) return undefined;
  return typeof item.value === "string" ? item.value : undefined;
}
