import { explicitSet } from "../lookup.ts";
import { patternsOfKey } from "../patterns.ts";
import type { RoutingTable } from "../types.ts";

/** Why an external domain is blocked, as a sentence; undefined when it is not. */
export function blockOf({ names, routeSets }: RoutingTable, domain: string): string | undefined {
  const entry = names.get(domain);
  if (entry?.kind === "known" && entry.policy === "Block") return `The policy of ${domain} is Block.`;
  const explicit = explicitSet(routeSets, domain);
  if (!explicit?.blocked) return undefined;
  const [pattern] = patternsOfKey(explicit.key);
  return `StaticRoute ${explicit.blockedBy ?? ""} blocks ${pattern}, the most specific route for ${domain}.`;
}
