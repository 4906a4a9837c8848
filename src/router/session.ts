import { randomInt } from "node:crypto";
import { DEFAULT_ROUTE_SET, type RouteSetKey, type RoutingTable } from "../federation/types.ts";
import { AppliedTable } from "./applied.ts";
import type { ControlClient, RouterStatus } from "./control-client.ts";
import { encodeActive } from "./encode.ts";
import { Graveyard, type Grave } from "./graveyard.ts";
import { plan, type Dirty } from "./plan.ts";
import type { Grace, Orders } from "./types.ts";
import type { TableWriter, WriteFailure } from "./writer.ts";

export interface SessionPorts {
  readonly table: RoutingTable;
  readonly orders: Orders;
  readonly dialogKey: string;
  readonly grace: Grace;
  readonly writer: TableWriter;
  readonly control: Pick<ControlClient, "activate" | "sweep">;
  /** Called with names and sets that cannot be written. */
  readonly rejected: (ids: readonly string[]) => void;
}

export type Opened =
  { readonly ok: true; readonly session: Session } | { readonly ok: false; readonly failure: string };

/** Epochs that may have keys in the router: what an operator that comes later has to sweep. */
const EPOCHS = "epochs";
const DIALOG_KEY = "key";
const CHUNK = 1000;
const OTHER_INSTANCE = 409;
const OVER = "the router restarted or lost its table";

/** One epoch of the table on one instance of the router, from the first entry on. */
export class Session {
  readonly instance: string;
  readonly epoch: string;
  readonly applied = new AppliedTable();
  readonly #ports: SessionPorts;
  /** Epochs before this one that may still have keys. */
  readonly #old: Set<string>;
  readonly #graves = new Graveyard();
  #active: string | undefined;
  #over = false;

  private constructor(ports: SessionPorts, instance: string, old: Set<string>) {
    this.#ports = ports;
    this.instance = instance;
    this.epoch = newEpoch();
    this.#old = old;
  }

