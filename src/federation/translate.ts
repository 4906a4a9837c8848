import { compileDomain } from "./domain.ts";
import { domainVerdict, localDomainVerdict, type SharedFacts } from "./domain-verdict.ts";
import { patternsOfKey } from "./patterns.ts";
import { compileRoute, isDefault, type Route } from "./route.ts";
import { compileSet, inForce, isOpen, linkSet } from "./route-set.ts";
import { routeVerdict } from "./route-verdict.ts";
import {
  DEFAULT_ROUTE_SET,
  type DomainObject,
  type DomainVerdict,
  type FederationConfig,
  type NameEntry,
  type RouteObject,
  type RouteSet,
  type RouteSetKey,
  type RouteVerdict,
  type RoutingTable,
} from "./types.ts";

export interface FederationObjects {
  readonly routes: readonly RouteObject[];
  readonly domains: readonly DomainObject[];
}

export interface Translation {
  readonly table: RoutingTable;
  /** By name of the StaticRoute. */
  readonly routeVerdicts: ReadonlyMap<string, RouteVerdict>;
  /** By name of the FederatedDomain. */
  readonly domainVerdicts: ReadonlyMap<string, DomainVerdict>;
}

/** The routes in force, by the text of their pattern. */
type Groups = ReadonlyMap<string, readonly Route[]>;

/**
 * What the objects mean: the table to route by, and a verdict on every object. An object that makes no sense gets
 * `Accepted=False`, and the rest stands.
 */
export function translate({ routes, domains }: FederationObjects, config: FederationConfig): Translation {
  const results = new Map(routes.map((object) => [object.name, compileRoute(object, config)]));
  const compiled = [...results.values()].flatMap((result) => (result.ok ? [result.route] : []));
  const groups = groupByPattern(compiled);
  const table: RoutingTable = {
    open: isOpen(routesOf(DEFAULT_ROUTE_SET, groups)),
    names: translateNames(domains, config),
    routeSets: translateSets(compiled, groups, config),
    config,
  };
  const shared = { hasDefaultRoute: compiled.some((route) => isDefault(route.pattern) && route.hop) };
  const routeVerdicts = [...results].map(([name, result]) => {
    const group = result.ok ? groups.get(result.route.pattern.text) : undefined;
    return [name, routeVerdict(result, group ?? [], table)] as const;
  });
  const domainVerdicts = domains.map((object) => [object.name, verdictOn(object, table, shared)] as const);
  return { table, routeVerdicts: new Map(routeVerdicts), domainVerdicts: new Map(domainVerdicts) };
}

function groupByPattern(routes: readonly Route[]): Groups {
  const groups = Map.groupBy(routes, (route) => route.pattern.text);
  return new Map([...groups].map(([text, group]) => [text, inForce(group)]));
}

function routesOf(key: RouteSetKey, groups: Groups): Route[] {
  return patternsOfKey(key).flatMap((text) => groups.get(text) ?? []);
}

function translateSets(
  routes: readonly Route[],
  groups: Groups,
  config: FederationConfig,
): ReadonlyMap<RouteSetKey, RouteSet> {
  const keys = new Set(routes.flatMap((route) => route.pattern.keys));
  const sets = new Map(
    [...keys].flatMap((key) => {
      const set = compileSet(key, routesOf(key, groups), config.localDomains.includes(key));
      return set ? [[key, set]] : [];
    }),
  );
  return new Map([...sets].map(([key, set]) => [key, linkSet(set, (other) => sets.has(other))]));
}

function translateNames(domains: readonly DomainObject[], config: FederationConfig): Map<string, NameEntry> {
  const known = domains.map((object) => [object.name, compileDomain(object).entry] as const);
  const local = config.localDomains.map((name) => [name, { kind: "local" }] as const);
  return new Map<string, NameEntry>([...known, ...local]);
}

function verdictOn(object: DomainObject, table: RoutingTable, shared: SharedFacts): DomainVerdict {
  if (table.names.get(object.name)?.kind === "local") return localDomainVerdict(object.name);
  const { entry, problem } = compileDomain(object);
  return domainVerdict(table, object.name, entry, problem, shared);
}
