import type { RoutingTable } from "../federation/types.ts";
import { AppliedTable, type Write } from "./applied.ts";
import type { ControlClient, RouterStatus } from "./control-client.ts";
import { encodeActive } from "./encode.ts";
import { countEntries } from "./entry-count.ts";
import { Epochs } from "./epochs.ts";
import { Graveyard, type Grave } from "./graveyard.ts";
import { partsOf } from "./parts.ts";
import { plan, type Dirty } from "./plan.ts";
import type { RpcClient } from "./rpc-client.ts";
import type { StandingEntries } from "./standing-entries.ts";
import { TableChannel, type WriteFailure } from "./table-channel.ts";
import type { Grace, Orders } from "./types.ts";

export interface SessionPorts {
  readonly table: RoutingTable;
  readonly orders: Orders;
  /** As they should be now. */
  readonly standing: () => StandingEntries;
  readonly grace: Grace;
  readonly rpc: Pick<RpcClient, "call">;
  readonly control: Pick<ControlClient, "write" | "sweep">;
  /** Called with names and sets that cannot be written. */
  readonly rejected: (ids: readonly string[]) => void;
}

export type Opened =
  { readonly ok: true; readonly session: Session } | { readonly ok: false; readonly failure: string };

const TABLE = "t";
/** The record in force, and the list of epochs. */
const ENTRIES_BESIDE_EPOCHS = 2;
const OVER = "the router restarted or lost its table";

/** One epoch of the table on one instance of the router, from the first entry on. */
export class Session {
  readonly instance: string;
  readonly applied = new AppliedTable();
  readonly #ports: SessionPorts;
  readonly #channel: TableChannel;
  readonly #epochs: Epochs;
  readonly #graves: Graveyard;
  /** Those that were acknowledged. */
  readonly #standing = new Map<string, string>();
  #over = false;

  private constructor(ports: SessionPorts, instance: string, channel: TableChannel, epochs: Epochs) {
    this.instance = instance;
    this.#ports = ports;
    this.#channel = channel;
    this.#epochs = epochs;
    this.#graves = new Graveyard(ports.grace);
  }

  /** Starts a fresh epoch beside the one that the router routes by. `givenUp` was never finished. */
  static async open(ports: SessionPorts, router: RouterStatus, givenUp?: string): Promise<Opened> {
    const channel = new TableChannel(ports.control, router.instance);
    const read = await Epochs.read({ ...ports, channel }, [router.epoch, givenUp]);
    if (!read.ok) return read;
    const { epochs } = read;
    const session = new Session(ports, router.instance, channel, epochs);
    const failure = (await epochs.note()) ?? (await session.#writeStanding());
    return failure === undefined ? { ok: true, session } : { ok: false, failure };
  }

  get epoch(): string {
    return this.#epochs.current;
  }

  /** True once the router routes by this epoch. */
  get live(): boolean {
    return this.applied.active !== undefined;
  }

  /** True when the router restarted or lost its table: nothing more comes of this session. */
  get over(): boolean {
    return this.#over || this.#channel.otherInstance;
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

  /**
   * Brings the dirty part of the table into the epoch, and into force where the epoch is live; and standing entries
   * that have changed.
   */
  async apply(dirty: Dirty): Promise<WriteFailure> {
    const failed = await this.#writeStanding();
    if (failed !== undefined) return failed;
    for (const part of partsOf(dirty)) {
      const failure = await this.#applyPart(part);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** Puts the epoch into force. */
  async activate(): Promise<WriteFailure> {
    const active = encodeActive(this.epoch, this.#ports.table);
    const failure = (await this.#check()) ?? (await this.#write([{ section: "active", value: active }]));
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

  /**
   * Whether everything acknowledged is still there, told by the number of entries: what somebody else deleted is
   * noticed by nothing else. Only while nothing is written. An old epoch that is not swept yet may hide a loss.
   */
  async isWhole(): Promise<boolean> {
    const found = await countEntries(this.#ports.rpc, TABLE);
    return found === undefined || found >= this.applied.size + this.#standing.size + ENTRIES_BESIDE_EPOCHS;
  }

  async #applyPart(dirty: Dirty): Promise<WriteFailure> {
    const { table, orders, rejected } = this.#ports;
    const active = encodeActive(this.epoch, table);
    const isNew = this.live && active !== this.applied.active;
    const failure = isNew ? await this.#check() : undefined;
    if (failure !== undefined) return failure;
    const todo = plan(table, this.applied, dirty, orders, isNew ? active : undefined);
    if (todo.rejected.length > 0) rejected(todo.rejected);
    const written = await this.#write(todo.writes);
    if (todo.writes.some(({ section }) => section === "s")) {
      this.#graves.survey(this.applied, performance.now());
    }
    return written;
  }

  async #writeStanding(): Promise<WriteFailure> {
    for (const [key, value] of this.#ports.standing()) {
      if (this.#standing.get(key) === value) continue;
      this.#standing.delete(key);
      const failure = await this.#channel.set(key, value);
      if (failure !== undefined) return failure;
      this.#standing.set(key, value);
    }
    return undefined;
  }

  /** The record is never written over a table that was emptied: it would make the rest look whole. */
  async #check(): Promise<WriteFailure> {
    const found = await this.#epochs.check();
    if (found === "unanswered") return "the router does not answer RPC";
    if (found === "emptied") this.#over = true;
    return this.over ? OVER : undefined;
  }

  async #write(writes: readonly Write[]): Promise<WriteFailure> {
    const failure = await this.#channel.write(this.epoch, this.applied, writes, () => this.over);
    return this.over ? OVER : failure;
  }

  #delete({ kind, id }: Grave): Promise<WriteFailure> {
    if (kind === "epoch") return this.#epochs.sweep(id);
    if (kind === "set") return this.#write([{ section: "s", id, value: undefined }]);
    const count = this.applied.orders.get(id) ?? 0;
    return this.#write(
      Array.from({ length: count }, (_, index) => ({ section: "o", id, index, count, value: undefined })),
    );
  }
}
