import { byDomain, closedFederation, federationOf } from "./decision/by-domain.ts";
import { situationOf } from "./decision/situation.ts";
import { withoutDomain } from "./decision/without-domain.ts";
import type { Decision, RoutingTable, SipRequest } from "./types.ts";

/**
 * Decides what happens to an out-of-dialog request: the first row of the decision table (docs/concepts.md) that
 * applies. Pure, total, and the one source of the answer that the SIP router, `explain` and the tests give.
 */
export function decide(table: RoutingTable, request: SipRequest): Decision {
  const situation = situationOf(table, request);
  const decision = first(withoutDomain, situation);
  if (decision) return decision;
  const federation = federationOf(situation);
  return first(byDomain, federation) ?? closedFederation(federation);
}

function first<S>(
  rows: readonly ((situation: S) => Decision | undefined)[],
  situation: S,
): Decision | undefined {
  for (const row of rows) {
    const decision = row(situation);
    if (decision) return decision;
  }
  return undefined;
}
