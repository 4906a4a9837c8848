import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadAll } from "js-yaml";
import type { FederatedDomainSpec } from "../../../src/api/types.ts";
import { translate } from "../../../src/federation/translate.ts";
import { config, domain, route, type RouteFields } from "../../support/federation-objects.ts";

interface Example {
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

function examples(plural: string): Example[] {
  const path = join(import.meta.dirname, "../../../docs/examples", `${plural}.yaml`);
  return loadAll(readFileSync(path, "utf8")) as Example[];
}

test("the examples of the documentation are accepted by what this release serves", () => {
  const routes = examples("staticroutes").map(({ metadata, spec }) =>
    route(metadata.name, spec as RouteFields),
  );
  const domains = examples("federateddomains").map(({ metadata, spec }) =>
    domain(metadata.name, spec as Partial<FederatedDomainSpec>),
  );
  const { routeVerdicts, domainVerdicts } = translate(
    { routes, domains },
    config({ transports: ["UDP", "TCP", "TLS"] }),
  );
  const verdicts = [...routeVerdicts, ...domainVerdicts];
  assert.equal(verdicts.length, routes.length + domains.length);
  for (const [name, { accepted }] of verdicts) {
    assert.equal(accepted.status, "True", `${name}: ${accepted.message}`);
  }
});
