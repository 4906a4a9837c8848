import { explicitSet } from "../lookup.ts";
import { patternsOfKey, userPatternOf } from "../patterns.ts";
import type { RouteSet, RoutingTable } from "../types.ts";

/**
 * Why an external domain is blocked, as a sentence; undefined when it is not.
 * @param forUser a set for users that goes before every route of the domain
 */
export function blockOf(
  { names, routeSets }: RoutingTable,
  domain: string,
  forUser?: RouteSet,
): string | undefined {
  const entry = names.get(domain);
  if (entry?.kind === "known" && entry.policy === "Block") return `The policy of ${domain} is Block.`;
  if (forUser) {
    if (!forUser.blocked) return undefined;
    return `StaticRoute ${forUser.blockedBy ?? ""} blocks the users ${userPatternOf(forUser.key)}.`;
  }
  const explicit = explicitSet(routeSets, domain);
  if (!explicit?.blocked) return undefined;
  const [pattern] = patternsOfKey(explicit.key);
  return `StaticRoute ${explicit.blockedBy ?? ""} blocks ${pattern}, the most specific route for ${domain}.`;
}
