import { belowKey, domainOfKey, isUserKey, itselfKey, patternsOfKey } from "./patterns.ts";
import { compileRoute, type Route, type RouteResult } from "./route.ts";
import { compileSet, inForce, isOpen, linkSet, opens, type UnlinkedSet } from "./route-set.ts";
import { routeVerdict } from "./route-verdict.ts";
import {
  DEFAULT_ROUTE_SET,
  type FederationConfig,
  type RouteObject,
  type RouteSet,
  type RouteSetKey,
  type RouteVerdict,
  type RoutingTable,
} from "./types.ts";

/** All routes of one pattern. */
interface Group {
  readonly routes: Map<string, Route>;
  inForce: readonly Route[];
}

const [DEFAULT_PATTERN] = patternsOfKey(DEFAULT_ROUTE_SET);

/** Keeps route sets up to date, one route at a time. */
export class RouteIndex {
  readonly sets = new Map<RouteSetKey, RouteSet>();
  readonly #config: FederationConfig;
  readonly #localDomains: ReadonlySet<string>;
  readonly #results = new Map<string, RouteResult>();
  readonly #groups = new Map<string, Group>();
  readonly #unlinked = new Map<RouteSetKey, UnlinkedSet>();
  #changedSets = new Set<RouteSetKey>();
  #shownSets = new Set<RouteSetKey>();
  #touchedRoutes = new Set<string>();

  constructor(config: FederationConfig) {
    this.#config = config;
    this.#localDomains = new Set(config.localDomains);
  }

  get open(): boolean {
    return isOpen(this.#groups.get(DEFAULT_PATTERN)?.inForce ?? []);
  }

  /** Names of the default routes that open federation; empty while it is closed. */
  get openRoutes(): readonly string[] {
    const routes = this.#groups.get(DEFAULT_PATTERN)?.inForce ?? [];
    return routes.filter(opens).map(({ name }) => name);
  }

  /** Some default route that makes sense has a next hop, in service or not. */
  get hasDefaultRoute(): boolean {
    const routes = this.#groups.get(DEFAULT_PATTERN)?.routes.values() ?? [];
    return [...routes].some((route) => route.hop);
  }

  set(object: RouteObject): void {
    this.#replace(object.name, compileRoute(object, this.#config));
  }

  delete(name: string): void {
    this.#replace(name, undefined);
  }

  /** What was read from each StaticRoute, by its name. */
  get results(): ReadonlyMap<string, RouteResult> {
    return this.#results;
  }

  verdict(name: string, table: RoutingTable): RouteVerdict | undefined {
    const result = this.#results.get(name);
    if (!result) return undefined;
    const group = result.ok ? this.#groups.get(result.route.pattern.text) : undefined;
    return routeVerdict(result, group?.inForce ?? [], table);
  }

  /** Keys of the sets that have changed since the last take. */
  takeChangedSets(): ReadonlySet<RouteSetKey> {
    const taken = this.#changedSets;
    this.#changedSets = new Set();
    return taken;
  }

  /** Keys of the sets of which something changed that a verdict on a domain shows, since the last take. */
  takeShownSets(): ReadonlySet<RouteSetKey> {
    const taken = this.#shownSets;
    this.#shownSets = new Set();
    return taken;
  }

  /** Names of the routes whose verdict may have changed since the last take. */
  takeTouchedRoutes(): ReadonlySet<string> {
    const taken = this.#touchedRoutes;
    this.#touchedRoutes = new Set();
    return taken;
  }

  #replace(name: string, result: RouteResult | undefined): void {
    const before = routeOf(this.#results.get(name));
    const after = routeOf(result);
    if (result) this.#results.set(name, result);
    else this.#results.delete(name);
    this.#touchedRoutes.add(name);
    if (before) this.#regroup(before, (routes) => routes.delete(name));
    if (after) this.#regroup(after, (routes) => routes.set(name, after));
    for (const key of new Set([...(before?.pattern.keys ?? []), ...(after?.pattern.keys ?? [])])) {
      this.#rebuild(key);
    }
  }

  #regroup({ pattern }: Route, change: (routes: Map<string, Route>) => void): void {
    const group = this.#groups.get(pattern.text) ?? { routes: new Map<string, Route>(), inForce: [] };
    change(group.routes);
    group.inForce = inForce(group.routes.values());
    if (group.routes.size === 0) this.#groups.delete(pattern.text);
    else this.#groups.set(pattern.text, group);
  }

  #rebuild(key: RouteSetKey): void {
    const groups = patternsOfKey(key).flatMap((text) => this.#groups.get(text) ?? []);
    for (const group of groups) for (const name of group.routes.keys()) this.#touchedRoutes.add(name);
    const routes = groups.flatMap((group) => group.inForce);
    const before = this.#unlinked.get(key);
    const after = compileSet(key, routes, this.#localDomains.has(key));
    if (after) this.#unlinked.set(key, after);
    else this.#unlinked.delete(key);
    this.#link(key);
    if ((before === undefined) !== (after === undefined)) this.#relinkMoreSpecific(key);
  }

  #relinkMoreSpecific(key: RouteSetKey): void {
    const isMoreSpecific = moreSpecificThan(key);
    for (const other of this.#unlinked.keys()) if (isMoreSpecific(other)) this.#link(other);
  }

  #link(key: RouteSetKey): void {
    const unlinked = this.#unlinked.get(key);
    const before = this.sets.get(key);
    const after = unlinked && linkSet(unlinked, (other) => this.#unlinked.has(other));
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    if (after) this.sets.set(key, after);
    else this.sets.delete(key);
    this.#changedSets.add(key);
    if (shown(before) !== shown(after)) this.#shownSets.add(key);
  }
}

function routeOf(result: RouteResult | undefined): Route | undefined {
  return result?.ok ? result.route : undefined;
}

/** Tells the keys whose search for a less specific set may end at this one. */
function moreSpecificThan(key: RouteSetKey): (other: RouteSetKey) => boolean {
  if (key === DEFAULT_ROUTE_SET) return (other) => other !== key;
  if (isUserKey(key)) return () => false;
  const domain = domainOfKey(key);
  if (key === belowKey(domain)) return (other) => other !== key && other.endsWith(key);
  return (other) => key === itselfKey(domain) && other === domain;
}

/** What the verdict on a domain shows of its explicit route set. */
function shown(set: RouteSet | undefined): string | undefined {
  return set && `${set.blockedBy ?? ""} ${set.hops[0]?.route ?? ""} ${set.hops.length}`;
}
