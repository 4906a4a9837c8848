import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Model } from "../../../src/federation/model.ts";
import { translate } from "../../../src/federation/translate.ts";
import type {
  DomainObject,
  DomainVerdict,
  FederationConfig,
  RouteObject,
  RouteVerdict,
} from "../../../src/federation/types.ts";
import { domainObject, federationConfig, routeObject } from "../../support/arbitraries.ts";
import { config, domain, plainTable, route, sortedObject } from "../../support/federation-objects.ts";

/** One step in the life of a model, and of a mirror that knows only what the model reports. */
type Step =
  | { readonly kind: "setRoute"; readonly object: RouteObject }
  | { readonly kind: "deleteRoute"; readonly pick: number }
  | { readonly kind: "setDomain"; readonly object: DomainObject }
  | { readonly kind: "deleteDomain"; readonly pick: number }
  | { readonly kind: "take" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: routeObject().map((object) => ({ kind: "setRoute", object }) as const) },
  { weight: 2, arbitrary: fc.nat(20).map((pick) => ({ kind: "deleteRoute", pick }) as const) },
  { weight: 4, arbitrary: domainObject().map((object) => ({ kind: "setDomain", object }) as const) },
  { weight: 2, arbitrary: fc.nat(20).map((pick) => ({ kind: "deleteDomain", pick }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "take" } as const) },
);

class Life {
  readonly model: Model;
  readonly routes = new Map<string, RouteObject>();
  readonly domains = new Map<string, DomainObject>();
  readonly mirror = {
    open: false,
    names: new Map<string, unknown>(),
    routeSets: new Map<string, unknown>(),
    routeVerdicts: new Map<string, RouteVerdict>(),
    domainVerdicts: new Map<string, DomainVerdict>(),
  };

  constructor(settings: FederationConfig) {
    this.model = new Model(settings);
  }

  live(step: Step): void {
    switch (step.kind) {
      case "setRoute":
        this.routes.set(step.object.name, step.object);
        this.model.setRoute(step.object);
        return;
      case "deleteRoute":
        deleteOne(this.routes, step.pick, (name) => {
          this.model.deleteRoute(name);
        });
        return;
      case "setDomain":
        this.domains.set(step.object.name, step.object);
        this.model.setDomain(step.object);
        return;
      case "deleteDomain":
        deleteOne(this.domains, step.pick, (name) => {
          this.model.deleteDomain(name);
        });
        return;
      case "take":
        this.take();
    }
  }

  take(): void {
    const { model, mirror } = this;
    const changes = model.takeChanges();
    if (changes.settings) mirror.open = model.table.open;
    copy(changes.names, (name) => model.table.names.get(name), mirror.names);
    copy(changes.routeSets, (key) => model.table.routeSets.get(key), mirror.routeSets);
    const { routes, domains } = model.takeVerdictChanges();
    copy(routes, (name) => model.routeVerdict(name), mirror.routeVerdicts);
    copy(domains, (name) => model.domainVerdict(name), mirror.domainVerdicts);
  }
}

function deleteOne(objects: Map<string, unknown>, pick: number, tell: (name: string) => void): void {
  const name = [...objects.keys()][pick] ?? "never-there.test";
  objects.delete(name);
  tell(name);
}

function copy<V>(keys: Iterable<string>, get: (key: string) => V | undefined, into: Map<string, V>): void {
  for (const key of keys) {
    const value = get(key);
    if (value === undefined) into.delete(key);
    else into.set(key, value);
  }
}

test("after any life the model, and a mirror of its reports, say what translate says", () => {
  fc.assert(
    fc.property(federationConfig(), fc.array(step, { maxLength: 40 }), (settings, steps) => {
      const life = new Life(settings);
      for (const one of steps) life.live(one);
      life.take();
      const objects = { routes: [...life.routes.values()], domains: [...life.domains.values()] };
      const wanted = translate(objects, settings);
      assert.deepEqual(plainTable(life.model.table), plainTable(wanted.table));
      const { mirror } = life;
      assert.equal(mirror.open, wanted.table.open);
      assert.deepEqual(sortedObject(mirror.names), sortedObject(wanted.table.names));
      assert.deepEqual(sortedObject(mirror.routeSets), sortedObject(wanted.table.routeSets));
      assert.deepEqual(sortedObject(mirror.routeVerdicts), sortedObject(wanted.routeVerdicts));
      assert.deepEqual(sortedObject(mirror.domainVerdicts), sortedObject(wanted.domainVerdicts));
      const limited = [...wanted.table.names.values()].filter(
        (it) => it.kind === "known" && it.trust === "Limited",
      );
      assert.equal(life.model.limitedDomains, limited.length);
      const opening = [...wanted.routeVerdicts].filter(([, { state }]) => state === "Open");
      assert.deepEqual(new Set(life.model.openRoutes), new Set(opening.map(([name]) => name)));
    }),
    { numRuns: 1000 },
  );
});

test("setting what is already so changes nothing", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const life = new Life(config());
      for (const one of steps) life.live(one);
      life.take();
      for (const object of life.routes.values()) life.model.setRoute(object);
      for (const object of life.domains.values()) life.model.setDomain(object);
      const changes = life.model.takeChanges();
      assert.deepEqual(changes, { names: new Set(), routeSets: new Set(), settings: false });
    }),
  );
});

test("the first changes name the local domains and the settings", () => {
  const model = new Model(config({ localDomains: ["local.test"] }));
  assert.deepEqual(model.takeChanges(), {
    names: new Set(["local.test"]),
    routeSets: new Set(),
    settings: true,
  });
});

test("a change of the default route touches the verdict of no domain", () => {
  const model = new Model(config());
  const pattern = { destinationPattern: ".*" };
  model.setRoute(route("default", { ...pattern, nextHop: "192.0.2.1", blockRoute: false }));
  model.setDomain(domain("a.test"));
  model.takeVerdictChanges();
  model.setRoute(route("default", { ...pattern, nextHop: "192.0.2.2", blockRoute: true }));
  model.setRoute(route("default", { ...pattern, nextHop: "192.0.2.2", service: "Disabled" }));
  assert.deepEqual(model.takeVerdictChanges(), { routes: new Set(["default"]), domains: new Set() });
});

test("a change of an explicit route touches the domains that it may serve, and no others", () => {
  const model = new Model(config());
  for (const name of ["a.test", "b.a.test", "c.test"]) model.setDomain(domain(name));
  model.takeVerdictChanges();
  model.setRoute(route("below", { destinationPattern: "*.a.test", nextHop: "192.0.2.1" }));
  assert.deepEqual(model.takeVerdictChanges().domains, new Set(["b.a.test"]));
  model.setRoute(route("exact", { destinationPattern: "c.test", nextHop: "192.0.2.1" }));
  assert.deepEqual(model.takeVerdictChanges().domains, new Set(["c.test"]));
  model.setRoute(route("exact", { destinationPattern: "c.test", nextHop: "192.0.2.2", weight: 7 }));
  assert.deepEqual(model.takeVerdictChanges().domains, new Set());
});
