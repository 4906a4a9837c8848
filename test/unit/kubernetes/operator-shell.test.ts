import { deepEqual, equal } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import operatorModule from "@dot-i/k8s-operator";
import { SipFederationOperator } from "../../../src/kubernetes/operator-shell.ts";
import type { FakeApiServer, FakeCall } from "../../support/fake-api-server.ts";
import { waitFor } from "../../support/wait-for.ts";
import { fakeApi } from "./setup.ts";

async function setup(t: TestContext) {
  const { server, client, log } = await fakeApi(t);
  const told: string[] = [];
  const operator = SipFederationOperator.create({
    client,
    log,
    handlers: {
      routeChanged: ({ name, generation }) => told.push(`route ${name} ${generation}`),
      routeDeleted: (name) => told.push(`no route ${name}`),
      domainChanged: ({ name, generation }) => told.push(`domain ${name} ${generation}`),
      domainDeleted: (name) => told.push(`no domain ${name}`),
      touched: (kind, name) => told.push(`touched ${kind} ${name}`),
      synced: () => told.push("synced"),
    },
    timing: { backoffMs: [5, 20] },
  });
  t.after(() => operator.close());
  return { server, operator, told };
}

function object(name: string, resourceVersion: number, generation = 1): object {
  const metadata = { name, namespace: "ns", uid: name, resourceVersion: String(resourceVersion), generation };
  return { metadata, spec: { destinationPattern: ".*" } };
}

const end = (resourceVersion: number): object => ({
  metadata: {
    resourceVersion: String(resourceVersion),
    annotations: { "k8s.io/initial-events-end": "true" },
  },
});

async function watches(server: FakeApiServer): Promise<Record<"routes" | "domains", FakeCall>> {
  const calls = [await server.call(), await server.call()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const [domains, routes] = calls;
  if (domains === undefined || routes === undefined) throw new Error("two watches expected");
  return { routes, domains };
}

test("it is an Operator of the framework, and needs no kubeconfig of its own", (t) => {
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = "/does/not/exist";
  t.after(() => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
  });
  return setup(t).then(({ operator }) => {
    equal(operator instanceof operatorModule.default, true);
    equal(process.env.KUBECONFIG, "/does/not/exist", "the environment is as it was");
  });
});

test("handlers hear of specs, of anything else as a touch, and once both kinds are complete", async (t) => {
  const { server, operator, told } = await setup(t);
  await operator.start();
  const { routes, domains } = await watches(server);
  domains.send("ADDED", object("a.example", 1));
  domains.send("BOOKMARK", end(5));
  await waitFor("the domains", () => operator.domains.synced);
  deepEqual(told, ["domain a.example 1", "touched FederatedDomain a.example"]);
  deepEqual(operator.resourceVersions, { StaticRoute: "", FederatedDomain: "5" });
  routes.send("ADDED", object("r", 2));
  routes.send("BOOKMARK", end(6));
  await waitFor("the routes", () => operator.synced);
  deepEqual(told.splice(0).slice(2), ["route r 1", "touched StaticRoute r", "synced"]);
  domains.send("MODIFIED", object("a.example", 7));
  domains.send("MODIFIED", object("a.example", 8, 2));
  domains.send("DELETED", object("a.example", 9, 2));
  await waitFor("the delete", () => told.includes("no domain a.example"));
  deepEqual(told, [
    "touched FederatedDomain a.example",
    "domain a.example 2",
    "touched FederatedDomain a.example",
    "no domain a.example",
    "touched FederatedDomain a.example",
  ]);
  deepEqual(operator.resourceVersions, { StaticRoute: "6", FederatedDomain: "9" });
});

test("what the base class does when a watch ends, ours does not: the process goes on", async (t) => {
  const { server, operator } = await setup(t);
  await operator.start();
  const { routes, domains } = await watches(server);
  routes.refuse(500, "InternalError");
  domains.cut();
  const again = await watches(server);
  again.routes.send("BOOKMARK", end(1));
  again.domains.send("BOOKMARK", end(1));
  await waitFor("both kinds", () => operator.synced);
});

test("the framework's stop ends the watches", async (t) => {
  const { server, operator } = await setup(t);
  await operator.start();
  const { routes, domains } = await watches(server);
  routes.open();
  domains.open();
  operator.stop();
  await Promise.all([routes.closed(), domains.closed()]);
});

/** Reaches what the framework keeps for subclasses. */
class Exposed {
  readonly #operator: SipFederationOperator;
  constructor(operator: SipFederationOperator) {
    this.#operator = operator;
  }
  call(
    method: "setResourceStatus" | "patchResourceStatus",
    status: object,
  ): Promise<{ resourceVersion: string }> {
    const meta = {
      id: "i",
      name: "a.example",
      resourceVersion: "4",
      apiVersion: "sipfederation.io/v1alpha1",
      kind: "FederatedDomain",
    };
    const run = Reflect.get(this.#operator, method) as (
      meta: object,
      status: object,
    ) => Promise<{ resourceVersion: string }>;
    return run.call(this.#operator, meta, status);
  }
}

test("writing a status through the framework names its version, and a refusal is not swallowed", async (t) => {
  const { server, operator } = await setup(t);
  const exposed = new Exposed(operator);
  for (const [method, verb] of [
    ["setResourceStatus", "PUT"],
    ["patchResourceStatus", "PATCH"],
  ] as const) {
    const written = exposed.call(method, { observedGeneration: 1 });
    const call = await server.call();
    deepEqual(
      [call.method, call.path],
      [verb, "/apis/sipfederation.io/v1alpha1/namespaces/ns/federateddomains/a.example/status"],
    );
    equal((call.body as { metadata: { resourceVersion: string } }).metadata.resourceVersion, "4");
    call.respond(200, object("a.example", 9));
    equal((await written).resourceVersion, "9");
    const refused = t.assert.rejects(exposed.call(method, {}), /Conflict/);
    (await server.call()).refuse(409, "Conflict");
    await refused;
  }
});
