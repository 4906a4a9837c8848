import { Model } from "../../../src/federation/model.ts";
import { claimAddressBlock } from "../../support/addresses.ts";
import type { World } from "../../support/arbitraries.ts";
import { config } from "../../support/federation-objects.ts";
import type { KamailioBinary } from "../../support/kamailio-binaries.ts";
import { Cast } from "./cast.ts";
import type { Decide } from "./expectation.ts";
import { Play } from "./play.ts";
import { RouterUnderTest } from "./router-under-test.ts";
import type { Edit, Scenario } from "./scenario.ts";

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
    const block = await claimAddressBlock();
    const cast = await Cast.gather(block);
    const { localDomains, insideNetworks, ownAddresses } = cast.world;
    const nothing = new Model(config({ localDomains, insideNetworks, ownAddresses })).table;
    return new Stage(await RouterUnderTest.start(binary, cast.router, nothing), cast);
  }

  get world(): World {
    return this.#cast.world;
  }

  /** Requests played so far. */
  get requests(): number {
    return this.#requests;
  }

  async close(): Promise<void> {
    await this.#router.stop();
    await this.#cast.close();
  }

  /** What the router did otherwise than `decide` says, in words; ends after the first act in which it did. */
  async play(scenario: Scenario, decide: Decide): Promise<string[]> {
    const { operator } = this.#router;
    const model = modelOf(scenario);
    const play = new Play(this.#router, this.#cast, {
      table: model.table,
      verdict: scenario.verdict,
      decide,
    });
    operator.verdict = scenario.verdict;
    await operator.replace(model.table);
    if (scenario.freshOperator) await operator.restart();
    try {
      for (const { edits, requests } of scenario.acts) {
        for (const edit of edits) apply(edit, model);
        await operator.apply(model.takeChanges());
        const found = await play.perform(requests);
        this.#requests += requests.length;
        if (found.length > 0) return found;
      }
      return [];
    } finally {
      await this.#router.forgetEverything();
    }
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
