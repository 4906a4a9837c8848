/** The differential test can fail: it finds out a wrong `decide`, by a counterexample that a person can read. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decide } from "../../../src/federation/decide.ts";
import { canonicalHost } from "../../../src/federation/domain-name.ts";
import type {
  Decision,
  FederationConfig,
  NameEntry,
  RoutingTable,
  SipRequest,
} from "../../../src/federation/types.ts";
import { defaultKamailio } from "../../support/kamailio-binaries.ts";
import type { Decide } from "./expectation.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { render, search } from "./search.ts";
import { Stage } from "./stage.ts";

interface Mutant {
  readonly what: string;
  readonly decide: Decide;
  /**
   * Routes and domains of which none can be left away, at most, whether they are there from the start or set by an edit;
   * absent where shrinking waits too long for each try.
   */
  readonly objects?: number;
}

const MUTANTS: readonly Mutant[] = [
  {
    what: "overlooks the policy Block",
    decide: (table, request) => decide({ ...plain(table), names: allowed(table.names) }, request),
    objects: 1,
  },
  {
    what: "takes a closed federation for open",
    decide: (table, request) => decide({ ...plain(table), open: true }, request),
    objects: 0,
  },
  {
    what: "overlooks routes for users",
    decide: (table, request) =>
      decide({ ...plain(table), routeSets: withoutUsers(table.routeSets) }, request),
    // the request has to get somewhere with the route, or without it
    objects: 2,
  },
  {
    what: "caches what OPTIONS reached",
    decide: (table, request) => {
      const decision = decide(table, request);
      return request.method === "OPTIONS" ? caching(decision) : decision;
    },
  },
  {
    what: "prefers the next hops that come last",
    decide: (table, request) => {
      const decision = decide(table, request);
      if (decision.action !== "relay") return decision;
      return { ...decision, candidates: decision.candidates.toReversed() };
    },
    // two next hops, and one that lets the request get to them: a default route, or a domain that is known
    objects: 3,
  },
  {
    what: "takes a certificate for anybody as a proof",
    decide: (table, request) => {
      const { certificateNames = [], from } = request;
      const claimed = from?.host === undefined ? undefined : canonicalHost(from.host);
      if (certificateNames.length === 0 || claimed === undefined) return decide(table, request);
      return decide(table, { ...request, certificateNames: [...certificateNames, claimed] });
    },
  },
  {
    what: "overlooks the certificate of a connection",
    decide: (table, { certificateNames: _, ...request }) => decide(table, request),
  },
  {
    what: "does not tell the inside by its certificate",
    decide: (table, request) => decide(configured(table, { insideCertificateNames: [] }), request),
    // to an external domain: a default route opens federation, or a domain is known
    objects: 1,
  },
  {
    what: "does not tell trusted peers by their certificates",
    decide: (table, request) => {
      const { trustedPeers } = table.config;
      const without = trustedPeers.map((peer) => ({ ...peer, certificateNames: [] }));
      return decide(configured(table, { trustedPeers: without }), request);
    },
  },
  {
    what: "knows of no XMPP gateway",
    decide: (table, request) => decide(configured(table, { xmpp: false }), request),
    objects: 1,
  },
  {
    what: "takes what comes over XMPP for unproven",
    decide: (table, { overXmpp: _, ...request }) => decide(table, request),
  },
  {
    what: "asks about what came over XMPP",
    decide: (table, request) => {
      const decision = decide(table, request);
      if (decision.action !== "relay" || !request.overXmpp) return decision;
      return { ...decision, discover: decision.row === 5 };
    },
  },
  {
    what: "sends sips: by next hops without TLS, too",
    decide: (table, request) =>
      decide(table, { ...request, requestUri: { ...request.requestUri, scheme: schemeOf(request) } }),
    objects: 1,
  },
];
/** The same scenarios in every run: a search that has to find something should not depend on luck. */
const SEARCH = { runs: 5000, timeLimit: 60_000, seed: 5 };

describe("a decide that", () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open(defaultKamailio());
  });
  after(() => stage.close());

  for (const mutant of MUTANTS) {
    test(`${mutant.what} is found out`, async () => {
      const options = { ...SEARCH, unshrunk: mutant.objects === undefined };
      const { counterexample } = await search(stage, scenarios(stage.world), mutant.decide, options);
      assert.ok(counterexample, "nothing was found");
      if (mutant.objects === undefined) return;
      const { objects, requests } = sizeOf(counterexample.scenario);
      assert.ok(objects <= mutant.objects, `${objects} objects\n${render(counterexample)}`);
      assert.equal(requests, 1, render(counterexample));
    });
  }
});

function plain({ open, names, routeSets, config }: RoutingTable): RoutingTable {
  return { open, names, routeSets, config };
}

function configured(table: RoutingTable, changes: Partial<FederationConfig>): RoutingTable {
  return { ...plain(table), config: { ...table.config, ...changes } };
}

function schemeOf({ requestUri: { scheme } }: SipRequest): string {
  return scheme === "sips" ? "sip" : scheme;
}

function allowed(names: RoutingTable["names"]): RoutingTable["names"] {
  const allow = (entry: NameEntry): NameEntry =>
    entry.kind === "known" ? { ...entry, policy: "Allow" } : entry;
  return new Map([...names].map(([name, entry]) => [name, allow(entry)]));
}

function withoutUsers(routeSets: RoutingTable["routeSets"]): RoutingTable["routeSets"] {
  return new Map([...routeSets].filter(([key]) => !key.startsWith("@")));
}

function caching(decision: Decision): Decision {
  return decision.action === "relay" && decision.discover ? { ...decision, cache: true } : decision;
}

function sizeOf({ routes, domains, acts }: Scenario) {
  return {
    objects: routes.length + domains.length + acts.flatMap((act) => act.edits).length,
    requests: acts.flatMap((act) => act.requests).length,
  };
}