  /** Starts a fresh epoch beside the one that the router routes by. `givenUp` was never finished. */
  static async open(ports: SessionPorts, router: RouterStatus, givenUp?: string): Promise<Opened> {
    const noted = await ports.writer.get(EPOCHS);
    if (!noted.ok) return noted;
    const old = new Set(
      [...listOf(noted.value), router.epoch, givenUp].filter((epoch) => epoch !== undefined),
    );
    const session = new Session(ports, router.instance, old);
    const failure = (await session.#noteEpochs()) ?? (await ports.writer.set(DIALOG_KEY, ports.dialogKey));
    return failure === undefined ? { ok: true, session } : { ok: false, failure };
  }

  /** True once the router routes by this epoch. */
  get live(): boolean {
    return this.#active !== undefined;
  }

  /** True when the router restarted or lost its table: nothing more comes of this session. */
  get over(): boolean {
    return this.#over;
  }

  /** When `deleteDue` has something to do, by `performance.now()`; undefined: nothing is left to do. */
  get nextDue(): number | undefined {
    return this.#graves.next;
  }

  /** Ends whatever is under way: the router is another one, or empty. */
  end(): void {
    this.#over = true;
  }

  /** Writes what is missing of the whole table. */
  async fill(): Promise<WriteFailure> {
    const { names, routeSets } = this.#ports.table;
    const failure = await this.apply({ names: [], sets: routeSets.keys() });
    if (failure !== undefined) return failure;
    for (const chunk of chunks(names.keys(), CHUNK)) {
      const failure = await this.apply({ names: chunk, sets: [] });
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** Brings the dirty part of the table into the epoch, and into force where the epoch is live. */
  async apply(dirty: Dirty): Promise<WriteFailure> {
    const { table, orders, writer } = this.#ports;
    const active = encodeActive(this.epoch, table);
    const activate = this.live && active !== this.#active;
    const sets = activate ? [...dirty.sets, DEFAULT_ROUTE_SET] : dirty.sets;
    const todo = plan(table, this.applied, { names: dirty.names, sets }, orders);
    this.#ports.rejected(todo.rejected);

    const write = (writes: Parameters<TableWriter["write"]>[2]) =>
      writer.write(this.epoch, this.applied, writes);
    const steps = [
      ...todo.orders.map((entry) => () => writer.writeOrders(this.epoch, this.applied, entry)),
      ...todo.sets.map((writes) => () => write(writes)),
      () => write(todo.names),
      ...(activate ? [() => this.#activate(active)] : []),
      () => write(todo.deletedNames),
      ...todo.tombstones.map((writes) => () => write(writes)),
    ];
    const failure = await this.#run(steps);
    if (todo.sets.length + todo.tombstones.length > 0) this.#buryUnused();
    return failure;
  }

  /** Puts the epoch into force. The router itself refuses when it is not the instance that was filled. */
  async activate(): Promise<WriteFailure> {
    const noted = await this.#ports.writer.get(EPOCHS);
    if (!noted.ok) return noted.failure;
    if (!listOf(noted.value).includes(this.epoch)) return this.#overNow();
    const failure = await this.#activate(encodeActive(this.epoch, this.#ports.table));
    if (failure !== undefined) return failure;
    const due = performance.now() + this.#ports.grace.setsMs;
    for (const id of this.#old) this.#graves.bury({ kind: "epoch", id }, due);
    return undefined;
  }

  /** Deletes what no request in flight can read any more. */
  async deleteDue(): Promise<WriteFailure> {
    const due = this.#graves.takeDue(performance.now());
    const failures: WriteFailure[] = [];
    for (const grave of due) {
      const failure = await this.#delete(grave);
      if (failure !== undefined) this.#graves.bury(grave, performance.now() + 1000);
      failures.push(failure);
    }
    return failures.find((failure) => failure !== undefined);
  }

  async #run(steps: readonly (() => Promise<WriteFailure>)[]): Promise<WriteFailure> {
    for (const step of steps) {
      if (this.#over) return OVER;
      const failure = await step();
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  async #activate(active: string): Promise<WriteFailure> {
    const outcome = await this.#ports.control.activate(this.instance, active);
    if (!outcome.ok) return outcome.status === OTHER_INSTANCE ? this.#overNow() : outcome.message;
    this.#active = active;
    return undefined;
  }

  #overNow(): WriteFailure {
    this.#over = true;
    return OVER;
  }

  #buryUnused(): void {
    const now = performance.now();
    const { ordersMs, setsMs } = this.#ports.grace;
    for (const key of this.applied.sets.keys()) {
      const grave: Grave = { kind: "set", id: key };
      if (this.applied.hasTombstone(key)) this.#graves.bury(grave, now + setsMs);
      else this.#graves.exhume(grave);
    }
    const unused = new Set(this.applied.unusedOrders());
    for (const id of this.applied.orders.keys()) {
      const grave: Grave = { kind: "orders", id };
      if (unused.has(id)) this.#graves.bury(grave, now + ordersMs);
      else this.#graves.exhume(grave);
    }
  }

  async #delete({ kind, id }: Grave): Promise<WriteFailure> {
    const { writer } = this.#ports;
    if (kind === "epoch") return this.#sweep(id);
    if (kind === "orders") return writer.deleteOrders(this.epoch, this.applied, id);
    return writer.write(this.epoch, this.applied, [{ section: "s", id, value: undefined }]);
  }

  async #sweep(epoch: string): Promise<WriteFailure> {
    const outcome = await this.#ports.control.sweep(epoch);
    if (!outcome.ok) return outcome.message;
    this.#old.delete(epoch);
    return this.#noteEpochs();
  }

  #noteEpochs(): Promise<WriteFailure> {
    return this.#ports.writer.set(EPOCHS, [...this.#old, this.epoch].join(","));
  }
}

function listOf(value: string | undefined): string[] {
  return (value ?? "").split(",").filter((epoch) => epoch !== "");
}

/** Never used before: an epoch that was given up may have left keys behind. */
function newEpoch(): string {
  return `${Date.now().toString(36)}${randomInt(36 ** 2, 36 ** 3).toString(36)}`;
}

function* chunks(keys: Iterable<RouteSetKey>, size: number): Generator<string[]> {
  let chunk: string[] = [];
  for (const key of keys) {
    chunk.push(key);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
