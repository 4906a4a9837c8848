/** Routes and domains in Git, brought into the cluster by a real Argo CD as docs/gitops.md says. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ORIGIN_LABEL } from "../../src/api/names.ts";
import { listed, type Application } from "../support/argocd/application.ts";
import type { ArgoCd } from "../support/argocd/argocd.ts";
import { documentedOrphans } from "../support/argocd/documents.ts";
import type { GitRepository } from "../support/argocd/git-repository.ts";
import { kubectl } from "../support/control-plane.ts";
import { patchStatus } from "../support/crd-objects.ts";
import { waitFor } from "../support/wait-for.ts";
import type { Federation } from "./support/federation.ts";
import { GitOps } from "./support/gitops.ts";
import { closed, domain, open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";

const ROUTES = "federation/routes.yaml";
const DOMAINS = "federation/partners/domains.yaml";
const FOUND = "found.argocd.example";

let gitOps: GitOps;
let federation: Federation;
let argoCd: ArgoCd;
let repository: GitRepository;
let application: Application;
let partner: Party;

before(
  async () => {
    gitOps = await GitOps.start({ config: { limits: { requestsPerSecond: 2, recipientsPerDay: 0 } } });
    ({ federation, argoCd, repository } = gitOps);
    partner = await federation.party("partner");
  },
  { timeout: 120_000 },
);
after(() => gitOps.stop());

const toPlatform = () => route("platform", "example.com", to(federation.inside));
const call = (who: string) => federation.fromInside({ to: `bob@${who}` });

test("the predefined default route is adopted, not replaced", async () => {
  const { metadata } = await federation.cluster.get("StaticRoute", "default");
  const revision = await repository.commit("Open federation", {
    [ROUTES]: [open(to(partner)), toPlatform()],
  });
  application = await gitOps.follow();
  await application.synced(revision);
  const status = await application.reaches("Healthy", ({ health }) => health.status === "Healthy");
  assert.deepEqual(listed(status), [
    "StaticRoute/default: Synced, Healthy",
    "StaticRoute/platform: Synced, Healthy",
  ]);
  const adopted = await federation.cluster.get("StaticRoute", "default");
  assert.equal(adopted.metadata.uid, metadata.uid);
  assert.equal(adopted.spec.nextHop, partner.host);
  assert.equal(await call("known.argocd.example"), "200 at partner");
});

test("what is changed by hand is changed back: Git wins over an emergency edit", async () => {
  const { cluster } = federation;
  await cluster.kubectl("patch", "sroute/default", "--type=merge", "-p", '{"spec":{"blockRoute":true}}');
  await waitFor(
    "Argo CD to open federation again",
    async () => (await cluster.get("StaticRoute", "default")).spec.blockRoute === false,
    { timeout: 60_000, interval: 200 },
  );
});

test("an emergency block that is an object of its own stays, and is no difference from Git", async () => {
  await federation.cluster.apply(route("emergency", "spam.argocd.example", { blockRoute: true }));
  assert.equal(await call("spam.argocd.example"), "403");
  const revision = await repository.commit("Something else", {});
  const status = await application.synced(revision);
  assert.ok(!listed(status).join().includes("emergency"));
  assert.equal(await call("spam.argocd.example"), "403");
});

test("a discovered domain is never pruned, and never out of sync", async () => {
  assert.equal(await call(FOUND), "200 at partner");
  const { spec } = await federation.cluster.appears("FederatedDomain", FOUND);
  assert.equal(spec.trust, "Limited");
  const revision = await repository.commit("A partner and a route of its own", {
    [DOMAINS]: [domain("partner.argocd.example", { description: "from Git" })],
    [ROUTES]: [open(to(partner)), toPlatform(), route("own", "partner.argocd.example", to(partner))],
  });
  const status = await application.synced(revision);
  assert.deepEqual(
    listed(status)
      .map((line) => line.replace(/:.*/, ""))
      .sort(),
    [
      "FederatedDomain/partner.argocd.example",
      "StaticRoute/default",
      "StaticRoute/own",
      "StaticRoute/platform",
    ],
  );
  assert.ok(await federation.cluster.find("FederatedDomain", FOUND));
});

test("what leaves Git leaves the cluster, and what was discovered stays", async () => {
  const { cluster } = federation;
  const revision = await repository.commit("The partner leaves", {
    [DOMAINS]: [],
    [ROUTES]: [open(to(partner)), toPlatform()],
  });
  await application.synced(revision);
  assert.equal(await cluster.find("StaticRoute", "own"), undefined);
  assert.equal(await cluster.find("FederatedDomain", "partner.argocd.example"), undefined);
  assert.ok(await cluster.find("FederatedDomain", FOUND));
  assert.ok(await cluster.find("StaticRoute", "emergency"));
});

test("with the documented project, discovered domains are no orphans; what somebody else made is", async () => {
  const orphanedResources = documentedOrphans();
  await changeProject({ orphanedResources: { warn: orphanedResources.warn } });
  await application.refresh();
  const warned = await application.reaches("warned of orphans", ({ conditions = [] }) =>
    conditions.some(({ type }) => type === "OrphanedResourceWarning"),
  );
  const count = (text = "") => Number(/has (\d+) orphaned/.exec(text)?.[1]);
  const before = count(warned.conditions?.[0]?.message);
  await changeProject({ orphanedResources });
  await application.refresh();
  // `emergency`, and the account that the chart would have made with its Role and RoleBinding
  const fewer = await application.reaches("warned of fewer orphans", ({ conditions = [] }) => {
    return count(conditions[0]?.message) < before;
  });
  assert.equal(fewer.sync.status, "Synced");
  await changeProject({ orphanedResources: null });
});

