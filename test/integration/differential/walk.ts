import { hopUri } from "../../../src/router/encode.ts";
import type { Decision, RoutingTable } from "../../../src/federation/types.ts";

/** URIs of next hops; those of one tier in any order, the next tier after all of this one failed. */
export type Tiers = readonly (readonly string[])[];

export type WalkResult =
  { readonly ok: true; readonly status: number } | { readonly ok: false; readonly problem: string };

/** What a next hop answers; undefined: nothing can be sent there, so no visit of it is ever seen. */
export type Answers = (hop: string) => number | undefined;

/** Next hops that failed a moment ago. */
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
    const hops = left.splice(0, table.routeSets.get(key)?.hops.length);
    tiers.push(...[...Map.groupBy(hops, (hop) => hop.priority).values()].map((tier) => tier.map(hopUri)));
  }
  return tiers;
}

/** Holds the next hops that a request visited, in order, to what the tiers permit, and says how that must end. */
export function follow(tiers: Tiers, visits: readonly string[], answers: Answers, down: Down): WalkResult {
  const walk = new Walk(visits, answers);
  const fresh = walk.through(tiers, (hop) => !down.before.has(hop), down.meanwhile);
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
      const passedOver = [...open].filter((hop) => !maybe.has(hop));
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
    for (let hop = this.#rest[0]; hop !== undefined && open.delete(hop); hop = this.#rest[0]) {
      this.#rest.shift();
      this.#tried.add(hop);
      const status = this.#answers(hop) ?? FAILED;
      if (status === FAILED) continue;
      return this.#rest.length === 0 ? { ok: true, status } : wrong(`went on after ${hop}`, this.#rest);
    }
    return undefined;
  }
}

function wrong(what: string, rest: readonly string[]): WalkResult {
  return { ok: false, problem: `${what}, then [${rest.join(" ")}]` };
}
