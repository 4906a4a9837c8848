import { Model } from "../../../src/federation/model.ts";
import type { World } from "../../support/arbitraries.ts";
import { config } from "../../support/federation-objects.ts";
import type { KamailioBinary } from "../../support/kamailio-binaries.ts";
import { Cast } from "./cast.ts";
import type { Decide } from "./expectation.ts";
import { Play } from "./play.ts";
import { RouterUnderTest } from "./router-under-test.ts";
import type { Act, Edit, Scenario } from "./scenario.ts";

/** A real router with everybody around it. */
export class Stage {
  readonly #router: RouterUnderTest;
  readonly #cast: Cast;
  #requests = 0;

  private constructor(router: RouterUnderTest, cast: Cast) {
    this.#router = router;
    this.#cast = cast;
  }

  static async open(binary: KamailioBinary): Promise<Stage> {
    const cast = await Cast.gather();
    const { place, authority } = cast;
    const { localDomains, insideNetworks, ownAddresses } = place.world;
    const nothing = new Model(config({ localDomains, insideNetworks, ownAddresses })).table;
    const router = await RouterUnderTest.start(binary, place.router, authority, nothing);
    await cast.introduce();
    await router.meet(place.tlsPlaces);
    cast.takeStrays();
    return new Stage(router, cast);
  }

  get world(): World {
    return this.#cast.place.world;
  }

  /** Requests played so far. */
  get requests(): number {
    return this.#requests;
  }

  /** The end of what the router logged. */
  log(): string {
    return this.#router.log();
  }

  async close(): Promise<void> {
    await this.#router.stop();
    await this.#cast.close();
  }

  /** What the router did otherwise than `decide` says, in words; ends after the first act in which it did. */
  async play(scenario: Scenario, decide: Decide): Promise<string[]> {
    const { operator } = this.#router;
    const model = modelOf(scenario);
    operator.reset();
    operator.verdict = scenario.verdict;
    await operator.replace(model.table);
    if (scenario.operator === "starts") await operator.restart();
    try {
      return scenario.operator === "leaves"
        ? await this.#playAlone(scenario, model, decide)
        : await this.#playAttended(scenario, model, decide);
    } finally {
      await this.#router.forgetEverything();
    }
  }

  async #playAttended({ acts, verdict }: Scenario, model: Model, decide: Decide): Promise<string[]> {
    const play = new Play(this.#router, this.#cast, { table: model.table, verdict, decide });
    for (const { edits, requests } of acts) {
      for (const edit of edits) apply(edit, model);
      await this.#router.operator.apply(model.takeChanges());
      const found = await this.#perform(play, requests);
      if (found.length > 0) return found;
    }
    return [];
  }

  /** Without an operator, so without edits; at the end one comes. */
  async #playAlone({ acts }: Scenario, { table }: Model, decide: Decide): Promise<string[]> {
    const play = new Play(this.#router, this.#cast, { table, verdict: undefined, decide });
    await this.#router.dismissOperator();
    try {
      for (const { requests } of acts) {
        const found = await this.#perform(play, requests);
        if (found.length > 0) return found;
      }
    } finally {
      await this.#router.operator.restart();
    }
    return play.handOver();
  }

  #perform(play: Play, requests: Act["requests"]): Promise<string[]> {
    this.#requests += requests.length;
    return play.perform(requests);
  }
}

function modelOf({ config: settings, routes, domains }: Scenario): Model {
  const model = new Model(settings);
  for (const route of routes) model.setRoute(route);
  for (const domain of domains) model.setDomain(domain);
  model.takeChanges();
  return model;
}

function apply(edit: Edit, model: Model): void {
  if (edit.kind === "set route") model.setRoute(edit.route);
  else if (edit.kind === "delete route") model.deleteRoute(edit.name);
  else if (edit.kind === "set domain") model.setDomain(edit.domain);
  else model.deleteDomain(edit.name);
}
