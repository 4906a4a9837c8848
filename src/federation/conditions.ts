import type { Finding, RouteState } from "./types.ts";
import { withCondition, withoutConditions } from "../api/conditions.ts";
import { Conditions, type ConditionType } from "../api/names.ts";
import type { Condition } from "../api/types.ts";

/** What is found out about one object, by condition. */
export interface Findings {
  readonly accepted: Finding;
  /** Whether every ready router routes by this generation. */
  readonly programmed: Finding;
  /** On FederatedDomains alone. */
  readonly routed?: Finding;
  /** On StaticRoutes alone: what a ready one does. */
  readonly state?: RouteState | undefined;
  /** On StaticRoutes alone: whether the next hop answers; undefined where no request goes by the route. */
  readonly reachable?: Finding | undefined;
  /** Present where limits may bite; undefined while none does. */
  readonly throttled?: Finding | undefined;
  /** On open default routes alone, where there is an XMPP gateway: whether domains are asked over XMPP first. */
  readonly xmpp?: Finding | undefined;
}

/**
 * The conditions of an object after a look at it: those found out, `Ready` and `Stalled` as they follow, and others
 * left as they are.
 * @param generation the `metadata.generation` that the findings are about
 */
export function conditionsOf(
  previous: readonly Condition[],
  findings: Findings,
  generation: number,
  now: Date,
): Condition[] {
  const { accepted, programmed, routed, reachable, throttled, xmpp } = findings;
  const stalled = stalledOf(accepted);
  const wanted: [ConditionType, Finding | undefined][] = [
    [Conditions.Accepted, accepted],
    [Conditions.Programmed, programmed],
    [Conditions.Routed, routed],
    [Conditions.NextHopReachable, reachable],
    [Conditions.Throttled, throttled],
    [Conditions.XmppDiscovery, xmpp],
    [Conditions.Ready, readyOf(findings)],
    [Conditions.Stalled, stalled],
  ];
  const ended = [
    ...(stalled ? [] : [Conditions.Stalled]),
    ...("reachable" in findings && !reachable ? [Conditions.NextHopReachable] : []),
    ...("throttled" in findings && !throttled ? [Conditions.Throttled] : []),
    ...("xmpp" in findings && !xmpp ? [Conditions.XmppDiscovery] : []),
  ];
  const kept = withoutConditions(previous, ...ended);
  return wanted.reduce<Condition[]>(
    (conditions, [type, finding]) =>
      finding
        ? withCondition(conditions, { type, ...finding, observedGeneration: generation }, now)
        : conditions,
    [...kept],
  );
}

/** Accepted and Programmed; blocked and disabled objects are Ready too, and no peer lowers it. */
export function readyOf({ accepted, programmed, routed, state }: Findings): Finding {
  if (accepted.status !== "True") return accepted;
  if (programmed.status !== "True") return programmed;
  // What it does now: of a route its verdict says so, of a domain its route.
  return { status: "True", reason: state ?? "Ready", message: routed?.message ?? accepted.message };
}

/** True where only a person can help; absent otherwise, as kstatus wants it. */
function stalledOf(accepted: Finding): Finding | undefined {
  return accepted.status === "False" ? { ...accepted, status: "True" } : undefined;
}