async function changeProject(spec: object): Promise<void> {
  const patch = JSON.stringify({ spec });
  await kubectl(
    gitOps.controlPlane,
    "patch",
    "-n",
    "argocd",
    "appproject/default",
    "--type=merge",
    "-p",
    patch,
  );
}

/** What becomes of many requests in the name of the domain at once. */
async function sendMany(): Promise<Set<string>> {
  const request = { from: `bob@${FOUND}`, to: "alice@example.com" };
  return new Set(await Promise.all(Array.from({ length: 40 }, () => federation.fromOutside(request))));
}

test("committed, a discovered domain is adopted, and its limits lift", async () => {
  const { uid } = (await federation.cluster.get("FederatedDomain", FOUND)).metadata;
  const outcomes = await sendMany();
  assert.ok(
    [...outcomes].some((outcome) => outcome.startsWith("480")),
    [...outcomes].join(),
  );
  const sources = [`${federation.outside.host}/32`];
  const revision = await repository.commit("We know them", {
    [DOMAINS]: [domain(FOUND, { trust: "Full", sources })],
  });
  await application.synced(revision);
  const adopted = await federation.cluster.get("FederatedDomain", FOUND);
  assert.equal(adopted.metadata.uid, uid);
  assert.equal(adopted.spec.trust, "Full");
  assert.equal(adopted.metadata.labels?.[ORIGIN_LABEL], "discovered");
  await federation.cluster.ready(domain(FOUND));
  assert.deepEqual(await sendMany(), new Set(["200 at inside"]));
});

/** How many syncs have ended, when none is under way or about to begin. */
async function settledSyncs(): Promise<number> {
  const look = async (): Promise<number | undefined> => {
    const before = await argoCd.syncs();
    await application.refresh();
    const { sync, operationState } = await application.status();
    const isSettled = sync.status === "Synced" && operationState?.phase === "Succeeded";
    return isSettled && (await argoCd.syncs()) === before ? before : undefined;
  };
  return waitFor("no sync to be under way", look, { timeout: 90_000 });
}

test("statuses that are written cause no sync and no comparison", async () => {
  const { api, namespace } = federation.environment;
  const syncs = await settledSyncs();
  const { spec } = await federation.cluster.get("StaticRoute", "platform");
  const comparisons = await argoCd.comparisons();
  assert.ok(syncs > 0 && comparisons > 0);
  for (let round = 0; round < 20; round += 1) {
    const foreign = { type: "example.com/Round", status: "True", reason: `Round${round}`, message: "" };
    const lastTransitionTime = new Date().toISOString();
    for (const [kind, name] of [
      ["StaticRoute", "default"],
      ["FederatedDomain", FOUND],
    ] as const) {
      const { status } = await federation.cluster.get(kind, name);
      const others = status.conditions.filter(({ type }) => type !== foreign.type);
      const conditions = [...others, { ...foreign, lastTransitionTime }];
      await patchStatus(api, namespace, kind, name, { conditions });
    }
  }
  // watches tell in order: when this is healed, all of those were seen
  await federation.cluster.kubectl(
    ...["patch", "sroute/platform", "--type=merge", "-p", '{"spec":{"nextHopPort":7}}'],
  );
  await waitFor("the route to be healed", async () => {
    const { spec: now } = await federation.cluster.get("StaticRoute", "platform");
    return now.nextHopPort === spec.nextHopPort && (await argoCd.syncs()) > syncs;
  });
  assert.equal(await argoCd.syncs(), syncs + 1);
  const more = (await argoCd.comparisons()) - comparisons;
  assert.ok(more < 20, `${more} comparisons`);
});

test("pruned, an adopted domain is forgotten", async () => {
  const revision = await repository.commit("Closed, and without them", {
    [DOMAINS]: [],
    [ROUTES]: [closed(to(partner)), toPlatform()],
  });
  await application.synced(revision);
  assert.equal(await federation.cluster.find("FederatedDomain", FOUND), undefined);
  await federation.eventually("403", federation.inside, { to: `bob@${FOUND}` });
  const status = await application.reaches("Suspended", ({ health }) => health.status === "Suspended");
  assert.ok(listed(status).includes("StaticRoute/default: Synced, Suspended"));
});

test("pruned, the default route comes back predefined, and is adopted again by an apply of the client", async () => {
  const { cluster } = federation;
  await application.synced(await repository.commit("No default route", { [ROUTES]: [toPlatform()] }));
  await cluster.predefinedRoute();
  assert.equal((await cluster.get("StaticRoute", "default")).spec.nextHop, undefined);
  await application.change({ syncPolicy: { syncOptions: [] } });
  const revision = await repository.commit("It is back", { [ROUTES]: [open(to(partner)), toPlatform()] });
  await application.synced(revision);
  await application.reaches("Healthy", ({ health }) => health.status === "Healthy");
  assert.equal(await call("again.argocd.example"), "200 at partner");
});
