import { hopUri } from "../../../src/router/encode.ts";
import type { Decision, RoutingTable } from "../../../src/federation/types.ts";
import { partsOf } from "./place.ts";

/** URIs of next hops as the router has them; those of one tier in any order, the next tier after all of this one failed. */
export type Tiers = readonly (readonly string[])[];

export type WalkResult =
  { readonly ok: true; readonly status: number } | { readonly ok: false; readonly problem: string };

/** What a next hop answers; undefined: nothing can be sent there, so no visit of it is ever seen. */
export type Answers = (uri: string) => number | undefined;

/** Next hops that failed a moment ago, as they are visited: by `placeUri`. */
export interface Down {
  /** The router must pass them over while there are others. */
  readonly before: ReadonlySet<string>;
  /** They failed at the same time: the router may have known or not. */
  readonly meanwhile: ReadonlySet<string>;
}

const FAILED = 503;
const ALL_FAILED = 500;

/** The candidates of a decision, cut where a route set or a priority ends. */
export function tiersOf(table: RoutingTable, decision: Extract<Decision, { action: "relay" }>): Tiers {
  const left = [...decision.candidates];
  const tiers: string[][] = [];
  for (const key of decision.routeSets) {
    // a sips: request has not all of them
    const all = table.routeSets.get(key)?.hops.filter((hop) => decision.candidates.includes(hop));
    const hops = left.splice(0, all?.length);
    tiers.push(...[...Map.groupBy(hops, (hop) => hop.priority).values()].map((tier) => tier.map(hopUri)));
  }
  return tiers;
}

/** Holds the next hops (`placeUri`) that a request visited, in order, to what the tiers permit, and says how that must end. */
export function follow(tiers: Tiers, visits: readonly string[], answers: Answers, down: Down): WalkResult {
  const walk = new Walk(visits, answers);
  const fresh = walk.through(tiers, (hop) => !down.before.has(placeOf(hop)), down.meanwhile);
  // those that failed a moment ago come last, in the same order
  return fresh ?? walk.through(tiers, () => true, new Set()) ?? walk.end();
}

class Walk {
  readonly #rest: string[];
  readonly #answers: Answers;
  readonly #tried = new Set<string>();

  constructor(visits: readonly string[], answers: Answers) {
    this.#rest = [...visits];
    this.#answers = answers;
  }

  /** @param maybe those that the router may pass over */
  through(tiers: Tiers, isDue: (hop: string) => boolean, maybe: ReadonlySet<string>): WalkResult | undefined {
    for (const tier of tiers) {
      const open = new Set(tier.filter((hop) => isDue(hop) && this.#isOpen(hop)));
      const result = this.#visit(open);
      if (result) return result;
      const passedOver = [...open].filter((hop) => !maybe.has(placeOf(hop)));
      if (passedOver.length > 0) return wrong(`passed over ${passedOver.join(", ")}`, this.#rest);
    }
    return undefined;
  }

  end(): WalkResult {
    return this.#rest.length === 0
      ? { ok: true, status: ALL_FAILED }
      : wrong("went where no route leads", this.#rest);
  }

  #isOpen(hop: string): boolean {
    return !this.#tried.has(hop) && this.#answers(hop) !== undefined;
  }

  #visit(open: Set<string>): WalkResult | undefined {
    for (let hop = at(this.#rest[0], open); hop !== undefined; hop = at(this.#rest[0], open)) {
      this.#rest.shift();
      open.delete(hop);
      this.#tried.add(hop);
      const status = this.#answers(hop) ?? FAILED;
      if (status === FAILED) continue;
      return this.#rest.length === 0 ? { ok: true, status } : wrong(`went on after ${hop}`, this.#rest);
    }
    return undefined;
  }
}

/** Of next hops at the same place, which differ by the names that they have to prove, any one: `Place.hops` sees to that. */
function at(place: string | undefined, open: ReadonlySet<string>): string | undefined {
  return [...open].find((hop) => placeOf(hop) === place);
}

function placeOf(hop: string): string {
  return partsOf(hop).place;
}

function wrong(what: string, rest: readonly string[]): WalkResult {
  return { ok: false, problem: `${what}, then [${rest.join(" ")}]` };
}
