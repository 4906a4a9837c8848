import { open, rename, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import type { RoutingTable } from "../federation/types.ts";
import { encodeActive, encodeName, encodeSet, isName, isSetKey, nameOf, startOf } from "./encode.ts";
import type { StandingEntries } from "./standing-entries.ts";
import type { Orders } from "./types.ts";

/** File name: the router's hash table is loaded from the db_text table of its own name. */
export const SNAPSHOT_FILE = "t";

/** Columns of Kamailio's htable module; both types are 0: a plain key with a string. Alone, it is an empty table. */
export const SNAPSHOT_HEADER =
  "key_name(string) key_type(int) value_type(int) key_value(string) expires(int)\n";

/** Nothing else is loaded together with it, so it need not be unique. */
const EPOCH = "snapshot";
const CHUNK = 64 * 1024;
/** A table that keeps changing is written all the same, this many quiet times after the first change. */
const MAX_QUIET_TIMES = 10;

export interface SnapshotOptions {
  /** Shared with the router. */
  readonly directory: string;
  readonly table: RoutingTable;
  readonly orders: Orders;
  /** As they should be now. */
  readonly standing: () => StandingEntries;
  /** Quiet time before a change is written, in milliseconds. */
  readonly delayMs: number;
}

/** Keeps a file of the routing table from which the router starts when no operator is there. */
export class Snapshot {
  readonly #options: SnapshotOptions;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #changedAt: number | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SnapshotOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** The table changed: it is written when it has been quiet for a while. */
  changed(): void {
    const { delayMs } = this.#options;
    const now = performance.now();
    this.#changedAt ??= now;
    const latest = this.#changedAt + delayMs * MAX_QUIET_TIMES;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), Math.max(0, Math.min(delayMs, latest - now)));
  }

  /** Writes now what has changed. Never rejects: the router keeps the last file that was complete. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#changedAt === undefined) return this.#writing;
    this.#changedAt = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const path = join(this.#options.directory, SNAPSHOT_FILE);
    const temporary = `${path}.new`;
    try {
      const file = await open(temporary, "w", 0o600);
      try {
        await file.chmod(0o600);
        await writeLines(file, lines(this.#options));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      this.#log.error({ err: error, path }, "the snapshot of the routing table was not written");
    }
  }
}

/** In pieces, so that neither the whole text is in memory nor the event loop waits for it. */
async function writeLines(file: FileHandle, lines: Iterable<string>): Promise<void> {
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < CHUNK) continue;
    await file.write(text);
    text = "";
  }
  await file.write(text);
}

/**
 * The whole table. It may change while the lines are taken: names refer only to sets that were written, so the file
 * is a table without dangling references at any moment.
 */
function* lines(options: SnapshotOptions): Generator<string> {
  const { table, orders, standing } = options;
  const routeSets = new Map([...table.routeSets].filter(([key]) => isSetKey(key)));
  const fixed = { open: table.open, names: table.names, routeSets, config: table.config };
  yield SNAPSHOT_HEADER;
  for (const [key, value] of standing()) yield line(key, value);
  yield line("epochs", EPOCH);
  yield line("active", encodeActive(EPOCH, fixed));
  for (const [key, set] of routeSets) {
    const encoded = encodeSet(set, orders);
    yield line(`${EPOCH}/s/${key}`, encoded.value);
    for (const [k, value] of encoded.orders?.values.entries() ?? []) {
      yield line(`${EPOCH}/o/${encoded.orders?.id ?? ""}/${k}`, value);
    }
    const name = nameOf(key);
    if (name !== undefined && !table.names.has(name)) yield* nameLine(fixed, name);
  }
  for (const name of table.names.keys()) yield* nameLine(fixed, name);
}

function* nameLine(table: RoutingTable, name: string): Generator<string> {
  const value = isName(name) ? encodeName(table.names.get(name), startOf(table, name)) : undefined;
  if (value !== undefined) yield line(`${EPOCH}/n/${name}`, value);
}

/** Colon and backslash are the only characters of the table that db_text wants escaped. */
function line(key: string, value: string): string {
  return `${escape(key)}:0:0:${escape(value)}:0\n`;
}

function escape(text: string): string {
  return text.replace(/[\\:]/g, "\\$&");
}
