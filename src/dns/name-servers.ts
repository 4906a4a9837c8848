import type { Failure } from "./answer.ts";
import { exchange, type ExchangeLimits } from "./exchange.ts";
import type { Question } from "./question.ts";
import { type Reading, readingOf } from "./reading.ts";
import { type ServerAddress, serverText } from "./server-address.ts";

/** How often a server that stays silent is tried for one question. */
const ROUNDS = 2;

/**
 * The DNS servers, as good as one another. Questions go to the same one for as long as it answers: one that is dead
 * costs a try once, and not one with every question.
 */
export class NameServers {
  readonly #servers: readonly ServerAddress[];
  readonly #limits: ExchangeLimits;
  #first = 0;

  constructor(servers: readonly ServerAddress[], limits: ExchangeLimits) {
    this.#servers = servers;
    this.#limits = limits;
  }

  /** Asks until a server knows it. Never rejects. */
  async ask(question: Question): Promise<Exclude<Reading, { kind: "refused" }> | Failure> {
    const refusals = new Map<ServerAddress, string>();
    const silences = new Map<ServerAddress, string>();
    for (const server of this.#inTurn()) {
      // It has said that it cannot: the second round is for messages that were lost.
      if (refusals.has(server) || this.#limits.signal.aborted) continue;
      const result = await exchange(server, question, this.#limits);
      if (!result.ok) {
        silences.set(server, result.what);
        this.#avoid(server);
        continue;
      }
      const reading = readingOf(result.reply, question);
      if (reading.kind !== "refused") return reading;
      refusals.set(server, reading.what);
    }
    return { kind: "failed", problem: this.#problem(question, new Map([...silences, ...refusals])) };
  }

  #inTurn(): ServerAddress[] {
    const round = [...this.#servers.slice(this.#first), ...this.#servers.slice(0, this.#first)];
    return Array.from({ length: ROUNDS }, () => round).flat();
  }

  /** Many questions may find out at once; only the first of them moves on. */
  #avoid(server: ServerAddress): void {
    if (this.#servers[this.#first] === server) this.#first = (this.#first + 1) % this.#servers.length;
  }

  /** In the order of the servers, so that the same trouble always reads the same. */
  #problem({ name, type }: Question, what: ReadonlyMap<ServerAddress, string>): string {
    if (this.#servers.length === 0) return "no DNS server is configured";
    const tried = this.#servers.filter((server) => what.has(server));
    const deeds = tried.map((server) => `${serverText(server)} ${what.get(server) ?? ""}`);
    return `the DNS server ${deeds.join(" and ")} for ${name} (${type})`;
  }
}
