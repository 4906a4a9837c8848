import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { Logger } from "pino";
import { hopKey } from "./followed.ts";
import type { HopName, Target } from "./types.ts";

const DELAY_MS = 1000;

/**
 * The last known targets of next hops, in a file: an operator that starts while DNS is away goes on with them. What
 * cannot be read is as if it were not there, and what cannot be written costs no more than that.
 */
export class AddressBook {
  readonly #path: string;
  readonly #log: Logger;
  readonly #known: Map<string, readonly Target[]>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#known = read(path);
  }

  /** Undefined where nothing was entered. */
  targets(hop: HopName): readonly Target[] | undefined {
    return this.#known.get(hopKey(hop));
  }

  /** What DNS says now; nothing at all is kept too. */
  enter(hop: HopName, targets: readonly Target[]): void {
    this.#known.set(hopKey(hop), targets);
    this.#changed();
  }

  /** Forgets all next hops but these. */
  keep(hops: Iterable<HopName>): void {
    const kept = new Set(Array.from(hops, hopKey));
    const gone = [...this.#known.keys()].filter((key) => !kept.has(key));
    for (const key of gone) this.#known.delete(key);
    if (gone.length > 0) this.#changed();
  }

  /** Writes what has changed. Never rejects. */
  async flush(): Promise<void> {
    if (this.#timer !== undefined) this.#write();
    await this.#writing;
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#write();
    }, DELAY_MS).unref();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = JSON.stringify(Object.fromEntries(this.#known));
    this.#writing = this.#writing.then(() => this.#replace(text));
  }

  async #replace(text: string): Promise<void> {
    const temporary = `${this.#path}.new`;
    try {
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, this.#path);
    } catch (error) {
      this.#log.warn({ err: error, path: this.#path }, "the addresses of next hops were not written down");
    }
  }
}

function read(path: string): Map<string, readonly Target[]> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof parsed !== "object" || parsed === null) return new Map();
    return new Map(
      Object.entries(parsed).filter((entry): entry is [string, Target[]] => areTargets(entry[1])),
    );
  } catch {
    return new Map();
  }
}

function areTargets(value: unknown): value is Target[] {
  return Array.isArray(value) && value.every(isTarget);
}

function isTarget(value: unknown): value is Target {
  const { address, port, priority, weight } = (value ?? {}) as Partial<Record<keyof Target, unknown>>;
  const numbers = [port, priority, weight];
  return typeof address === "string" && isIP(address) !== 0 && numbers.every(Number.isInteger);
}
