/** Part of main.ts: the StaticRoutes as the console shows them, by pattern. */
import type { HopState, HopView, PatternGroup, RouteRow, RoutesView } from "../../admin/console/types.ts";
import type { Whereabouts } from "../../federation/explain.ts";
import type { Model } from "../../federation/model.ts";
import { belowKey, domainOfKey, isUserKey, userPatternOf } from "../../federation/patterns.ts";
import { shadowing, type Shadowing } from "../../federation/shadowing.ts";
import type { NextHop, RouteSetKey } from "../../federation/types.ts";
import { compareUserPatterns } from "../../federation/user-pattern.ts";
import type { CachedRoute } from "../../kubernetes/cached.ts";

export interface RouteJoints {
  readonly model: Pick<Model, "table" | "routes" | "routeVerdict">;
  readonly routes: { entries(): Iterable<CachedRoute> };
  readonly whereabouts: (hop: NextHop) => Whereabouts;
  /** Milliseconds that the last answer to a probe took; undefined without one. */
  readonly latency: (hop: NextHop, address: string, port: number) => number | undefined;
  /** Known domains that the routes of a pattern serve. */
  readonly servedBy: (pattern: string) => number;
}

/** More specific patterns that are named. */
const MAX_NAMED = 20;
const INVALID = "";
/** Patterns that make no sense come first, as somebody has to mend them; then by how specific they are. */
const ORDER: readonly PatternGroup["kind"][] = ["Invalid", "User", "Domain", "Family", "Below", "Default"];

type Hops = ReadonlyMap<string, { readonly hop: NextHop; readonly share: number }>;

export function routesView(joints: RouteJoints): RoutesView {
  const { model, routes } = joints;
  const { table } = model;
  const hops = hopsInService(table.routeSets.values());
  const groups = new Map<string, { keys: readonly RouteSetKey[]; rows: RouteRow[] }>();
  for (const entry of routes.entries()) {
    const result = model.routes.get(entry.name);
    const pattern = result?.ok ? result.route.pattern : result?.pattern;
    const text = pattern?.text ?? INVALID;
    const group = groups.get(text) ?? { keys: pattern?.keys ?? [], rows: [] };
    group.rows.push(rowOf(joints, hops, entry));
    groups.set(text, group);
  }
  const inForce = new Map(
    [...groups].map(([text, { keys }]) => [text, keys.filter((key) => table.routeSets.has(key))] as const),
  );
  const relations = shadowing(
    table.routeSets,
    new Map([...inForce].filter(([text, keys]) => text !== INVALID && keys.length > 0)),
  );
  const views = [...groups].map(([text, { keys, rows }]) =>
    groupOf(joints, text, keys, rows.sort(byPreference), relations.get(text)),
  );
  return { groups: views.sort(bySpecificity), isOpen: table.open };
}

function groupOf(
  { servedBy }: RouteJoints,
  text: string,
  keys: readonly RouteSetKey[],
  routes: readonly RouteRow[],
  relation: Shadowing | undefined,
): PatternGroup {
  const shadowedBy = (relation?.shadowedBy ?? []).map(shown);
  return {
    pattern: shown(text),
    kind: kindOf(keys),
    routes,
    ...(relation?.shadows !== undefined && { shadows: shown(relation.shadows) }),
    shadowedBy: shadowedBy.slice(0, MAX_NAMED),
    shadowedByCount: shadowedBy.length,
    ...(relation?.actsWith !== undefined && { actsWith: shown(relation.actsWith) }),
    ...(relation?.fallback !== undefined && { fallback: shown(relation.fallback) }),
    domains: servedBy(text),
  };
}

function rowOf(joints: RouteJoints, hops: Hops, entry: CachedRoute): RouteRow {
  const { name, uid, object, programmed } = entry;
  const { spec, creationTimestamp } = object;
  const verdict = joints.model.routeVerdict(name);
  const result = joints.model.routes.get(name);
  const served = hops.get(name);
  const { protocolType, priority, weight, allowLessSpecificRoute, service, trustIdentity } = spec;
  return {
    ...{ name, uid, programmed, created: Date.parse(creationTimestamp) },
    ...{ protocolType, priority, weight, allowLessSpecificRoute, service, trustIdentity },
    destinationPattern: spec.destinationPattern,
    blocked: result?.ok ? result.route.blocked : (spec.blockRoute ?? false),
    state: verdict?.state ?? "NotAccepted",
    message: verdict?.accepted.message ?? "",
    ...(served && { share: served.share, hop: hopView(joints, served.hop) }),
    ...optional(spec, verdict?.effectivePort),
  };
}

function optional({ description, nextHop, tls }: CachedRoute["object"]["spec"], port: number | undefined) {
  return {
    ...(description !== undefined && { description }),
    ...(nextHop !== undefined && { nextHop }),
    ...(port !== undefined && { port }),
    ...(tls?.serverName !== undefined && { tlsServerName: tls.serverName }),
  };
}

/** The next hops that requests go by, and their share of the requests of their priority, in percent. */
function hopsInService(sets: Iterable<{ readonly hops: readonly NextHop[] }>): Hops {
  const found = new Map<string, { hop: NextHop; share: number }>();
  for (const { hops } of sets) {
    for (const hop of hops) {
      const peers = hops.filter(({ priority }) => priority === hop.priority);
      const share = Math.round((100 * hop.weight) / peers.reduce((sum, { weight }) => sum + weight, 0));
      found.set(hop.route, { hop, share });
    }
  }
  return found;
}

function hopView({ whereabouts, latency }: RouteJoints, hop: NextHop): HopView {
  const { addresses, problem } = whereabouts(hop);
  return {
    state: hopState(addresses, problem),
    ...(problem !== undefined && { problem }),
    addresses: addresses.map(({ address, port, alive, problem: why }) => {
      const latencyMs = latency(hop, address, port);
      return {
        ...{ address, port },
        ...(alive !== undefined && { alive }),
        ...(latencyMs !== undefined && { latencyMs }),
        ...(why !== undefined && { problem: why }),
      };
    }),
  };
}

function hopState(addresses: Whereabouts["addresses"], problem: string | undefined): HopState {
  if (addresses.length === 0) return problem === undefined ? "unknown" : "unresolved";
  if (addresses.every(({ alive }) => alive)) return "answers";
  if (addresses.some(({ alive }) => alive)) return "partly";
  return addresses.some(({ alive }) => alive === undefined) ? "unknown" : "silent";
}

function kindOf(keys: readonly RouteSetKey[]): PatternGroup["kind"] {
  const [key, below] = keys;
  if (key === undefined) return "Invalid";
  if (isUserKey(key)) return "User";
  if (key === "*") return "Default";
  if (below !== undefined) return "Family";
  return key === belowKey(domainOfKey(key)) ? "Below" : "Domain";
}

/** As a person writes it. */
function shown(text: string): string {
  return isUserKey(text) ? userPatternOf(text) : text;
}

function byPreference(a: RouteRow, b: RouteRow): number {
  return a.priority - b.priority || b.weight - a.weight || (a.name < b.name ? -1 : 1);
}

function bySpecificity(a: PatternGroup, b: PatternGroup): number {
  if (a.kind === "User" && b.kind === "User") return compareUserPatterns(a.pattern, b.pattern);
  const [one, other] = [a, b].map(({ kind }) => ORDER.indexOf(kind)) as [number, number];
  return one - other || labels(b.pattern) - labels(a.pattern) || (a.pattern < b.pattern ? -1 : 1);
}

function labels(pattern: string): number {
  return pattern.split(".").length;
}
