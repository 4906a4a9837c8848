/** Who somebody is and what they may, asked of a real API server; and what they change, with their own token. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AdminServer } from "../../../src/admin/server.ts";
import { KubernetesClient } from "../../../src/kubernetes/client.ts";
import { loadKubeConfig } from "../../../src/kubernetes/kubeconfig.ts";
import { type ApiObject, FEDERATED_DOMAINS } from "../../../src/kubernetes/resources.ts";
import { reviewScraper, reviewToken } from "../../../src/kubernetes/reviews.ts";
import { joinAccess } from "../../../src/main/access.ts";
import { CONSOLE_MANAGER, editAs } from "../../../src/kubernetes/viewer-edits.ts";
import { chartRoleRules } from "../../support/chart-role.ts";
import { viewerOf } from "../../support/console-viewers.ts";
import {
  applyObjects,
  createNamespace,
  createRestrictedUser,
  kubectl,
  type KubernetesApi,
  mayReviewTokens,
} from "../../support/control-plane.ts";
import { recordingLogger } from "../../support/recording-logger.ts";
import { scraperOf } from "../../support/scrapers.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { waitFor } from "../../support/wait-for.ts";
import { domain, read } from "./setup.ts";

const NOTHING = {
  read: false,
  changeDomains: false,
  addDomains: false,
  removeDomains: false,
  changeRoutes: false,
};
const READ = { ...NOTHING, read: true };
const ALL = { read: true, changeDomains: true, addDomains: true, removeDomains: true, changeRoutes: true };

let api: KubernetesApi;
let namespace: string;
let client: KubernetesClient;

before(async () => {
  api = await sharedControlPlane();
  namespace = await createNamespace(api);
  client = await operator("edge");
  await mayReviewTokens(api, { name: "edge", namespace });
});

/** A client with the rights of the chart's Role. */
async function operator(name: string): Promise<KubernetesClient> {
  const { kubeconfig } = await createRestrictedUser(api, { namespace, name, rules: chartRoleRules("edge") });
  return new KubernetesClient({ kubeConfig: loadKubeConfig(kubeconfig), namespace });
}

test("a token is told whose it is, and what its user may here", async () => {
  const reader = await viewerOf(api, namespace, ["get", "list", "watch"]);
  assert.deepEqual(await reviewToken(client, reader.token), {
    ok: true,
    user: `system:serviceaccount:${namespace}:${reader.name}`,
    rights: READ,
  });
  const editor = await viewerOf(api, namespace, ["*"]);
  const reviewed = await reviewToken(client, editor.token);
  assert.deepEqual(reviewed.ok && reviewed.rights, ALL);
  const admin = await reviewToken(client, api.token);
  assert.deepEqual(admin, { ok: true, user: "admin", rights: ALL });
});

test("who may list elsewhere may not here", async () => {
  const elsewhere = await createNamespace(api);
  const { token } = await viewerOf(api, elsewhere, ["*"]);
  const reviewed = await reviewToken(client, token);
  assert.deepEqual(reviewed.ok && reviewed.rights, NOTHING);
});

test("what is no token, or is one no more, is unknown", async () => {
  const { name, token } = await viewerOf(api, namespace, ["list"]);
  assert.deepEqual(await reviewToken(client, "nonsense"), { ok: false, problem: "unknown" });
  assert.equal((await reviewToken(client, token)).ok, true);
  await kubectl(api, "delete", "serviceaccount", name, "-n", namespace);
  // the API server itself remembers tokens for ten seconds
  await waitFor("the token to be forgotten", async () => !(await reviewToken(client, token)).ok, {
    timeout: 30_000,
  });
  assert.deepEqual(await reviewToken(client, token), { ok: false, problem: "unknown" });
});

test("an operator that may not review tokens says what it needs", async (t) => {
  const other = await operator("unbound");
  t.after(() => other.close());
  const reviewed = await reviewToken(other, api.token);
  assert.ok(!reviewed.ok && reviewed.problem === "mayNotAsk");
  assert.match(reviewed.reason, /system:auth-delegator.*console\.enabled/);
});

test("an API server that is away is no judgement on anybody", async (t) => {
  const kubeConfig = loadKubeConfig(api.kubeconfig);
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, server: "https://127.0.0.1:9" }));
  const away = new KubernetesClient({ kubeConfig, namespace });
  t.after(() => away.close());
  const reviewed = await reviewToken(away, api.token);
  assert.ok(!reviewed.ok && reviewed.problem === "away");
});

test("whoever may get /metrics is not who may look at domains", async () => {
  const scraper = await scraperOf(api, namespace);
  const reader = await viewerOf(api, namespace, ["*"]);
  const user = (name: string): string => `system:serviceaccount:${namespace}:${name}`;
  const asScraper = async (token: string) => reviewScraper(client, token);
  assert.deepEqual(await asScraper(scraper.token), {
    ...{ ok: true, user: user(scraper.name), rights: { metrics: true } },
  });
  assert.deepEqual(await asScraper(reader.token), {
    ...{ ok: true, user: user(reader.name), rights: { metrics: false } },
  });
  assert.deepEqual(await asScraper("nonsense"), { ok: false, problem: "unknown" });
  const asPerson = await reviewToken(client, scraper.token);
  assert.deepEqual(asPerson.ok && asPerson.rights, NOTHING);
});

