import fc from "fast-check";
import { config, domain, route } from "./federation-objects.ts";
import type {
  DomainObject,
  FederationConfig,
  RouteObject,
  SipRequest,
  SipUri,
} from "../../src/federation/types.ts";

/**
 * Generated routes, domains, settings and requests. Alphabets are small, so that patterns, known domains and requests
 * meet each other often.
 */

/** What a generated world is made of; a test on a real router brings its own addresses. */
export interface World {
  readonly localDomains: readonly string[];
  readonly insideNetworks: readonly string[];
  readonly ownAddresses: FederationConfig["ownAddresses"];
  /** Where routes may lead. */
  readonly nextHops: readonly Pick<RouteObject["spec"], "nextHop" | "nextHopPort" | "protocolType" | "tls">[];
  /** Where requests may come from. */
  readonly sources: readonly string[];
  /** What those show certificates for that do so over TLS, by source, canonical. */
  readonly certificates: Readonly<Record<string, readonly string[]>>;
  /** Where requests over XMPP come from; absent: there are none. */
  readonly gateway?: string;
  /** CIDRs that trusted peers and the `sources` of domains are made of. */
  readonly networks: readonly string[];
}

export const WORLD: World = {
  localDomains: ["local.test", "b.test"],
  insideNetworks: ["10.0.0.0/8", "2001:db8:1::/48"],
  ownAddresses: [
    { host: "198.51.100.1", port: 5060 },
    { host: "edge.test", port: 5060 },
  ],
  nextHops: [
    { nextHop: "192.0.2.1", protocolType: "UDP" },
    { nextHop: "192.0.2.2", nextHopPort: 5070, protocolType: "TCP" },
    { nextHop: "2001:db8::1", protocolType: "TLS" },
    { nextHop: "192.0.2.3", protocolType: "TLS", tls: { serverName: "Edge.Partner.test." } },
    { nextHop: "SRV.Partner.test.", nextHopPort: 0, protocolType: "TCP" },
    { nextHop: "198.51.100.1", protocolType: "TCP" },
  ],
  sources: ["10.1.1.1", "2001:db8:1::9", "203.0.113.1", "203.0.113.200", "2001:db8:2::1"],
  certificates: {
    "203.0.113.1": ["a.test", "b.a.test"],
    "203.0.113.200": ["sbc.test"],
    "2001:db8:2::1": ["platform.test", "2001:db8:2::1"],
  },
  networks: ["203.0.113.0/25", "203.0.113.128/25", "2001:db8:2::/64"],
};

const LABELS = ["a", "b"] as const;
const METHODS = [
  "INVITE",
  "MESSAGE",
  "SUBSCRIBE",
  "NOTIFY",
  "OPTIONS",
  "REGISTER",
  "PUBLISH",
  "FOO",
] as const;
const CREATED = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"] as const;

/** Canonical names of one to four labels: `test`, `a.test`, `b.a.test`, … */
export const domainName: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...LABELS), { maxLength: 3 })
  .map((labels) => [...labels, "test"].join("."));

/** A domain pattern in any spelling; rarely something that is none. */
export const destinationPattern: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: domainName },
  { weight: 3, arbitrary: domainName.map((name) => `*.${name}`) },
  { weight: 3, arbitrary: domainName.map((name) => `.${name.split(".").reverse().join(".")}.*`) },
  { weight: 3, arbitrary: fc.constant(".*") },
  { weight: 1, arbitrary: fc.constantFrom("local.test", "A.Test.", "*.B.TEST", "a..test", "*") },
);

/** A user pattern; rarely something that is none. */
const userPattern: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom("alice", "al*", "a....", "...", ".*e", "....*", "+1..4", "+1*", "ALICE"),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "a*b", ".*", "al%69ce") },
);

/** What a route serves: domains three times out of four. */
const serves: fc.Arbitrary<Pick<RouteObject["spec"], "destinationPattern" | "routeType">> = fc.oneof(
  {
    weight: 3,
    arbitrary: destinationPattern.map((text) => ({ destinationPattern: text, routeType: "Domain" as const })),
  },
  {
    weight: 1,
    arbitrary: userPattern.map((text) => ({ destinationPattern: text, routeType: "User" as const })),
  },
);

