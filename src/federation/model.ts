import { domainVerdict, localDomainVerdict } from "./domain-verdict.ts";
import { explicitSet } from "./lookup.ts";
import { NameIndex } from "./name-index.ts";
import { belowKey, domainOfKey, isUserKey, keysFor } from "./patterns.ts";
import type { RouteResult } from "./route.ts";
import { RouteIndex } from "./route-index.ts";
import {
  DEFAULT_ROUTE_SET,
  type DomainObject,
  type DomainVerdict,
  type FederationConfig,
  type RouteObject,
  type RouteSetKey,
  type RouteVerdict,
  type RoutingTable,
  type TableChanges,
  type VerdictChanges,
} from "./types.ts";

/**
 * The meaning of `translate`, kept up to date one object at a time. Setting a domain costs microseconds; setting a
 * route costs a look at the routes that it meets.
 */
export class Model {
  /** Always up to date; read it, or what it holds, again after every change. */
  readonly table: RoutingTable;
  readonly #routes: RouteIndex;
  readonly #domains: NameIndex;
  /** As of the last `takeChanges`; undefined before the first, when everything is new. */
  #takenOpen: boolean | undefined;
  #shownDefaultRoute = false;

  constructor(config: FederationConfig) {
    const routes = new RouteIndex(config);
    const domains = new NameIndex(config.localDomains);
    this.#routes = routes;
    this.#domains = domains;
    this.table = {
      get open() {
        return routes.open;
      },
      names: domains.names,
      routeSets: routes.sets,
      config,
    };
  }

  /** Number of known domains whose trust is Limited. */
  get limitedDomains(): number {
    return this.#domains.limited;
  }

  /** Names of the StaticRoutes that open federation; empty while it is closed. */
  get openRoutes(): readonly string[] {
    return this.#routes.openRoutes;
  }

  setRoute(object: RouteObject): void {
    this.#routes.set(object);
  }

  deleteRoute(name: string): void {
    this.#routes.delete(name);
  }

  setDomain(object: DomainObject): void {
    this.#domains.set(object);
  }

  deleteDomain(name: string): void {
    this.#domains.delete(name);
  }

  /** What changed in the table since the last call; the first call names everything. */
  takeChanges(): TableChanges {
    const settings = this.table.open !== this.#takenOpen;
    this.#takenOpen = this.table.open;
    return { names: this.#domains.takeChanged(), routeSets: this.#routes.takeChangedSets(), settings };
  }

  /** Whose verdicts may have changed since the last call, objects that were set or deleted among them. */
  takeVerdictChanges(): VerdictChanges {
    const domains = this.#domains.takeTouched();
    for (const name of this.#namesUnder(this.#routes.takeShownSets())) domains.add(name);
    if (this.#routes.hasDefaultRoute !== this.#shownDefaultRoute) {
      this.#shownDefaultRoute = this.#routes.hasDefaultRoute;
      for (const name of this.#namesWithoutExplicitRoute()) domains.add(name);
    }
    return { routes: this.#routes.takeTouchedRoutes(), domains };
  }

  /** What was read from each StaticRoute, by its name; with or without effect. */
  get routes(): ReadonlyMap<string, RouteResult> {
    return this.#routes.results;
  }

  /** Undefined when there is no such StaticRoute. */
  routeVerdict(name: string): RouteVerdict | undefined {
    return this.#routes.verdict(name, this.table);
  }

  /** Undefined when there is no such FederatedDomain. */
  domainVerdict(name: string): DomainVerdict | undefined {
    if (this.#domains.isShadowed(name)) return localDomainVerdict(name);
    const entry = this.#domains.known(name);
    const problem = this.#domains.problem(name);
    return entry && domainVerdict(this.table, name, entry, problem, this.#routes);
  }

  /** Known domains that one of the explicit route sets may serve: one pass over the names, however many keys. */
  *#namesUnder(keys: ReadonlySet<RouteSetKey>): Iterable<string> {
    const explicit = [...keys].filter((key) => key !== DEFAULT_ROUTE_SET && !isUserKey(key));
    if (explicit.every((key) => key !== belowKey(domainOfKey(key)))) {
      yield* explicit.map(domainOfKey).filter((name) => this.#domains.known(name));
      return;
    }
    const wanted = new Set(explicit);
    for (const name of this.#domains.knownNames())
      if (keysFor(name).some((key) => wanted.has(key))) yield name;
  }

  *#namesWithoutExplicitRoute(): Iterable<string> {
    for (const name of this.#domains.knownNames()) if (!explicitSet(this.table.routeSets, name)) yield name;
  }
}
