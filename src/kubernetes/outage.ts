import type { Logger } from "./logger.ts";

/** Tells of an outage once; what repeats until it is over is for those who debug. */
export class Outage {
  readonly #log: Logger;
  #on = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  failed(fields: object, message: string): void {
    if (this.#on) this.#log.debug(fields, message);
    else this.#log.warn(fields, message);
    this.#on = true;
  }

  /** It works; said only after it did not. */
  over(fields: object, message: string): void {
    if (!this.#on) return;
    this.#on = false;
    this.#log.info(fields, message);
  }
}
