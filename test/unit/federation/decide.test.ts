import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../../src/federation/decide.ts";
import { canonicalHost, isCacheable } from "../../../src/federation/domain-name.ts";
import { explicitSet, userSets } from "../../../src/federation/lookup.ts";
import { originOf } from "../../../src/federation/side.ts";
import { translate } from "../../../src/federation/translate.ts";
import type { Decision, RouteSet, RoutingTable, SipRequest } from "../../../src/federation/types.ts";
import { userOf } from "../../../src/federation/user-pattern.ts";
import { federationConfig, federationObjects, sipRequest } from "../../support/arbitraries.ts";

/** A generated table, the objects it comes from, a request, and what is decided. */
const world = fc
  .record({ objects: federationObjects(), settings: federationConfig(), request: sipRequest() })
  .map(({ objects, settings, request }) => {
    const { table } = translate(objects, settings);
    return { objects, table, request, decision: decide(table, request) };
  });

interface Seen {
  readonly objects: Parameters<typeof translate>[0];
  readonly table: RoutingTable;
  readonly request: SipRequest;
  readonly decision: Decision;
}

function always(check: (seen: Seen) => void): void {
  fc.assert(fc.property(world, check), { numRuns: 500 });
}

function routesForUser({ routeSets, config }: RoutingTable, request: SipRequest): readonly RouteSet[] {
  const user = userOf(request.requestUri);
  return user === undefined || originOf(request, config).side === "outside" ? [] : userSets(routeSets, user);
}

/** Any pattern for users goes before all for domains. */
function specificity(key: string): number {
  if (key === "*") return 0;
  return key.startsWith("@") ? 1000 + key.replace(/[@.*]/g, "").length : key.replace(/^[.=]/, "").length;
}

test("every request is decided, with a reason", () => {
  always(({ decision }) => {
    assert.ok(decision.because.length > 0);
    assert.ok(
      decision.because.every((sentence) => /^\S.*[.]$/.test(sentence)),
      decision.because.join("\n"),
    );
  });
});

test("anything at all is decided, however odd", () => {
  const uri = fc.record(
    { scheme: fc.oneof(fc.constant("sip"), fc.string()), host: fc.string(), user: fc.string() },
    { requiredKeys: ["scheme"] },
  );
  const request = fc.record({
    method: fc.string(),
    source: fc.string(),
    requestUri: uri,
    from: fc.option(uri, { nil: undefined }),
  });
  fc.assert(
    fc.property(federationObjects(), federationConfig(), request, (objects, settings, odd) => {
      assert.ok(decide(translate(objects, settings).table, odd).because.length > 0);
    }),
  );
});

test("the spelling of a host makes no difference", () => {
  always(({ table, request, decision }) => {
    const { requestUri } = request;
    const host = requestUri.host === undefined ? undefined : canonicalHost(requestUri.host);
    if (host === undefined) return;
    assert.deepEqual(decide(table, { ...request, requestUri: { ...requestUri, host } }), decision);
  });
});

test("whoever is blocked is refused, in both directions and in every mode", () => {
  always(({ table, request, decision: { domain, row, ...decision } }) => {
    if (domain === undefined || row === 0) return;
    const entry = table.names.get(domain);
    const [user] = routesForUser(table, request);
    const isBlocked = entry?.kind === "known" && entry.policy === "Block";
    if (!isBlocked && (user ?? explicitSet(table.routeSets, domain))?.blocked !== true) return;
    assert.equal(row, 1);
    assert.equal(decision.action === "reply" && decision.status, 403);
  });
});

test("while closed, an unknown domain without explicit route is refused", () => {
  always(({ table, request, decision: { domain, row, ...decision } }) => {
    if (domain === undefined || row === 0 || table.open || routesForUser(table, request).length > 0) return;
    if (table.names.has(domain) || explicitSet(table.routeSets, domain)) return;
    assert.equal(row, 6);
    assert.equal(decision.action === "reply" && decision.status, 403);
  });
});

test("nothing is relayed from the outside to the outside", () => {
  always(({ table, request, decision }) => {
    const host = canonicalHost(request.requestUri.host ?? "");
    if (host !== undefined && table.names.get(host)?.kind === "local") return;
    if (decision.action !== "relay") return;
    if (request.requestUri.scheme !== "tel") assert.equal(decision.direction, "outbound");
    assert.equal(originOf(request, table.config).side, "inside");
  });
});

test("to the inside there is no way but the exact route of the local domain", () => {
  always(({ request, decision }) => {
    if (decision.action !== "relay" || decision.direction === "outbound") return;
    const [first, ...others] = decision.routeSets.filter((key) => !key.startsWith("@"));
    if (first !== undefined) assert.equal(first, canonicalHost(request.requestUri.host ?? ""));
    assert.deepEqual(others, []);
    if (decision.direction === "inbound") assert.deepEqual(decision.routeSets, [first]);
  });
});

test("a route for users goes before all others, for the inside alone, and nothing is remembered", () => {
  always(({ table, request, decision }) => {
    if (decision.action !== "relay") return;
    const [user] = routesForUser(table, request);
    if (user) assert.deepEqual([decision.routeSets[0], decision.cache], [user.key, false]);
    else assert.equal(decision.routeSets[0]?.startsWith("@"), false);
  });
});

test("a request goes only where an enabled route leads that may serve it", () => {
  always(({ objects, table, request, decision }) => {
    if (decision.action !== "relay") return;
    assert.ok(decision.candidates.length > 0);
    for (const hop of decision.candidates) {
      const spec = objects.routes.find((route) => route.name === hop.route)?.spec;
      assert.equal(spec?.service, "Enabled");
      const isDefault = spec.destinationPattern === ".*";
      if (!isDefault) assert.notEqual(spec.blockRoute, true);
      const isKnown = table.names.has(decision.domain ?? "");
      if (isDefault && !isKnown) assert.equal(spec.blockRoute, false);
      if (request.requestUri.scheme === "sips") assert.equal(hop.transport, "TLS");
    }
  });
});

test("only an unknown, proven domain that could be stored is discovered or cached", () => {
  always(({ table, decision }) => {
    if (decision.action !== "relay" || !(decision.cache || decision.discover)) return;
    assert.ok(decision.domain !== undefined && isCacheable(decision.domain));
    assert.equal(table.names.has(decision.domain), false);
    assert.ok(decision.row === 4 || decision.row === 5);
    assert.equal(
      decision.because.some((sentence) => sentence.startsWith("Nothing proves")),
      false,
    );
  });
});

test("nothing is asked over XMPP about what came over it, and to the gateway goes what it carries", () => {
  always(({ table, request, decision }) => {
    if (request.overXmpp && decision.action === "relay") assert.equal(decision.discover, false);
    if (decision.action !== "gateway") return;
    assert.ok(table.config.xmpp);
    assert.equal(originOf(request, table.config).side, "inside");
    assert.match(request.method, /^(MESSAGE|SUBSCRIBE|NOTIFY)$/);
  });
});

test("more specific routes are tried before less specific ones", () => {
  always(({ table, decision }) => {
    if (decision.action !== "relay") return;
    const order = decision.candidates.map((hop) =>
      [...table.routeSets.values()].findIndex((set) => set.hops.includes(hop)),
    );
    const sets = order.map((index) => [...table.routeSets.keys()][index] ?? "");
    const lengths = sets.map(specificity);
    assert.deepEqual(
      lengths,
      lengths.toSorted((a, b) => b - a),
    );
  });
});
