import { DEFAULT_ROUTE_SET, type RoutingTable } from "../federation/types.ts";
import { AppliedTable, type Write } from "./applied.ts";
import type { ControlClient, RouterStatus } from "./control-client.ts";
import { encodeActive } from "./encode.ts";
import { Epochs } from "./epochs.ts";
import { Graveyard, type Grave } from "./graveyard.ts";
import { partsOf } from "./parts.ts";
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

const DIALOG_KEY = "key";
const OTHER_INSTANCE = 409;
const OVER = "the router restarted or lost its table";

/** One epoch of the table on one instance of the router, from the first entry on. */
export class Session {
  readonly instance: string;
  readonly applied = new AppliedTable();
  readonly #ports: SessionPorts;
  readonly #epochs: Epochs;
  readonly #graves: Graveyard;
  #active: string | undefined;
  #over = false;

  private constructor(ports: SessionPorts, instance: string, epochs: Epochs) {
    this.instance = instance;
    this.#ports = ports;
    this.#epochs = epochs;
    this.#graves = new Graveyard(ports.grace);
  }

  /** Starts a fresh epoch beside the one that the router routes by. `givenUp` was never finished. */
  static async open(ports: SessionPorts, router: RouterStatus, givenUp?: string): Promise<Opened> {
    const read = await Epochs.read(ports.writer, [router.epoch, givenUp]);
    if (!read.ok) return read;
    const { epochs } = read;
    const failure = (await epochs.note()) ?? (await ports.writer.set(DIALOG_KEY, ports.dialogKey));
    if (failure !== undefined) return { ok: false, failure };
    return { ok: true, session: new Session(ports, router.instance, epochs) };
  }

  get epoch(): string {
    return this.#epochs.current;
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

  /** Ends whatever is under way. */
  end(): void {
    this.#over = true;
  }

  /** Writes what is missing of the whole table. */
  fill(): Promise<WriteFailure> {
    const { names, routeSets } = this.#ports.table;
    return this.apply({ names: names.keys(), sets: routeSets.keys() });
  }

  /** Brings the dirty part of the table into the epoch, and into force where the epoch is live. */
  async apply(dirty: Dirty): Promise<WriteFailure> {
    for (const part of partsOf(dirty)) {
      const failure = await this.#applyPart(part);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** Puts the epoch into force. The router itself refuses when it is not the instance that was filled. */
  async activate(): Promise<WriteFailure> {
    const failure = await this.#activate(encodeActive(this.epoch, this.#ports.table));
    if (failure !== undefined) return failure;
    for (const id of this.#epochs.old) this.#graves.bury({ kind: "epoch", id }, performance.now());
    return undefined;
  }

  /** Deletes one thing that no request in flight can read any more. */
  async deleteDue(): Promise<WriteFailure> {
    const grave = this.#graves.takeDue(performance.now());
    if (grave === undefined) return undefined;
    const failure = await this.#delete(grave);
    if (failure !== undefined) this.#graves.bury(grave, performance.now());
    return failure;
  }

  async #applyPart(dirty: Dirty): Promise<WriteFailure> {
    const { table, orders, rejected, writer } = this.#ports;
    const active = encodeActive(this.epoch, table);
    const activate = this.live && active !== this.#active;
    const sets = activate ? [...dirty.sets, DEFAULT_ROUTE_SET] : dirty.sets;
    const todo = plan(table, this.applied, { names: dirty.names, sets }, orders);
    if (todo.rejected.length > 0) rejected(todo.rejected);

    const failure = await this.#run([
      ...todo.orders.map((entry) => () => writer.writeOrders(this.epoch, this.applied, entry)),
      ...todo.sets.map((writes) => () => this.#write(writes)),
      () => this.#write(todo.names),
      ...(activate ? [() => this.#activate(active)] : []),
      () => this.#write(todo.deletedNames),
      ...todo.tombstones.map((writes) => () => this.#write(writes)),
    ]);
    if (todo.sets.length + todo.tombstones.length > 0) this.#graves.survey(this.applied, performance.now());
    return failure;
  }

  async #run(steps: readonly (() => Promise<WriteFailure>)[]): Promise<WriteFailure> {
    for (const step of steps) {
      if (this.#over) return OVER;
      const failure = await step();
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #write(writes: readonly Write[]): Promise<WriteFailure> {
    return this.#ports.writer.write(this.epoch, this.applied, writes);
  }

  /** Never over a table that was emptied: the record would make the rest of it look whole. */
  async #activate(active: string): Promise<WriteFailure> {
    const noted = await this.#epochs.stillNoted();
    if (noted === undefined) return "the router does not answer RPC";
    if (!noted) return this.#overNow();
    const outcome = await this.#ports.control.activate(this.instance, active);
    if (!outcome.ok) return outcome.status === OTHER_INSTANCE ? this.#overNow() : outcome.message;
    this.#active = active;
    return undefined;
  }

  #overNow(): WriteFailure {
    this.#over = true;
    return OVER;
  }

  #delete({ kind, id }: Grave): Promise<WriteFailure> {
    const { writer, control } = this.#ports;
    if (kind === "epoch") return this.#epochs.sweep(control, id);
    if (kind === "orders") return writer.deleteOrders(this.epoch, this.applied, id);
    return this.#write([{ section: "s", id, value: undefined }]);
  }
}
