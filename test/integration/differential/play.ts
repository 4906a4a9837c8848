import { decideInDialog } from "../../../src/federation/decide-in-dialog.ts";
import type { InDialogRequest, RoutingTable } from "../../../src/federation/types.ts";
import type { Verdict } from "../../../src/router/types.ts";
import { idOf, type Cast } from "./cast.ts";
import { differences, differencesInDialog } from "./differences.ts";
import { expectationOf, withLearned, type Decide, type Expectation } from "./expectation.ts";
import { differencesInLearning, domainOf, learnedByAll, type Outcome } from "./learning.ts";
import { ackIdOf, Performance, type Call, type Observation } from "./performance.ts";
import type { RouterUnderTest } from "./router-under-test.ts";
import type { FollowUp, NewRequest } from "./scenario.ts";

/** The rules of a play. */
export interface Script {
  /** Always up to date. */
  readonly table: RoutingTable;
  readonly verdict: Verdict;
  readonly decide: Decide;
}

interface InDialogOutcome {
  readonly observation: Observation;
  readonly found: readonly string[];
}

const FAILED = 503;

/** One scenario on its way, with all that the router may know by now besides its table. */
export class Play {
  readonly #router: RouterUnderTest;
  readonly #cast: Cast;
  readonly #script: Script;
  readonly #performance: Performance;
  /** Domains that the router remembers by itself. */
  readonly #learned = new Set<string>();
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
    const calls = [...this.#performance.calls];
    const followUps = calls.length === 0 ? [] : requests.filter((request) => request.kind === "follow-up");
    const [outcomes, inDialog] = await Promise.all([
      Promise.all(requests.filter((request) => request.kind === "new").map((it) => this.#send(it))),
      Promise.all(followUps.map((it) => this.#followUp(it, calls))),
    ]);
    const found = [
      ...outcomes.flatMap((outcome) => this.#differencesOf(outcome, outcomes)),
      ...inDialog.flatMap((outcome) => outcome.found),
    ];
    for (const subject of learnedByAll(outcomes)) this.#learned.add(domainOf(subject));
    for (const hop of this.#failedAt(outcomes)) this.#down.add(hop);
    const sent = [...outcomes, ...inDialog].map(({ observation }) => observation.sent);
    return [
      ...found,
      ...(await differencesInLearning(this.#router, outcomes, this.#learned)),
      ...this.#cast.takeStrays(new Set(sent.flatMap((request) => [idOf(request), ackIdOf(request)]))),
    ];
  }

  async #send(request: NewRequest): Promise<Outcome> {
    const expectation = this.#expectation(request, []);
    return { request, expectation, observation: await this.#performance.send(request) };
  }

  /** Others that were in flight may have made the router remember a domain, or notice a failure, just before. */
  #differencesOf({ request, observation, expectation }: Outcome, outcomes: readonly Outcome[]): string[] {
    const others = outcomes.filter((it) => it.observation !== observation);
    const down = { before: this.#down, meanwhile: this.#failedAt(others) };
    const alternative = this.#expectation(request, learnedByAll(others).map(domainOf));
    const answers = (hop: string): number | undefined => this.#cast.answers(hop);
    const found = differences(expectation, observation, answers, down);
    if (found.length === 0 || differences(alternative, observation, answers, down).length === 0) return [];
    return found.map((what) => `${describe(request)}: ${what}. By decide: ${expectation.because.join(" ")}`);
  }

  /** @param meanwhile domains remembered while the request was in flight. */
  #expectation(request: NewRequest, meanwhile: readonly string[]): Expectation {
    const { table, verdict, decide } = this.#script;
    return expectationOf(decide, withLearned(table, [...this.#learned, ...meanwhile]), request, verdict);
  }

  #failedAt(outcomes: readonly Outcome[]): ReadonlySet<string> {
    const hops = outcomes.flatMap(({ observation }) => observation.visits.map(({ hop }) => hop));
    return new Set(hops.filter((hop) => this.#cast.answers(hop) === FAILED));
  }

  async #followUp(request: FollowUp, calls: readonly Call[]): Promise<InDialogOutcome> {
    const call = calls[request.dialog % calls.length];
    if (call === undefined) throw new RangeError("there is no dialog yet");
    const meaning = this.#meaningOf(request, call);
    const decision = decideInDialog(this.#script.table, meaning);
    const observation = await this.#performance.followUp(request, call);
    const peer = request.by === "caller" ? call.callee : call.caller;
    const found = differencesInDialog(decision, observation, peer.host);
    const about = `${request.method} in a dialog from ${meaning.source}`;
    return {
      observation,
      found: found.map((it) => `${about}: ${it}. By decide: ${decision.because.join(" ")}`),
    };
  }

  #meaningOf({ method, by, expires, subscriptionState }: FollowUp, call: Call): InDialogRequest {
    const [caller, callee] = [call.request.from.uri, call.request.to.uri];
    return {
      method,
      source: call[by].host,
      insideListener: call[by].dialog.target.port === this.#cast.router.insidePort,
      ...(by === "caller" ? { from: caller, to: callee } : { from: callee, to: caller }),
      ...(expires !== undefined && { expires }),
      ...(subscriptionState !== undefined && { subscriptionState: subscriptionState.split(";")[0] ?? "" }),
    };
  }
}

function describe({ method, requestUri, from, source, insideListener }: NewRequest): string {
  const listener = insideListener ? " at the inside listener" : "";
  return `${method} ${requestUri.text} from ${from.text} by ${source}${listener}`;
}
