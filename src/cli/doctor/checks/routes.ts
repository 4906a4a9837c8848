import { findCondition } from "../../../api/conditions.ts";
import { Conditions, DEFAULT_ROUTE_PATTERN, NOT_ACCEPTED } from "../../../api/names.ts";
import type { Condition, StaticRoute } from "../../../api/types.ts";
import { canonicalDomain } from "../../../federation/domain-name.ts";
import type { Facts } from "../facts.ts";
import { count, findingsOf, type Finding } from "../types.ts";

const { ok, warning, problem, untold } = findingsOf("routes");

/** Whether the StaticRoutes are in force, and lead somewhere. */
export function routeFindings(facts: Pick<Facts, "routes" | "settings" | "namespace">): readonly Finding[] {
  const { routes, settings, namespace } = facts;
  if (!routes.ok) return [untold(routes, "the routes", `list staticroutes in namespace ${namespace}`)];
  const found = routes.value.flatMap(route);
  const good = `${count(routes.value.length, "route")} accepted and in force`;
  return [
    ...(found.length === 0 && routes.value.length > 0 ? [ok(good)] : found),
    ...defaultRoutes(routes.value),
    ...(settings?.ok === true ? localDomains(routes.value, settings.value.localDomains) : []),
  ];
}

function route(route: StaticRoute): readonly Finding[] {
  const { name } = route.metadata;
  const condition = conditionOf(route);
  const accepted = condition(Conditions.Accepted);
  if (accepted === undefined)
    return [
      problem(`StaticRoute ${name}: no operator has looked at it yet`, "look at the pods, and at who leads"),
    ];
  if (accepted.status === "False")
    return [
      problem(`StaticRoute ${name} has no effect: ${accepted.message}`, `kubectl edit staticroute ${name}`),
    ];
  return [...programmed(name, condition(Conditions.Programmed)), ...reachable(route), ...others(route)];
}

function programmed(name: string, condition: Condition | undefined): readonly Finding[] {
  if (condition?.status === "True" || condition?.reason === NOT_ACCEPTED) return [];
  const message = condition?.message ?? "Nobody has said so yet.";
  return [
    problem(`StaticRoute ${name} is not in force: ${message}`, "kubectl logs of the replica's operator"),
  ];
}

function reachable(route: StaticRoute): readonly Finding[] {
  const { name } = route.metadata;
  const condition = conditionOf(route)(Conditions.NextHopReachable);
  if (condition === undefined || condition.status === "True") return [];
  const message = `StaticRoute ${name}: ${condition.message}`;
  if (condition.status === "Unknown") return [warning(message, "run it again in a minute; look at the pods")];
  return [problem(message, hopFix(route, condition.reason))];
}

function hopFix(route: StaticRoute, reason: string): string {
  if (reason === "TLSFailed") return tlsFix(route);
  return reason === "Unresolvable" ? DNS_FIX : HOP_FIX;
}

const DNS_FIX =
  "correct nextHop, or its records in DNS; nextHopPort 0 asks for SRV records, any other for an address";
const HOP_FIX =
  "see that the next hop runs, answers OPTIONS, and that no NetworkPolicy or firewall is between it and the pods";

function tlsFix({ spec, status }: StaticRoute): string {
  const port = status.effectivePort ?? spec.nextHopPort ?? 5061;
  const host = spec.nextHop?.includes(":") === true ? `[${spec.nextHop}]` : spec.nextHop;
  const whose = spec.tls?.serverName === undefined ? "" : ` --server-name ${spec.tls.serverName}`;
  if (port === 0) return "look at the SRV records of the next hop, then at each target with --next-hop";
  return `see more of it: sipfed doctor --next-hop ${host ?? ""}:${port}${whose} --authorities ca.crt`;
}

/** Limits that bite, and domains that speak XMPP without a certificate that counts. */
function others(route: StaticRoute): readonly Finding[] {
  const condition = conditionOf(route);
  const throttled = condition(Conditions.Throttled);
  const xmpp = condition(Conditions.XmppDiscovery);
  const { name } = route.metadata;
  return [
    ...(throttled?.status === "True"
      ? [
          warning(
            `StaticRoute ${name}: ${throttled.message}`,
            "adopt known partners (sipfed export), or raise config.discovery and config.limits",
          ),
        ]
      : []),
    ...(xmpp?.status === "False"
      ? [
          warning(
            `StaticRoute ${name}: ${xmpp.message}`,
            "look at the container xmpp-gateway, and at the check xmpp",
          ),
        ]
      : []),
  ];
}

function defaultRoutes(routes: readonly StaticRoute[]): readonly Finding[] {
  const states = routes
    .filter(({ spec }) => spec.destinationPattern === DEFAULT_ROUTE_PATTERN)
    .map((it) => ({
      name: it.metadata.name,
      spec: it.spec,
      state: conditionOf(it)(Conditions.Ready)?.reason,
    }));
  const [first] = states;
  if (first === undefined)
    return [
      problem(
        `no route has the pattern ${DEFAULT_ROUTE_PATTERN}, and the operator makes the predefined one`,
        "look at who leads, and at what the operator may do",
      ),
    ];
  const open = states.filter(({ state }) => state === "Open");
  if (open.length > 0) return [ok(`federation is open, by ${open.map(({ name }) => name).join(", ")}`)];
  if (states.some(({ state, spec }) => state === "Blocked" && spec.nextHop !== undefined))
    return [ok("federation is closed: the default route is blocked, and serves known domains alone")];
  return [ok("federation is closed: no default route serves anybody, explicit routes alone do")];
}

/** Requests to a local domain go by the route of exactly that pattern. */
function localDomains(routes: readonly StaticRoute[], domains: readonly string[]): readonly Finding[] {
  const served = routes.filter(({ spec }) => spec.service === "Enabled");
  const patterns = new Set(served.map(({ spec }) => canonicalDomain(spec.destinationPattern)));
  return domains
    .filter((domain) => !patterns.has(canonicalDomain(domain)))
    .map((domain) =>
      problem(
        `the local domain ${domain} has no route: requests to it are answered with 404`,
        `create a StaticRoute with destinationPattern ${domain} and your platform as nextHop`,
      ),
    );
}

function conditionOf({ status }: StaticRoute): (type: string) => Condition | undefined {
  return (type) => findCondition(status.conditions, type);
}
