import type { Condition, FederatedDomainStatus, StaticRouteStatus } from "../api/types.ts";
import { conditionsOf } from "../federation/conditions.ts";
import type { DomainVerdict, Finding, RouteVerdict } from "../federation/types.ts";
import type { Verdicts } from "./notices.ts";
import type { Effect, Kind } from "./statuses.ts";

/** The object that a status is about. */
export interface StatusEntry {
  readonly name: string;
  readonly object: { readonly generation: number };
  /** Its status says of this generation that it is in force. */
  readonly programmed: boolean;
}

/** The status that an object shall have, given its conditions as they are; undefined while that cannot be told. */
type Desired<Status> = (entry: StatusEntry, previous: readonly Condition[], now: Date) => Status | undefined;

export interface DesiredStatuses {
  readonly StaticRoute: Desired<StaticRouteStatus>;
  readonly FederatedDomain: Desired<FederatedDomainStatus>;
}

/** What statuses are told from beside the specs. */
export interface StatusFacts {
  /** How far the routers are. */
  programmed(kind: Kind, name: string, effect: Effect): Finding;
  reachable(route: string): Finding | "wait" | undefined;
  /** Undefined while no limit bites. */
  throttled(kind: Kind, name: string): Finding | undefined;
  /** Whether domains are asked over XMPP before they take this route; undefined where that is not so at all. */
  xmpp(route: string): Finding | undefined;
}

/** Statuses by what the specs mean and by how things are. */
export function desiredStatuses(verdicts: Verdicts, facts: StatusFacts): DesiredStatuses {
  return {
    StaticRoute: ({ name, object: { generation }, programmed: isTold }, previous, now) => {
      const verdict = verdicts.routeVerdict(name);
      if (!verdict) return undefined;
      const found = facts.reachable(name);
      // What is new is told at once, without it; what is told already need not be told twice.
      if (found === "wait" && isTold) return undefined;
      const { accepted, state, effectivePort } = verdict;
      const findings = {
        accepted,
        state,
        programmed: facts.programmed("StaticRoute", name, effectOf(verdict)),
        reachable: found === "wait" ? undefined : found,
        throttled: facts.throttled("StaticRoute", name),
        xmpp: facts.xmpp(name),
      };
      return {
        observedGeneration: generation,
        ...(effectivePort !== undefined && { effectivePort }),
        conditions: conditionsOf(previous, findings, generation, now),
      };
    },
    FederatedDomain: ({ name, object: { generation } }, previous, now) => {
      const verdict = verdicts.domainVerdict(name);
      if (!verdict) return undefined;
      const findings = {
        ...verdict,
        programmed: facts.programmed("FederatedDomain", name, effectOf(verdict)),
        throttled: facts.throttled("FederatedDomain", name),
      };
      return {
        observedGeneration: generation,
        conditions: conditionsOf(previous, findings, generation, now),
      };
    },
  };
}

function effectOf({ withoutEffect }: RouteVerdict | DomainVerdict): Effect {
  return withoutEffect ? "none" : "routes";
}