export function routeObject(world: World = WORLD): fc.Arbitrary<RouteObject> {
  const spec = fc.record(
    {
      priority: fc.integer({ min: 1, max: 3 }),
      weight: fc.constantFrom(1, 2, 10),
      allowLessSpecificRoute: often(true, false),
      service: often("Enabled" as const, "Disabled" as const),
      blockRoute: fc.constantFrom(true, false, false, false),
    },
    { requiredKeys: ["priority", "weight", "allowLessSpecificRoute", "service"] },
  );
  const nextHop = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...world.nextHops) },
    { weight: 1, arbitrary: fc.constant({}) },
  );
  return fc
    .tuple(fc.nat(9), serves, nextHop, spec, fc.constantFrom(...CREATED))
    .map(([number, served, hop, fields, created]) =>
      route(`route-${number}`, { ...served, ...hop, ...fields }, created),
    );
}

export function domainObject(world: World = WORLD): fc.Arbitrary<DomainObject> {
  const name = fc.oneof(
    { weight: 9, arbitrary: domainName.filter((text) => text.includes(".")) },
    { weight: 1, arbitrary: fc.constantFrom("anonymous.invalid", ...world.localDomains) },
  );
  const spec = fc.record({
    policy: often("Allow" as const, "Block" as const),
    protocol: often("SIP" as const, "XMPP" as const),
    trust: fc.constantFrom("Full" as const, "Limited" as const),
    sources: fc.subarray([...world.networks], { maxLength: 2 }),
  });
  return fc.tuple(name, spec).map(([text, fields]) => domain(text, fields));
}

export function federationConfig(world: World = WORLD): fc.Arbitrary<FederationConfig> {
  const names = Object.values(world.certificates).flatMap((certified) => certified.filter(isName));
  const certificateNames = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(names, { minLength: 1, maxLength: 2 }) },
  );
  const peer = fc.record({
    sources: fc.subarray([...world.networks]),
    certificateNames,
    domains: fc.oneof(fc.array(domainName, { minLength: 1, maxLength: 3 }), fc.constant(["*"])),
  });
  return fc
    .record({
      trustedPeers: fc.array(peer, { maxLength: 2 }),
      insideCertificateNames: certificateNames,
      unprovenInbound: often("serve" as const, "refuse" as const),
      xmpp: fc.boolean(),
    })
    .map((fields) => {
      const { localDomains, insideNetworks, ownAddresses } = world;
      return config({ localDomains, insideNetworks, ownAddresses, ...fields });
    });
}

/** Routes and domains as they may be at one moment: no two of a kind have the same name. */
export function federationObjects(world: World = WORLD) {
  const byName = { selector: (object: { readonly name: string }) => object.name };
  return fc.record({
    routes: fc.uniqueArray(routeObject(world), { maxLength: 8, ...byName }),
    domains: fc.uniqueArray(domainObject(world), { maxLength: 5, ...byName }),
  });
}

export function sipRequest(world: World = WORLD): fc.Arbitrary<SipRequest> {
  const request = fc.record({
    method: fc.constantFrom(...METHODS),
    source: fc.constantFrom(...world.sources),
    requestUri: fc.oneof(
      { weight: 19, arbitrary: sipUri(world) },
      { weight: 1, arbitrary: fc.constantFrom(...WITHOUT_HOST) },
    ),
    from: fc.option(sipUri(world), { nil: undefined, freq: 20 }),
  });
  return fc.tuple(request, often(false, true), often(false, true)).map(([fields, overXmpp, isCertified]) => {
    if (overXmpp) return { ...fields, overXmpp };
    const certificateNames = isCertified ? world.certificates[fields.source] : undefined;
    return certificateNames === undefined ? fields : { ...fields, certificateNames };
  });
}

const WITHOUT_HOST: readonly SipUri[] = [
  { scheme: "tel", user: "+1-2(3)4;ext=1" },
  { scheme: "tel", user: "alice" },
  { scheme: "xmpp" },
  { scheme: "sip" },
];

/** Hosts in any case, with or without a trailing dot: domains, our own, and what is never remembered. */
export function sipUri(world: World = WORLD): fc.Arbitrary<SipUri> {
  const host = fc.oneof(
    { weight: 12, arbitrary: domainName },
    { weight: 5, arbitrary: fc.constantFrom(...world.localDomains) },
    { weight: 1, arbitrary: fc.constantFrom(...world.ownAddresses.map((own) => own.host)) },
    { weight: 2, arbitrary: fc.constantFrom("anonymous.invalid", "192.0.2.99", "a_b.test", "localhost") },
  );
  const spelled = fc
    .tuple(host, often(false, true), often(false, true))
    .map(([name, upper, dot]) => `${upper ? name.toUpperCase() : name}${dot && isName(name) ? "." : ""}`);
  return fc.record(
    { scheme: often("sip", "sips"), host: spelled, user: fc.constantFrom("alice", "bob", "+1234") },
    { requiredKeys: ["scheme", "host"] },
  );
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}

/** The first value four times out of five. */
function often<T, U>(usual: T, other: U): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(other) });
}
