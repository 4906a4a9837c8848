import type { RoutingTable } from "../../../src/federation/types.ts";
import type { Verdict } from "../../../src/router/types.ts";
import { idOf, type Cast } from "./cast.ts";
import { differences } from "./differences.ts";
import { expectationOf, withLearned, type Decide, type Expectation } from "./expectation.ts";
import { playInDialog, type InDialogOutcome } from "./in-dialog.ts";
import { differencesAfterAbsence, differencesInLearning, learnedByAll, type Outcome } from "./learning.ts";
import { domainOf, isOverXmpp, Memory } from "./memory.ts";
import { ackIdOf, Performance, type Call } from "./performance.ts";
import { placeUri } from "./place.ts";
import type { RouterUnderTest } from "./router-under-test.ts";
import type { FollowUp, NewRequest } from "./scenario.ts";

/** The rules of a play. */
export interface Script {
  /** Always up to date. */
  readonly table: RoutingTable;
  /** Undefined: no operator is there. */
  readonly verdict: Verdict | undefined;
  readonly decide: Decide;
}

const FAILED = 503;

/** One scenario on its way, with all that the router may know by now besides its table. */
export class Play {
  readonly #router: RouterUnderTest;
  readonly #cast: Cast;
  readonly #script: Script;
  readonly #performance: Performance;
  /** Domains that were reached and are not forgotten. */
  readonly #reached = new Memory();
  /** Next hops that failed. */
  readonly #down = new Set<string>();

  constructor(router: RouterUnderTest, cast: Cast, script: Script) {
    this.#router = router;
    this.#cast = cast;
    this.#script = script;
    this.#performance = new Performance(cast);
  }

  /** Sends requests, all at once, and says what the router did otherwise than `decide` says. */
  async perform(requests: readonly (NewRequest | FollowUp)[]): Promise<string[]> {
    this.#router.operator.clear();
    const { calls } = this.#performance;
    const [outcomes, inDialog] = await Promise.all([
      Promise.all(requests.filter((it) => it.kind === "new").map((it) => this.#send(it))),
      this.#followUp(
        requests.filter((it) => it.kind === "follow-up"),
        [...calls],
      ),
    ]);
    const found = [
      ...outcomes.flatMap((outcome) => this.#differencesOf(outcome, outcomes)),
      ...inDialog.flatMap((outcome) => outcome.found),
    ];
    this.#reached.learn(learnedByAll(outcomes), this.#isAttended);
    for (const hop of this.#failedAt(outcomes)) this.#down.add(hop);
    for (const { observation } of [...outcomes, ...inDialog]) {
      const { sent } = observation;
      this.#cast.expect([idOf(sent), ackIdOf(sent)], observation);
    }
    return [
      ...found,
      ...(await differencesInLearning(this.#router, outcomes, this.#reached, this.#isAttended)),
      ...this.#cast.takeStrays(),
    ];
  }

  /** An operator has come after nobody was there: says what of that time the router did not tell it as it should. */
  async handOver(): Promise<string[]> {
    return differencesAfterAbsence(this.#router, this.#reached.domains);
  }

  /** Somebody hears of questions and domains. */
  get #isAttended(): boolean {
    return this.#script.verdict !== undefined;
  }

  async #send(request: NewRequest): Promise<Outcome> {
    const expectation = this.#expectation(request, []);
    return { request, expectation, observation: await this.#performance.send(request) };
  }

  /** Others that were in flight may have made the router remember a domain, or notice a failure, just before. */
  #differencesOf({ request, observation, expectation }: Outcome, outcomes: readonly Outcome[]): string[] {
    const others = outcomes.filter((it) => it.observation !== observation);
    const down = { before: this.#down, meanwhile: this.#failedAt(others) };
    const learned = learnedByAll(others).filter((subject) => !isOverXmpp(subject));
    const alternative = this.#expectation(request, learned.map(domainOf));
    const answers = (hop: string): number | undefined => this.#cast.answers(hop);
    const found = differences(expectation, observation, answers, down);
    if (found.length === 0 || differences(alternative, observation, answers, down).length === 0) return [];
    return found.map((what) => `${describe(request)}: ${what}. By decide: ${expectation.because.join(" ")}`);
  }

  /** @param meanwhile domains remembered while the request was in flight. */
  #expectation(request: NewRequest, meanwhile: readonly string[]): Expectation {
    const { table, verdict, decide } = this.#script;
    const known = this.#isAttended ? [...this.#reached.known, ...meanwhile] : [];
    const gateway = placeUri(this.#cast.place.gateway);
    const expectation = expectationOf(decide, withLearned(table, known), request, verdict, gateway);
    return this.#withoutOldNews(expectation);
  }

  /** Over XMPP a domain is as unknown as before, but reported once. */
  #withoutOldNews(expectation: Expectation): Expectation {
    const { outcome } = expectation;
    if (outcome.kind !== "walk" || outcome.learns === undefined || !isOverXmpp(outcome.learns))
      return expectation;
    if (!this.#reached.has(domainOf(outcome.learns))) return expectation;
    return { ...expectation, outcome: { ...outcome, learns: undefined } };
  }

  #followUp(requests: readonly FollowUp[], calls: readonly Call[]): Promise<InDialogOutcome[]> {
    const { router } = this.#cast.place;
    return Promise.all(
      requests.flatMap((request) => {
        const call = calls[request.dialog % calls.length];
        return call ? playInDialog(this.#performance, router, this.#script.table, request, call) : [];
      }),
    );
  }

  #failedAt(outcomes: readonly Outcome[]): ReadonlySet<string> {
    const hops = outcomes.flatMap(({ observation }) => observation.visits.map(({ hop }) => hop));
    return new Set(hops.filter((hop) => this.#cast.answers(hop) === FAILED));
  }
}

function describe(request: NewRequest): string {
  const { method, requestUri, from, source, transport, insideListener, overXmpp } = request;
  if (overXmpp) return `${method} ${requestUri.text} from ${from.text} over XMPP`;
  const listener = insideListener ? " at the inside listener" : "";
  return `${method} ${requestUri.text} from ${from.text} by ${source}, ${transport}${listener}`;
}
