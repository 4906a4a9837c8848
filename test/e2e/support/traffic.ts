/** Requests that never stop coming, as long as a test wants them. */
import type { Federation, Over } from "./federation.ts";
import type { Call, Party } from "./party.ts";

/** A request that is answered in one of these ways whatever happens. */
export interface Expected {
  readonly call: Call;
  readonly sender?: Party;
  readonly outcomes: readonly string[];
}

const TRANSPORTS: readonly Over[] = ["udp", "tcp"];

export class Traffic {
  /** Requests that got a final answer. */
  answered = 0;
  /** What went otherwise than expected. Whoever gets no answer at all sends no more. */
  readonly surprises: string[] = [];
  readonly #federation: Federation;
  readonly #next: () => Expected;
  readonly #senders: Promise<void>[];
  #stopped = false;

  /** @param width requests under way at any time, half of them over UDP and half over TCP */
  constructor(federation: Federation, next: () => Expected, width = 8) {
    this.#federation = federation;
    this.#next = next;
    this.#senders = Array.from({ length: width }, (_, n) => this.#keepSending(TRANSPORTS[n % 2] ?? "udp"));
  }

  /** No new requests; resolves when the last one is answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#senders);
  }

  async #keepSending(over: Over): Promise<void> {
    while (!this.#stopped) {
      const { call, sender = this.#federation.inside, outcomes } = this.#next();
      try {
        const outcome = await this.#federation.outcomeOf(sender, call, { over });
        this.answered += 1;
        if (!outcomes.includes(outcome)) this.surprises.push(`${call.to} over ${over}: ${outcome}`);
      } catch (error) {
        this.surprises.push(`${call.to} over ${over}: ${String(error)}`);
        return;
      }
    }
  }
}
