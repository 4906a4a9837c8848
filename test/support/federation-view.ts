import type { View } from "../../src/federation/explain.ts";
import { Model } from "../../src/federation/model.ts";
import type { FederationObjects } from "../../src/federation/translate.ts";
import type { FederationConfig, RouteObject, SipRequest } from "../../src/federation/types.ts";
import { route, type RouteFields } from "./federation-objects.ts";

/** What an explanation is made from, for these objects. Unless told, every next hop answers at 192.0.2.1. */
export function viewOf(
  { routes, domains }: FederationObjects,
  settings: FederationConfig,
  knowledge: Partial<View> = {},
): View {
  const model = new Model(settings);
  for (const route of routes) model.setRoute(route);
  for (const domain of domains) model.setDomain(domain);
  return {
    table: model.table,
    routes: model.routes,
    routeVerdict: (name) => model.routeVerdict(name),
    whereabouts: ({ port }) => ({
      addresses: [{ address: "192.0.2.1", port, alive: true }],
      problem: undefined,
    }),
    memory: () => undefined,
    limit: () => undefined,
    ...knowledge,
  };
}

/** An INVITE from the inside of `config()` unless told. */
export function requestTo(host: string, fields: Partial<SipRequest> = {}): SipRequest {
  return {
    method: "INVITE",
    source: "10.1.1.1",
    requestUri: { scheme: "sip", user: "bob", host },
    from: undefined,
    ...fields,
  };
}

/** `example: {…}` is the StaticRoute example. */
export function routes(specs: Readonly<Record<string, RouteFields>>): RouteObject[] {
  return Object.entries(specs).map(([name, spec]) => route(name, spec));
}
