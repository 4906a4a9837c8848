/** The part of the log that is used here. */
export interface AwayLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A router that restarts is back sooner; milliseconds. */
const PATIENCE_MS = 5_000;

/** Tells of a router that does not answer, once it has been away for a while, and when it answers again. */
export class AwayReport {
  readonly #where: { readonly host: string; readonly port: number };
  readonly #log: AwayLog;
  #awaySince: number | undefined;
  #told = false;

  /** @param where the router is asked for its state. */
  constructor(where: { readonly host: string; readonly port: number }, log: AwayLog) {
    this.#where = where;
    this.#log = log;
  }

  /** The router was asked. `now` in milliseconds, of a clock that never goes back. */
  observe(answered: boolean, now: number): void {
    if (answered) this.#answered();
    else this.#unanswered(now);
  }

  #answered(): void {
    if (this.#told) this.#log.info(this.#where, "the router answers");
    this.#told = false;
    this.#awaySince = undefined;
  }

  #unanswered(now: number): void {
    this.#awaySince ??= now;
    if (this.#told || now - this.#awaySince < PATIENCE_MS) return;
    this.#told = true;
    this.#log.warn(this.#where, "the router does not answer: until it does, no change is in force");
  }
}
