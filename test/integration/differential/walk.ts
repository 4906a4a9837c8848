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
  /** The router must pass them over. */
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
  if (
    visits.length === 1 &&
    tiers.flat().every((hop) => down.before.has(hop) || answers(hop) === undefined)
  ) {
    return lastResort(tiers, visits[0]);
  }
  const rest = [...visits];
  const tried = new Set(down.before);
  for (const tier of tiers) {
    const open = new Set(tier.filter((hop) => !tried.has(hop) && answers(hop) !== undefined));
    for (let hop = rest[0]; hop !== undefined && open.delete(hop); hop = rest[0]) {
      rest.shift();
      tried.add(hop);
      const status = answers(hop) ?? FAILED;
      if (status !== FAILED) {
        return rest.length === 0 ? { ok: true, status } : wrong(`went on after ${hop}`, rest);
      }
    }
    const passedOver = [...open].filter((hop) => !down.meanwhile.has(hop));
    if (passedOver.length > 0) return wrong(`passed over ${passedOver.join(", ")}`, rest);
  }
  return rest.length === 0 ? { ok: true, status: ALL_FAILED } : wrong("went where no route leads", rest);
}

/** Where all failed a moment ago, the first is tried again, and no other. */
function lastResort(tiers: Tiers, visit: string | undefined): WalkResult {
  const isFirst = visit !== undefined && tiers[0]?.includes(visit);
  return isFirst ? { ok: true, status: ALL_FAILED } : wrong("went where no route leads", [visit ?? ""]);
}

function wrong(what: string, rest: readonly string[]): WalkResult {
  return { ok: false, problem: `${what}, then [${rest.join(" ")}]` };
}
