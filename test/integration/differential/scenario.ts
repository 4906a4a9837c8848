import fc from "fast-check";
import type {
  DomainObject,
  FederationConfig,
  RouteObject,
  SipRequest,
} from "../../../src/federation/types.ts";
import type { Verdict } from "../../../src/router/types.ts";
import {
  domainName,
  domainObject,
  federationConfig,
  routeObject,
  type World,
} from "../../support/arbitraries.ts";
import { writtenFrom, writtenRequestUri, type WrittenFrom, type WrittenUri } from "./written-uri.ts";

/** What is in force and what happens then, act by act. */
export interface Scenario {
  readonly config: FederationConfig;
  readonly routes: readonly RouteObject[];
  readonly domains: readonly DomainObject[];
  readonly operator: OperatorRole;
  /** What the operator says of every unknown domain. */
  readonly verdict: Verdict;
  readonly acts: readonly Act[];
}

/**
 * `stays`: the one of the scenario before, so that entries of that one's table are changed and deleted; `starts`: one
 * that knows of no table before its own; `leaves`: nobody is there once the table is in force, nor are there edits.
 */
export type OperatorRole = "stays" | "starts" | "leaves";

/** Changes, and after they are in force requests, all at once. */
export interface Act {
  readonly edits: readonly Edit[];
  readonly requests: readonly (NewRequest | FollowUp)[];
}

export type Edit =
  | { readonly kind: "set route"; readonly route: RouteObject }
  | { readonly kind: "delete route"; readonly name: string }
  | { readonly kind: "set domain"; readonly domain: DomainObject }
  | { readonly kind: "delete domain"; readonly name: string };

/** An out-of-dialog request as it is written. */
export interface NewRequest {
  readonly kind: "new";
  readonly method: string;
  /** Address that it is sent from. */
  readonly source: string;
  readonly transport: "udp" | "tcp";
  readonly insideListener: boolean;
  readonly requestUri: WrittenUri;
  readonly from: WrittenFrom;
  readonly to: WrittenFrom;
  readonly maxForwards: string;
  readonly routes: readonly string[];
  /** To tag of a dialog that does not exist. */
  readonly forgedTag: boolean;
}

/** A request inside a dialog that an earlier act opened; nothing where there is none. */
export interface FollowUp {
  readonly kind: "follow-up";
  /** Which dialog: modulo their number. */
  readonly dialog: number;
  readonly by: "caller" | "callee";
  readonly method: string;
  readonly expires: number | undefined;
  readonly subscriptionState: string | undefined;
}

/** What is asked of `decide`. */
export function meaningOf({ method, source, insideListener, requestUri, from }: NewRequest): SipRequest {
  const request = { method, source, requestUri: requestUri.uri, from: from.uri };
  return insideListener ? { ...request, insideListener } : request;
}

const METHODS = ["MESSAGE", "INVITE", "SUBSCRIBE", "NOTIFY", "OPTIONS", "REGISTER", "PUBLISH", "FOO", "BYE"];
const WITHOUT_TRANSACTION = ["ACK", "CANCEL"];

export function scenario(world: World): fc.Arbitrary<Scenario> {
  return fc.record({
    config: config(world),
    routes: fc.uniqueArray(anyRoute(world), { maxLength: 8, selector: (route) => route.name }),
    domains: fc.uniqueArray(domainObject(world), { maxLength: 4, selector: (domain) => domain.name }),
    verdict: usually<Verdict>("default", "uncached", "refused"),
    operator: fc.oneof(
      { weight: 30, arbitrary: fc.constant("stays" as const) },
      fc.constantFrom("starts", "leaves"),
    ),
    // no minLength: fast-check would not shrink below it from either end
    acts: fc.array(act(world), { maxLength: 4 }),
  });
}

/** Some of the world's local domains, and sometimes a wider inside. */
function config(world: World): fc.Arbitrary<FederationConfig> {
  const inside = fc.oneof(
    { weight: 4, arbitrary: fc.constant(world.insideNetworks) },
    { weight: 1, arbitrary: fc.constant([...world.insideNetworks, ...world.networks.slice(-2)]) },
  );
  const some = fc.record({ localDomains: fc.subarray([...world.localDomains]), insideNetworks: inside });
  return fc
    .tuple(federationConfig(world), some)
    .map(([whole, part]) => ({ ...whole, ...part, transports: ["UDP", "TCP"] }));
}

/** Without a route to a local domain and a default route there would be little to see. */
function anyRoute(world: World): fc.Arbitrary<RouteObject> {
  const patterns = fc.constantFrom(...world.localDomains, ".*");
  const vital = fc.tuple(routeObject(world), patterns).map(([route, destinationPattern]) => ({
    ...route,
    spec: { ...route.spec, destinationPattern },
  }));
  return fc.oneof({ weight: 3, arbitrary: routeObject(world) }, { weight: 2, arbitrary: vital });
}

function act(world: World): fc.Arbitrary<Act> {
  const request = fc.oneof({ weight: 6, arbitrary: newRequest(world) }, { weight: 1, arbitrary: followUp });
  return fc.record({
    edits: fc.array(edit(world), { maxLength: 3 }),
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

function newRequest(world: World): fc.Arbitrary<NewRequest> {
  const method = fc.oneof(
    { weight: 19, arbitrary: fc.constantFrom(...METHODS) },
    { weight: 1, arbitrary: fc.constantFrom(...WITHOUT_TRANSACTION) },
  );
  return fc.record({
    kind: fc.constant("new"),
    method,
    source: fc.constantFrom(...world.sources),
    transport: usually<"udp" | "tcp">("udp", "tcp"),
    insideListener: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
    requestUri: writtenRequestUri(world),
    from: writtenFrom(world),
    to: writtenFrom(world),
    maxForwards: usually("70", "1", "0"),
    routes: routes(world),
    forgedTag: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
  });
}

/** Mostly none; otherwise this system's own and others', in any order. */
function routes(world: World): fc.Arbitrary<string[]> {
  const others = world.nextHops.map(({ nextHop }) => `<sip:${nextHop ?? ""};lr>`);
  const own = world.ownAddresses.map(({ host, port }) => `<sip:${host}:${port};lr>`);
  const some = fc.array(fc.constantFrom(...own, ...others, "<sip:a.test>"), { minLength: 1, maxLength: 3 });
  return fc.oneof({ weight: 5, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: some });
}

const followUp: fc.Arbitrary<FollowUp> = fc.record({
  kind: fc.constant("follow-up"),
  dialog: fc.nat(3),
  by: fc.constantFrom("caller", "callee"),
  method: fc.constantFrom("MESSAGE", "SUBSCRIBE", "NOTIFY", "INFO", "BYE"),
  expires: fc.constantFrom(undefined, 0, 600),
  subscriptionState: fc.constantFrom(
    undefined,
    "active;expires=60",
    "terminated",
    "Terminated;reason=noresource",
  ),
});

/** The first value four times out of five. */
function usually<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}
