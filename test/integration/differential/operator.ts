import { orders } from "../../../src/federation/shares.ts";
import type { RoutingTable, TableChanges } from "../../../src/federation/types.ts";
import { SipRouter } from "../../../src/router/sip-router.ts";
import type { RouterOptions, Verdict } from "../../../src/router/types.ts";
import { pino } from "pino";
import { waitFor } from "../../support/wait-for.ts";
import { OVER_XMPP } from "./memory.ts";

/** A table that can be replaced as a whole while the router follows it. */
class LiveTable implements RoutingTable {
  current: RoutingTable;

  constructor(current: RoutingTable) {
    this.current = current;
  }

  get open(): boolean {
    return this.current.open;
  }

  get names(): RoutingTable["names"] {
    return this.current.names;
  }

  get routeSets(): RoutingTable["routeSets"] {
    return this.current.routeSets;
  }

  get config(): RoutingTable["config"] {
    return this.current.config;
  }
}

interface Report {
  /** `<direction> <domain>`. */
  readonly subject: string;
  readonly remembered: boolean;
}

/** The product's own programming of the router, with a verdict for every question that the test chooses. */
export class Operator {
  verdict: Verdict = "default";
  readonly #options: RouterOptions;
  readonly #table: LiveTable;
  #router: SipRouter | undefined;
  #questions: string[] = [];
  #earlierQuestions: string[] = [];
  #reports: Report[] = [];

  constructor(options: Omit<RouterOptions, "dialogs" | "orders">, table: RoutingTable) {
    // Short, so that all of the deletions happen too
    const grace = { setsMs: 300, ordersMs: 200 };
    this.#options = { ...options, dialogs: { keys: ["6b6579"], lifetimeSeconds: 3600 }, orders, grace };
    this.#table = new LiveTable(table);
  }

  /** Starts an operator that knows nothing of the one before it; resolves when the whole table is in force. */
  async restart(): Promise<void> {
    await this.stop();
    const programmed = Promise.withResolvers<undefined>();
    const router = new SipRouter(this.#options, pino({ level: "fatal" }));
    this.#router = router;
    router.start(this.#table, {
      discover: (domain, direction) => {
        this.#questions.push(`${direction} ${domain}`);
        return Promise.resolve(this.verdict);
      },
      learned: (domain, direction, remembered, overXmpp) => {
        this.#reports.push({ subject: `${overXmpp ? OVER_XMPP : direction} ${domain}`, remembered });
      },
      programmed: () => {
        programmed.resolve(undefined);
      },
    });
    await programmed.promise;
    await waitFor("the event stream", () => router.state().connected, { interval: 1 });
  }

  /** Replaces the table: what the router holds of the old one is changed one entry at a time. */
  async replace(table: RoutingTable): Promise<void> {
    const old = this.#table.current;
    this.#table.current = table;
    await this.apply({
      names: new Set([...old.names.keys(), ...table.names.keys()]),
      routeSets: new Set([...old.routeSets.keys(), ...table.routeSets.keys()]),
      settings: true,
    });
  }

  async apply(changes: TableChanges): Promise<void> {
    await this.#running().apply(changes);
  }

  async forget(domain: string): Promise<void> {
    await this.#running().forget(domain);
  }

  /** `<direction> <domain>`, in the order in which they came. */
  get questions(): readonly string[] {
    return this.#questions;
  }

  /** What was reported, as in `questions`. */
  get reports(): readonly string[] {
    return this.#reports.map(({ subject }) => subject);
  }

  /** What was reported as remembered by the router itself. */
  get remembered(): readonly string[] {
    return this.#reports.filter(({ remembered }) => remembered).map(({ subject }) => subject);
  }

  /** Whether this was asked before the last `clear`, since the last `reset`. */
  wasAsked(question: string): boolean {
    return this.#earlierQuestions.includes(question);
  }

  clear(): void {
    this.#earlierQuestions.push(...this.#questions);
    this.#questions = [];
    this.#reports = [];
  }

  reset(): void {
    this.clear();
    this.#earlierQuestions = [];
  }

  async stop(): Promise<void> {
    await this.#router?.stop();
    this.#router = undefined;
  }

  #running(): SipRouter {
    if (this.#router === undefined) throw new Error("the operator is not running");
    return this.#router;
  }
}
