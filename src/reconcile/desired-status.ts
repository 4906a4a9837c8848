import { conditionsOf } from "../federation/conditions.ts";
import type { DomainVerdict, Finding, RouteVerdict } from "../federation/types.ts";
import type { Condition, FederatedDomainStatus, StaticRouteStatus } from "../api/types.ts";

/** What the status is about, and what it was. */
export interface StatusContext {
  readonly generation: number;
  readonly programmed: Finding;
  readonly previous: readonly Condition[];
  readonly now: Date;
}

export function routeStatus(verdict: RouteVerdict, context: StatusContext): StaticRouteStatus {
  const { generation, programmed, previous, now } = context;
  const { accepted, effectivePort, state } = verdict;
  return {
    observedGeneration: generation,
    ...(effectivePort !== undefined && { effectivePort }),
    conditions: conditionsOf(previous, { accepted, programmed, state }, generation, now),
  };
}

export function domainStatus(verdict: DomainVerdict, context: StatusContext): FederatedDomainStatus {
  const { generation, programmed, previous, now } = context;
  return {
    observedGeneration: generation,
    conditions: conditionsOf(previous, { ...verdict, programmed }, generation, now),
  };
}