/** What a listener answers that is not on loopback, by path and token. */
async function listenerOf(own: KubernetesClient) {
  const access = joinAccess(own);
  assert.deepEqual(access.refusing("127.0.0.1"), {});
  assert.deepEqual(access.refusing("localhost"), {});
  const server = new AdminServer(
    { host: "::", port: 0 },
    {
      health: () => ({ ok: true }),
      readiness: () => Promise.resolve({ ok: true }),
      metrics: () => Promise.resolve({ contentType: "text/plain", body: "up 1\n" }),
      explain: () => ({}),
      ...access.refusing("::"),
    },
    recordingLogger(),
  );
  const { port } = await server.start();
  return {
    stop: () => server.stop(),
    answer: async (path: string, token?: string): Promise<string> => {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      return `${response.status} ${(await response.text()).trim()}`;
    },
  };
}

const EXPLAIN = "/explain?uri=sip:bob@partner.example";

test("off loopback, health is for everybody, metrics and explanations are each for who may see them", async (t) => {
  const { stop, answer } = await listenerOf(client);
  t.after(stop);
  const scraper = await scraperOf(api, namespace);
  const reader = await viewerOf(api, namespace, ["list"]);
  for (const path of ["/healthz", "/readyz"]) assert.equal(await answer(path), "200 ok");
  assert.match(await answer("/metrics"), /^401 send a bearer token/);
  assert.equal(await answer("/metrics", "nonsense"), "401 the API server does not know this token");
  assert.equal(
    await answer("/metrics", reader.token),
    `403 system:serviceaccount:${namespace}:${reader.name} may not get the non-resource URL /metrics`,
  );
  assert.equal(await answer("/metrics", scraper.token), "200 up 1");
  assert.equal(await answer("/metrics", api.token), "200 up 1", "an administrator may do anything");
  assert.match(await answer(EXPLAIN), /^401 /);
  assert.match(await answer(EXPLAIN, scraper.token), /^403 .*may not list federateddomains/s);
  assert.match(await answer(EXPLAIN, reader.token), /^200 /);
});

test("an operator that may not review tokens shows nothing but health, and says why", async (t) => {
  const other = await operator("without");
  const { stop, answer } = await listenerOf(other);
  t.after(() => Promise.all([stop(), other.close()]));
  const { token } = await scraperOf(api, namespace);
  assert.match(await answer("/metrics", token), /^503 .*system:auth-delegator.*monitoring\.enabled/);
  assert.match(await answer("/metrics"), /^401 /);
  assert.equal(await answer("/healthz"), "200 ok");
});

async function stored(name: string): Promise<ApiObject> {
  await applyObjects(api, namespace, [domain(name)]);
  return client.get<ApiObject>(FEDERATED_DOMAINS, name);
}

test("an edit is the viewer's, with their rights and under their name", async () => {
  const editor = await viewerOf(api, namespace, ["*"]);
  const { metadata } = await stored("edited.example");
  const block = {
    change: "domain",
    name: "edited.example",
    uid: metadata.uid,
    spec: { policy: "Block" },
  } as const;
  assert.deepEqual(await editAs(editor.token, client, block), { ok: true });
  const after = await read<{
    spec: { policy: string };
    metadata: { managedFields: { manager: string; operation: string }[] };
  }>(api, namespace, "federateddomain", "edited.example");
  assert.equal(after.spec.policy, "Block");
  assert.ok(after.metadata.managedFields.some(({ manager }) => manager === CONSOLE_MANAGER));
  assert.deepEqual(
    await editAs(editor.token, client, { change: "delete", name: "edited.example", uid: metadata.uid }),
    { ok: true },
  );
  assert.deepEqual(
    await editAs(editor.token, client, {
      change: "create",
      name: "added.example",
      spec: { policy: "Block" },
    }),
    { ok: true },
  );
  assert.deepEqual((await client.get<ApiObject>(FEDERATED_DOMAINS, "added.example")).spec, {
    ...{ policy: "Block", protocol: "SIP", trust: "Full" },
  });
});

test("who may only read changes nothing, whatever the operator may", async () => {
  const reader = await viewerOf(api, namespace, ["get", "list"]);
  const { metadata } = await stored("kept.example");
  const { uid } = metadata;
  const edits = [
    { change: "domain", name: "kept.example", uid, spec: { policy: "Block" } },
    { change: "delete", name: "kept.example", uid },
    { change: "create", name: "never.example", spec: {} },
  ] as const;
  for (const edit of edits) {
    const outcome = await editAs(reader.token, client, edit);
    assert.ok(!outcome.ok);
    assert.equal(outcome.status, 403);
    assert.match(outcome.error, new RegExp(`${reader.name}.* cannot `));
  }
  assert.equal(
    (await client.get<ApiObject>(FEDERATED_DOMAINS, "kept.example")).metadata.resourceVersion,
    metadata.resourceVersion,
  );
});

test("another object of the same name is left alone", async () => {
  const { metadata } = await stored("again.example");
  await kubectl(api, "delete", "federateddomain", "again.example", "-n", namespace);
  await stored("again.example");
  for (const edit of [
    { change: "delete", name: "again.example", uid: metadata.uid },
    { change: "domain", name: "again.example", uid: metadata.uid, spec: { policy: "Block" } },
  ] as const) {
    const outcome = await editAs(api.token, client, edit);
    assert.deepEqual([outcome.ok, !outcome.ok && outcome.status], [false, 409]);
    assert.match(outcome.ok ? "" : outcome.error, /is not the one that was shown/);
  }
  const gone = await editAs(api.token, client, { change: "delete", name: "gone.example", uid: metadata.uid });
  assert.deepEqual([gone.ok, !gone.ok && gone.status], [false, 404]);
});
