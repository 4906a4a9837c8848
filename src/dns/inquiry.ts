import type { Answer } from "./answer.ts";
import type { DnsClient } from "./dns-client.ts";
import { type Question, questionKey } from "./question.ts";

/** The last certain answers, by the key of their question. */
export type Known = ReadonlyMap<string, Answer>;

/**
 * The questions that resolve one next hop. Where DNS fails, the last certain answer to the same question stands in
 * for the missing one, however old it is (RFC 8767): a name server that is away for a while says nothing about where
 * the peer is. An answer that denies a record is no failure, and counts.
 */
export class Inquiry {
  readonly #client: Pick<DnsClient, "ask">;
  readonly #known: Known;
  readonly #doubtful: boolean;
  readonly #answers = new Map<string, Answer>();
  readonly #failures = new Set<string>();
  #expiresAt = Infinity;
  #stale = false;
  #certain = true;

  /** @param doubtful the last inquiry about this next hop failed. */
  constructor(client: Pick<DnsClient, "ask">, known: Known, doubtful = false) {
    this.#client = client;
    this.#known = known;
    this.#doubtful = doubtful;
  }

  /** The answers that were used, for the next inquiry about the same next hop. */
  get answers(): Known {
    return this.#answers;
  }

  /** When the first of the fresh answers expires, by `performance.now()`. */
  get expiresAt(): number {
    return this.#expiresAt;
  }

  /** What failed, a sentence without its full stop; of several always the same one. */
  get failure(): string | undefined {
    return [...this.#failures].sort()[0];
  }

  /** An old answer stood in for a missing one. */
  get stale(): boolean {
    return this.#stale;
  }

  /** Whether finding nothing means that there is nothing. */
  get certain(): boolean {
    return this.#certain;
  }

  /** Undefined when neither DNS nor the last inquiry knows. */
  async ask(question: Question): Promise<Answer | undefined> {
    const found = await this.askOptional(question);
    if (found === undefined) this.#certain = false;
    return found;
  }

  /** As `ask`, for records whose absence is usual: that DNS cannot tell does not make the result uncertain. */
  async askOptional(question: Question): Promise<Answer | undefined> {
    const key = questionKey(question);
    const answer = await this.#client.ask(question, this.#doubtful);
    if (answer.kind !== "failed") {
      this.#answers.set(key, answer);
      this.#expiresAt = Math.min(this.#expiresAt, answer.expiresAt);
      return answer;
    }
    this.#failures.add(answer.problem);
    const last = this.#known.get(key);
    if (last === undefined) return undefined;
    this.#answers.set(key, last);
    this.#stale = true;
    this.#certain = false;
    return last;
  }
}
