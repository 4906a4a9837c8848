/** The health checks of docs/argocd, read and run by Argo CD's own code, on statuses as this system writes them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "js-yaml";
import type { Condition } from "../../../src/api/types.ts";
import { Model } from "../../../src/federation/model.ts";
import type { DomainObject, Finding, RouteObject } from "../../../src/federation/types.ts";
import { desiredStatuses, type StatusFacts } from "../../../src/reconcile/desired-status.ts";
import { PROGRAMMED } from "../../../src/reconcile/statuses.ts";
import { manifest } from "../../support/crd-objects.ts";
import { config, domain, route } from "../../support/federation-objects.ts";
import { ARGO_CD_SETTINGS, healthOf } from "../../support/argocd/health.ts";

const PENDING: Finding = { status: "False", reason: "Pending", message: "Not everywhere yet." };
const SILENT: Finding = { status: "False", reason: "NoAnswer", message: "The next hop is silent." };
const HOP = { nextHop: "192.0.2.1" };

const EVERYWHERE: StatusFacts = {
  programmed: () => PROGRAMMED,
  reachable: () => undefined,
  throttled: () => undefined,
  xmpp: () => undefined,
};

interface Scene {
  readonly route?: RouteObject;
  readonly domain?: DomainObject;
  /** Beside the one that is looked at. */
  readonly others?: readonly RouteObject[];
  readonly facts?: Partial<StatusFacts>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Changed since the status was written. */
  readonly changed?: boolean;
}

/** The object of a scene with the status that the operator gives it. */
function stored({ route, domain, others = [], facts = {}, annotations, changed = false }: Scene): object {
  const model = new Model(config({ xmpp: true }));
  for (const object of [...others, ...(route ? [route] : [])]) model.setRoute(object);
  if (domain) model.setDomain(domain);
  const kind = route ? "StaticRoute" : "FederatedDomain";
  const { name = "", spec } = route ?? domain ?? {};
  const entry = { name, object: { generation: 1 }, programmed: true };
  const previous: Condition[] = [];
  const status = desiredStatuses(model, { ...EVERYWHERE, ...facts })[kind](entry, previous, new Date());
  const metadata = { name, namespace: "federation", generation: changed ? 2 : 1, annotations };
  return { ...manifest(kind, name, { spec: { ...spec } }), metadata, status };
}

async function health(scene: Scene): Promise<[status: string, message: string]> {
  const [told] = await healthOf([stored(scene)]);
  assert.ok(told);
  return [told.status, told.message];
}

test("what the operator has not looked at is Progressing", async () => {
  const fresh = { kind: "StaticRoute", metadata: { name: "new", generation: 1 } };
  const apiVersion = "sipfederation.io/v1alpha1";
  // as the default of the schema has it
  const status = { conditions: [{ type: "Ready", status: "Unknown", reason: "Pending", message: "" }] };
  const told = await healthOf([
    { apiVersion, ...fresh },
    { apiVersion, ...fresh, status },
    stored({ route: route("changed", { destinationPattern: "a.test", ...HOP }), changed: true }),
    stored({ domain: domain("a.test"), changed: true }),
  ]);
  for (const { status, message } of told) {
    assert.equal(status, "Progressing");
    assert.match(message, /has not looked at this generation/);
  }
});

test("what is not programmed yet is Progressing, and says what is waited for", async () => {
  const facts = { programmed: () => PENDING };
  const pending = ["Progressing", PENDING.message];
  assert.deepEqual(
    await health({ route: route("r", { destinationPattern: "a.test", ...HOP }), facts }),
    pending,
  );
  assert.deepEqual(await health({ domain: domain("a.test"), facts }), pending);
  // blocking is programmed like anything else
  assert.deepEqual(
    await health({ route: route("r", { destinationPattern: "a.test", blockRoute: true }), facts }),
    pending,
  );
});

test("what makes no sense is Degraded, and says what to do", async () => {
  const loop = route("loop", { destinationPattern: "a.test", nextHop: "198.51.100.1" });
  const [status, message] = await health({ route: loop, facts: { programmed: () => PENDING } });
  assert.equal(status, "Degraded");
  assert.match(message, /198\.51\.100\.1/);
  const [ofDomain, why] = await health({ domain: domain("local.test") });
  assert.equal(ofDomain, "Degraded");
  assert.match(why, /local\.test is a local domain/);
});

