import type { Whereabouts } from "../federation/explain.ts";
import type { Finding, NextHop, RouteSetKey, RoutingTable, Target } from "../federation/types.ts";
import { ordersOfTargets } from "../federation/targets.ts";

/** A next hop as DNS knows it. */
export type HopName = Pick<NextHop, "host" | "port" | "transport">;

export interface Resolver {
  follow(hops: Iterable<HopName>): void;
  /** Undefined while not known. */
  targets(hop: HopName): readonly Target[] | undefined;
  /** What is wrong with its name, a sentence without a full stop. */
  problem(hop: HopName): string | undefined;
}

export interface Prober {
  follow(hops: Iterable<{ readonly uri: string; readonly inside: boolean }>): void;
  /** Whether it answers; undefined while that is not known. */
  isAlive(uri: string): boolean | undefined;
  /** Why not, where that is known, a sentence without a full stop. */
  problem(uri: string): string | undefined;
}

export interface NextHopPorts {
  readonly table: RoutingTable;
  readonly resolver: Resolver;
  readonly prober: Prober;
  /** The URI of a next hop by its address, as the router has it. */
  readonly uriOf: (hop: NextHop) => string;
  /** Names lead elsewhere: `takeMoved` has something. */
  readonly moved: () => void;
  /** StaticRoutes of which `reachability` may be another. */
  readonly changed: (routes: ReadonlySet<string>) => void;
}

interface Hop {
  readonly hop: NextHop;
  readonly inside: boolean;
}

/** Where the next hops of the routing table really are, by DNS, and whether they answer, by probes. */
export class NextHops {
  readonly #ports: NextHopPorts;
  #byRoute = new Map<string, Hop>();
  #routesOfUri = new Map<string, Set<string>>();
  #moved = new Set<RouteSetKey>();

  constructor(ports: NextHopPorts) {
    this.#ports = ports;
  }

  /** Orders of addresses in which requests try the next hops of a set. */
  readonly orders = (hops: readonly NextHop[]): NextHop[][] =>
    ordersOfTargets(hops, (hop) => this.#targetsOf(hop));

  /** Looks at the routing table anew: its next hops, and no others, are followed. */
  follow(): void {
    const { table, resolver } = this.#ports;
    const local = new Set(table.config.localDomains);
    const hops = new Map<string, Hop>();
    for (const { key, hops: some } of table.routeSets.values()) {
      for (const hop of some) hops.set(hop.route, { hop, inside: local.has(key) });
    }
    this.#byRoute = hops;
    resolver.follow(Array.from(hops.values(), ({ hop }) => hop));
    this.#probe();
  }

  /** DNS says something else of these. */
  resolved(names: readonly HopName[]): void {
    const routes = new Set<string>();
    for (const { key, hops } of this.#ports.table.routeSets.values()) {
      for (const hop of hops) {
        if (!names.some((name) => isSame(name, hop))) continue;
        this.#moved.add(key);
        routes.add(hop.route);
      }
    }
    if (routes.size === 0) return;
    this.#probe();
    this.#ports.moved();
    this.#ports.changed(routes);
  }

  /** A probe found something else than the one before. */
  probed(uri: string): void {
    const routes = this.#routesOfUri.get(uri);
    if (routes) this.#ports.changed(routes);
  }

  /** Sets whose next hops are elsewhere since the last call. */
  takeMoved(): ReadonlySet<RouteSetKey> {
    const moved = this.#moved;
    this.#moved = new Set();
    return moved;
  }

  /**
   * Whether requests by this route reach somebody, as this replica sees it; `unknown` until there is a result, undefined
   * where no request goes by it.
   */
  reachability(route: string): Finding | "unknown" | undefined {
    const found = this.#byRoute.get(route);
    if (!found) return undefined;
    const { addresses, problem } = this.whereabouts(found.hop);
    if (addresses.length === 0) return problem === undefined ? "unknown" : unresolvable(problem);
    if (addresses.some(({ alive }) => alive)) return ANSWERS;
    return addresses.some(({ alive }) => alive === undefined) ? "unknown" : silent(found.hop, addresses);
  }

  /** Where a next hop is, for people. */
  whereabouts(hop: NextHop): Whereabouts {
    const { prober } = this.#ports;
    const addresses = this.#targetsOf(hop).map((target) => {
      const uri = this.#uriOf(hop, target);
      const { address, port } = target;
      const problem = prober.problem(uri);
      return { address, port, alive: prober.isAlive(uri), ...(problem !== undefined && { problem }) };
    });
    return { addresses, problem: this.#problemOf(hop) };
  }

  /** The StaticRoutes by which nobody is reached, and why. */
  unreachable(): Record<string, string> {
    const found: [string, string][] = [];
    for (const route of this.#byRoute.keys()) {
      const finding = this.reachability(route);
      if (typeof finding === "object" && finding.status === "False") found.push([route, finding.message]);
    }
    return Object.fromEntries(found);
  }

  #probe(): void {
    const wanted = new Map<string, { uri: string; inside: boolean }>();
    this.#routesOfUri = new Map();
    for (const [route, { hop, inside }] of this.#byRoute) {
      for (const target of this.#targetsOf(hop)) {
        const uri = this.#uriOf(hop, target);
        wanted.set(uri, { uri, inside: inside || (wanted.get(uri)?.inside ?? false) });
        this.#routesOfUri.set(uri, (this.#routesOfUri.get(uri) ?? new Set()).add(route));
      }
    }
    this.#ports.prober.follow(wanted.values());
  }

  /** A name may come to lead to this system itself: requests would go in circles. */
  #targetsOf(hop: NextHop): readonly Target[] {
    const targets = this.#ports.resolver.targets(hop) ?? [];
    return targets.filter((target) => !this.#isOurselves(target));
  }

  #problemOf(hop: NextHop): string | undefined {
    const { resolver } = this.#ports;
    const found = resolver.targets(hop) ?? [];
    if (found.length === 0) return resolver.problem(hop);
    return found.every((target) => this.#isOurselves(target))
      ? `${hop.host} leads to this system itself`
      : undefined;
  }

  #isOurselves({ address, port }: Target): boolean {
    const { ownAddresses } = this.#ports.table.config;
    return ownAddresses.some((own) => own.host === address && own.port === port);
  }

  #uriOf(hop: NextHop, { address, port }: Target): string {
    return this.#ports.uriOf({ ...hop, host: address, port });
  }
}

const ANSWERS: Finding = { status: "True", reason: "Answers", message: "The next hop answers probes." };
/** Addresses that a message names. */
const MAX_NAMED = 3;

function unresolvable(problem: string): Finding {
  return { status: "False", reason: "Unresolvable", message: `${problem}.` };
}

function silent({ transport }: NextHop, addresses: Whereabouts["addresses"]): Finding {
  const known = addresses.find(({ problem }) => problem !== undefined);
  if (known?.problem !== undefined) {
    const message = `${known.address} port ${known.port} over ${transport}: ${known.problem}.`;
    return { status: "False", reason: "TLSFailed", message };
  }
  const named = addresses.slice(0, MAX_NAMED).map(({ address, port }) => `${address} port ${port}`);
  const more = addresses.length > MAX_NAMED ? ` and ${addresses.length - MAX_NAMED} more` : "";
  return {
    status: "False",
    reason: "NoAnswer",
    message: `No answer to OPTIONS from ${named.join(", ")}${more} over ${transport}.`,
  };
}

function isSame(a: HopName, b: HopName): boolean {
  return a.host === b.host && a.port === b.port && a.transport === b.transport;
}
