/** Part of main.ts: what the console says first. */
import type { DomainIndex } from "../../admin/console/domains/index.ts";
import type { Overview, Problem } from "../../admin/console/types.ts";
import type { Model } from "../../federation/model.ts";
import type { SipRouter } from "../../router/sip-router.ts";

export interface OverviewJoints {
  readonly model: Pick<Model, "table" | "openRoutes" | "routes" | "routeVerdict">;
  readonly domains: DomainIndex;
  readonly router: () => Pick<SipRouter, "state" | "tls"> | undefined;
  /** StaticRoutes by which this replica reaches nobody, and why. */
  readonly unreachable: () => Readonly<Record<string, string>>;
  /** The caches follow the API server at this moment. */
  readonly isCurrent: () => boolean;
  /** Undefined where there is no XMPP gateway. */
  readonly xmppUp: () => boolean | undefined;
}

const LATEST = 8;
/** Objects of one kind of problem that are named. */
const MAX_NAMED = 5;
const DAY = 86_400_000;
const SOON = 14 * DAY;
const NO_ROUTER = { reachable: false, inForce: false, pending: 0, questions: 0 };

/** `now`: milliseconds since 1970. */
export function overviewOf(joints: OverviewJoints, now: number): Overview {
  const { model, domains, router, unreachable, xmppUp } = joints;
  const { reachable, inForce, pending, questions } = router()?.state() ?? NO_ROUTER;
  const refused = refusedRoutes(model);
  const silent = unreachable();
  const xmpp = xmppUp();
  const ends = router()?.tls()?.notAfter;
  const problems = [
    ...ofTheRouter(reachable, inForce),
    ...(joints.isCurrent() ? [] : [AWAY]),
    ...named(
      "error",
      refused.map(([name, why]) => `StaticRoute ${name} is not accepted: ${why}`),
    ),
    ...named(
      "error",
      Object.entries(silent).map(([name, why]) => `StaticRoute ${name}: ${why}`),
    ),
    ...ofTls(router()?.tls()?.problem, ends, now),
    ...(xmpp === false ? [XMPP_AWAY] : []),
    ...ofDomains(domains),
  ];
  return {
    isOpen: model.table.open,
    openRoutes: model.openRoutes,
    domains: domains.counts(),
    routes: { all: model.routes.size, notAccepted: refused.length, silent: Object.keys(silent).length },
    router: { reachable, inForce, pending, questions },
    ...(xmpp !== undefined && { xmppUp: xmpp }),
    ...(ends !== undefined && { certificateEnds: ends }),
    problems,
    latest: domains.latest(LATEST),
  };
}

const AWAY: Problem = {
  severity: "error",
  text: "The API server is away: routing goes on, and what is shown here is as it was.",
};
const XMPP_AWAY: Problem = {
  severity: "error",
  text: "The XMPP gateway is away: XMPP domains are not reached, and unknown domains not asked over XMPP.",
};

function refusedRoutes(model: OverviewJoints["model"]): [name: string, why: string][] {
  const refused: [string, string][] = [];
  for (const name of model.routes.keys()) {
    const verdict = model.routeVerdict(name);
    if (verdict?.withoutEffect) refused.push([name, verdict.accepted.message]);
  }
  return refused;
}

function ofTheRouter(reachable: boolean, inForce: boolean): Problem[] {
  if (!reachable) return [{ severity: "error", text: "The SIP router of this pod does not answer." }];
  if (inForce) return [];
  return [{ severity: "warning", text: "The SIP router does not route by the objects as they are yet." }];
}

function named(severity: Problem["severity"], texts: readonly string[]): Problem[] {
  const problems = texts.slice(0, MAX_NAMED).map((text) => ({ severity, text, page: "routes" }));
  const more = texts.length - problems.length;
  return more === 0
    ? problems
    : [...problems, { severity, text: `${more} more StaticRoutes like these.`, page: "routes" }];
}

function ofTls(problem: string | undefined, ends: number | undefined, now: number): Problem[] {
  if (problem !== undefined)
    return [{ severity: "error", text: `The new TLS files are not used: ${problem}.` }];
  if (ends === undefined || ends - now > SOON) return [];
  if (ends <= now) return [{ severity: "error", text: "The TLS certificate has expired." }];
  const days = Math.ceil((ends - now) / DAY);
  return [
    { severity: "warning", text: `The TLS certificate ends in ${days} ${days === 1 ? "day" : "days"}.` },
  ];
}

function ofDomains(domains: DomainIndex): Problem[] {
  const { states } = domains.counts();
  const of = (state: "NotAccepted" | "NoRoute" | "Throttled", what: string): Problem[] => {
    const count = states[state];
    if (count === 0) return [];
    const text = `${count.toLocaleString("en")} ${count === 1 ? "domain" : "domains"} ${what}`;
    return [{ severity: "warning", text, page: `domains?state=${state}` }];
  };
  return [
    ...of("NotAccepted", "not accepted."),
    ...of("NoRoute", "without a route."),
    ...of("Throttled", "slowed down by the limits for strangers."),
  ];
}