test("what is mended after it made no sense is Progressing, not Degraded", async () => {
  const loop = route("loop", { destinationPattern: "a.test", nextHop: "198.51.100.1" });
  assert.equal((await health({ route: loop, changed: true }))[0], "Progressing");
});

test("a route in force is Healthy, and says what it does", async () => {
  assert.deepEqual(await health({ route: route("r", { destinationPattern: "a.test", ...HOP }) }), [
    "Healthy",
    "Requests for a.test go to 192.0.2.1 port 5060 over TCP.",
  ]);
  const open = route("default", { destinationPattern: ".*", ...HOP, blockRoute: false });
  assert.equal((await health({ route: open }))[0], "Healthy");
});

test("a domain that is served is Healthy, one without a route too", async () => {
  assert.deepEqual((await health({ domain: domain("a.test", { protocol: "XMPP" }) }))[0], "Healthy");
  const [status, message] = await health({ domain: domain("a.test") });
  assert.equal(status, "Healthy");
  assert.match(message, /^No explicit route matches, and no route with the pattern \.\* has a next hop/);
});

test("what is disabled or blocked is Suspended", async () => {
  const disabled = route("r", { destinationPattern: "a.test", ...HOP, service: "Disabled" });
  const blocked = route("r", { destinationPattern: "a.test", blockRoute: true });
  const predefined = route("default", { destinationPattern: ".*" });
  for (const scene of [
    { route: disabled },
    { route: blocked },
    { route: predefined },
    { domain: domain("a.test", { policy: "Block" }) },
    { domain: domain("a.test"), others: [blocked] },
  ]) {
    const [status, message] = await health(scene);
    assert.equal(status, "Suspended");
    assert.match(message, /Disabled|[Bb]locked|refused/);
  }
});

test("what is blocked in a sync wave of its own is Healthy: Argo CD would wait for it for ever", async () => {
  const annotations = { "argocd.argoproj.io/sync-wave": "0" };
  const blocked = route("r", { destinationPattern: "a.test", blockRoute: true });
  const [status, message] = await health({ route: blocked, annotations });
  assert.equal(status, "Healthy");
  assert.match(message, /^Blocked/);
  const refused = { domain: domain("a.test", { policy: "Block" }), annotations };
  assert.equal((await health(refused))[0], "Healthy");
  assert.equal((await health({ ...refused, facts: { programmed: () => PENDING } }))[0], "Progressing");
});

test("a next hop that does not answer leaves its route Healthy, with a message", async () => {
  const scene = { route: route("r", { destinationPattern: "a.test", ...HOP }) };
  assert.deepEqual(await health({ ...scene, facts: { reachable: () => SILENT } }), [
    "Healthy",
    "Requests for a.test go to 192.0.2.1 port 5060 over TCP. The next hop is silent.",
  ]);
});

test("limits that bite, and an XMPP gateway that is away, are told as well", async () => {
  const throttled: Finding = { status: "True", reason: "TooManyRequests", message: "Too many." };
  const away: Finding = { status: "False", reason: "GatewayAway", message: "Nobody can be asked." };
  const facts = { throttled: () => throttled, xmpp: () => away };
  const open = route("default", { destinationPattern: ".*", ...HOP, blockRoute: false });
  const [status, message] = await health({ route: open, facts });
  assert.equal(status, "Healthy");
  assert.match(message, / Too many\. Nobody can be asked\.$/);
  const [, ofDomain] = await health({ domain: domain("a.test", { trust: "Limited" }), facts });
  assert.match(ofDomain, / Too many\.$/);
});

test("both kinds have one script", () => {
  const { data } = load(readFileSync(ARGO_CD_SETTINGS, "utf8")) as { data: Record<string, string> };
  const key = "resource.customizations.health.sipfederation.io_";
  assert.ok(data[`${key}StaticRoute`]);
  assert.equal(data[`${key}FederatedDomain`], data[`${key}StaticRoute`]);
});
