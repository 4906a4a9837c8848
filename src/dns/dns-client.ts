import type { Answer, Failure } from "./answer.ts";
import { Lanes } from "./lanes.ts";
import { NameServers } from "./name-servers.ts";
import { isAskable, type Question, questionKey } from "./question.ts";
import { MAX_ALIASES } from "./reading.ts";
import type { ServerAddress } from "./server-address.ts";

export interface DnsClientOptions {
  readonly servers: readonly ServerAddress[];
  /** Milliseconds for each try at a server. */
  readonly tryMs: number;
  /** Questions to servers at once, 2 or more. */
  readonly parallel: number;
}

/**
 * Asks recursive DNS servers. Names are absolute: there is no search list, and /etc/hosts is not read. Nothing is
 * cached, the servers do that; equal questions at the same time are asked once.
 */
export class DnsClient {
  readonly #servers: NameServers;
  readonly #lanes: Lanes;
  readonly #closing = new AbortController();
  readonly #inFlight = new Map<string, Promise<Answer | Failure>>();

  constructor({ servers, tryMs, parallel }: DnsClientOptions) {
    this.#servers = new NameServers(servers, { tryMs, signal: this.#closing.signal });
    this.#lanes = new Lanes(parallel);
  }

  /**
   * Never rejects.
   * @param doubtful it failed the last time: it goes after the others.
   */
  ask(question: Question, doubtful = false): Promise<Answer | Failure> {
    const key = questionKey(question);
    const asked = this.#inFlight.get(key);
    if (asked !== undefined) return asked;
    const answer = this.#ask(question, doubtful).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, answer);
    return answer;
  }

  /** Ends all questions as failed. */
  close(): void {
    this.#closing.abort();
  }

  /** Follows aliases where the reply of a server ends with one. */
  async #ask({ name, type }: Question, doubtful: boolean): Promise<Answer | Failure> {
    let current = name;
    let expiresAt = Infinity;
    for (let aliases = 0; aliases <= MAX_ALIASES;) {
      if (!isAskable(current)) return { kind: "none", nameExists: aliases > 0, expiresAt };
      const question = { name: current, type };
      const reading = await this.#lanes.run(doubtful, () => this.#servers.ask(question));
      if (reading.kind === "failed") return reading;
      expiresAt = Math.min(expiresAt, performance.now() + reading.ttl * 1000);
      if (reading.kind === "records") return { kind: "records", records: reading.records, expiresAt };
      if (reading.kind === "none") {
        return { kind: "none", nameExists: reading.nameExists || aliases > 0, expiresAt };
      }
      current = reading.target;
      aliases += reading.aliases;
    }
    return { kind: "failed", problem: `${name} is an alias of an alias, more than ${MAX_ALIASES} times` };
  }
}
