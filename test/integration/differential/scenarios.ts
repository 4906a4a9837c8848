import fc from "fast-check";
import type {
  DomainObject,
  FederationConfig,
  RouteObject,
  Transport,
} from "../../../src/federation/types.ts";
import type { Verdict } from "../../../src/router/types.ts";
import {
  domainName,
  domainObject,
  federationConfig,
  routeObject,
  type World,
} from "../../support/arbitraries.ts";
import { followUp, newRequest } from "./requests.ts";
import type { Act, Edit, Scenario } from "./scenario.ts";
import { usually } from "./usually.ts";

/** Scenarios in which much meets: the world is small, and most of its local domains and default routes work. */
export function scenarios(world: World): fc.Arbitrary<Scenario> {
  return fc.record({
    config: config(world),
    routes: uniqueByName(anyRoute(world), 9),
    domains: uniqueByName(domainObject(world), 5),
    operator: fc.oneof({ weight: 24, arbitrary: fc.constant("stays") }, fc.constantFrom("starts", "leaves")),
    verdict: usually<Verdict>("default", "uncached", "refused", "gateway"),
    // no minLength: fast-check drops elements from the front alone where there is one
    acts: fc.array(act(world), { maxLength: 4 }),
  });
}

/** Now and then fewer local domains, and a wider inside. */
function config(world: World): fc.Arbitrary<FederationConfig> {
  const { localDomains, insideNetworks, networks } = world;
  const changes = fc.record({
    localDomains: usually<readonly string[]>(localDomains, [], localDomains.slice(0, 1)),
    insideNetworks: usually<readonly string[]>(insideNetworks, [...insideNetworks, ...networks.slice(1)]),
    transports: usually<readonly Transport[]>(["UDP", "TCP", "TLS"], ["UDP", "TCP"]),
  });
  return fc
    .tuple(federationConfig(world), changes)
    .map(([whole, part]) => ({ ...whole, ...part, xmpp: true }));
}

function anyRoute(world: World): fc.Arbitrary<RouteObject> {
  return fc.oneof(routeObject(world), vitalRoute(world));
}

/** A route in service to a local domain or for everybody. */
function vitalRoute(world: World): fc.Arbitrary<RouteObject> {
  const pattern = fc.constantFrom(...world.localDomains, ".*");
  return fc.tuple(routeObject(world), pattern).map(([route, destinationPattern]) => ({
    ...route,
    spec: { ...route.spec, destinationPattern, service: "Enabled", blockRoute: false },
  }));
}

function act(world: World): fc.Arbitrary<Act> {
  const request = fc.oneof({ weight: 3, arbitrary: newRequest(world) }, { weight: 1, arbitrary: followUp });
  return fc.record({
    edits: fc.array(edit(world), { maxLength: 2 }),
    requests: fc.array(request, { maxLength: 4 }),
  });
}

function edit(world: World): fc.Arbitrary<Edit> {
  return fc.oneof(
    anyRoute(world).map((route): Edit => ({ kind: "set route", route })),
    fc.nat(9).map((number): Edit => ({ kind: "delete route", name: `route-${number}` })),
    domainObject(world).map((domain): Edit => ({ kind: "set domain", domain })),
    domainName.map((name): Edit => ({ kind: "delete domain", name })),
  );
}

function uniqueByName<T extends RouteObject | DomainObject>(objects: fc.Arbitrary<T>, maxLength: number) {
  return fc.uniqueArray(objects, { maxLength, size: "max", selector: (object) => object.name });
}
