import type { Logger } from "pino";
import type { ControlOutcome } from "./control-client.ts";
import type { ExternalDirection, Verdict } from "./types.ts";

export interface DeskPorts {
  discover(domain: string, direction: ExternalDirection): Promise<Verdict>;
  /** Hands the verdict to the router. */
  answer(domain: string, verdict: Verdict): Promise<ControlOutcome>;
}

export interface DeskOptions {
  /** How long a discovery may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Discoveries at once; a question above is answered `uncached` at once. */
  readonly capacity: number;
}

/** Answers the router's questions: each domain is discovered once at a time, and never for too long. */
export class DiscoveryDesk {
  readonly #ports: DeskPorts;
  readonly #options: DeskOptions;
  readonly #log: Logger;
  readonly #open = new Map<string, Promise<void>>();

  constructor(ports: DeskPorts, options: DeskOptions, log: Logger) {
    this.#ports = ports;
    this.#options = options;
    this.#log = log;
  }

  /** Questions without an answer yet. */
  get outstanding(): number {
    return this.#open.size;
  }

  /**
   * Takes a question. One that is being answered already needs no second answer: the first resumes all.
   * @param callId of the request that made the router ask, for the log
   */
  ask(domain: string, direction: ExternalDirection, callId = ""): void {
    const key = `${direction} ${domain}`;
    if (this.#open.has(key)) return;
    const answered = this.#answer(domain, direction, callId).finally(() => this.#open.delete(key));
    this.#open.set(key, answered);
  }

  /** Resolves when every question is answered. */
  async drained(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open.values());
  }

  async #answer(domain: string, direction: ExternalDirection, callId: string): Promise<void> {
    const started = performance.now();
    const verdict = await this.#verdict(domain, direction);
    const milliseconds = Math.round(performance.now() - started);
    this.#log.debug({ domain, direction, callId, verdict, milliseconds }, "the router asked about a domain");
    const outcome = await this.#ports.answer(domain, verdict);
    // The router goes on by itself after a while, so a lost verdict costs time only.
    if (!outcome.ok) this.#log.warn({ domain, reason: outcome.message }, "the router did not take a verdict");
  }

  async #verdict(domain: string, direction: ExternalDirection): Promise<Verdict> {
    if (this.#open.size >= this.#options.capacity) return "uncached";
    let timer: NodeJS.Timeout | undefined;
    // No answer counts as an error of the discovery: the default route serves.
    const late = new Promise<Verdict>((resolve) => {
      timer = setTimeout(resolve, this.#options.timeoutMs, "default");
    });
    try {
      return await Promise.race([this.#ports.discover(domain, direction), late]);
    } catch (error) {
      this.#log.error({ err: error, domain }, "discovery failed");
      return "uncached";
    } finally {
      clearTimeout(timer);
    }
  }
}
