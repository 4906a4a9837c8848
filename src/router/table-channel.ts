import type { AppliedTable, Write } from "./applied.ts";
import type { ControlClient } from "./control-client.ts";

/** Undefined: everything was acknowledged. Otherwise why not. */
export type WriteFailure = string | undefined;

/** The router takes in at most 16 kB of a request at once. */
const MAX_BYTES = 12_000;
/** Keeps a worker of the router busy for about 2 ms. */
const MAX_LINES = 200;

const ATTEMPTS = 3;
const CONFLICT = 409;

/**
 * Writes to the hash table of one instance of the router, one request after the other. Each carries a ticket that is
 * good for one write: a request that the router executes late, after it was given up here, changes nothing.
 */
export class TableChannel {
  readonly #control: Pick<ControlClient, "write">;
  readonly #instance: string;
  #ticket = "";
  #otherInstance = false;

  constructor(control: Pick<ControlClient, "write">, instance: string) {
    this.#control = control;
    this.#instance = instance;
  }

  /** True once another instance of the router has answered. */
  get otherInstance(): boolean {
    return this.#otherInstance;
  }

  /** Writes an entry that belongs to no epoch. */
  set(key: string, value: string): Promise<WriteFailure> {
    return this.#send([`${key}|${value}`]);
  }

  /** Writes in order and takes note of what was acknowledged; ends with the first failure, or when `ended` says so. */
  async write(
    epoch: string,
    applied: AppliedTable,
    writes: readonly Write[],
    ended: () => boolean,
  ): Promise<WriteFailure> {
    for (let from = 0; from < writes.length && !ended();) {
      const lines = takeLines(epoch, writes, from);
      const failure = await this.#send(lines);
      const until = from + lines.length;
      for (; from < until; from++) {
        const write = writes[from];
        if (write !== undefined) applied.settle(write, failure === undefined);
      }
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  async #send(lines: readonly string[]): Promise<WriteFailure> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const outcome = await this.#control.write(`${this.#instance}|${this.#ticket}`, lines);
      const answer = outcome.ok ? outcome.body : outcome.message;
      if (!outcome.ok && outcome.status !== CONFLICT) return answer;
      const [instance = "", ticket = ""] = answer.trim().split("|");
      this.#ticket = ticket;
      if (outcome.ok) return undefined;
      this.#otherInstance = instance !== this.#instance;
      if (this.#otherInstance) return "another instance of the router answers";
    }
    return "the router takes no ticket: somebody else writes to its table";
  }
}

/** As many lines as one request holds: one at least. */
function takeLines(epoch: string, writes: readonly Write[], from: number): string[] {
  const lines: string[] = [];
  let bytes = 0;
  for (const write of writes.slice(from, from + MAX_LINES)) {
    const line = lineOf(epoch, write);
    bytes += line.length + 1;
    if (lines.length > 0 && bytes > MAX_BYTES) break;
    lines.push(line);
  }
  return lines;
}

function lineOf(epoch: string, write: Write): string {
  if (write.section === "active") return `active|${write.value}`;
  const { section, id, value } = write;
  const key = section === "o" ? `${epoch}/o/${id}/${write.index}` : `${epoch}/${section}/${id}`;
  return value === undefined ? key : `${key}|${value}`;
}
