/** Sync waves: what comes after a route waits until every ready router routes by it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Application, ApplicationStatus } from "../support/argocd/application.ts";
import { listed } from "../support/argocd/application.ts";
import { GitOps } from "./support/gitops.ts";
import { domain, route, type Manifest } from "./support/objects.ts";

const HOP = { nextHop: "127.0.0.1", nextHopPort: 9 };
const FILE = "federation/waves.yaml";

let gitOps: GitOps;
let application: Application;

before(
  async () => {
    gitOps = await GitOps.start();
  },
  { timeout: 120_000 },
);
after(() => gitOps.stop());

/** In a wave; the one without is in wave 0. */
function inWave(wave: number, { metadata, ...rest }: Manifest): Manifest {
  const annotations = { "argocd.argoproj.io/sync-wave": String(wave) };
  return { ...rest, metadata: { ...metadata, annotations } as Manifest["metadata"] };
}

const waitsFor = (name: string) => (status: ApplicationStatus) =>
  status.operationState?.phase === "Running" &&
  status.operationState.message.includes(`sipfederation.io/StaticRoute/${name}`);

test("a wave waits until the routes before it are programmed", async () => {
  const { federation, repository } = gitOps;
  await federation.replica.operator.kill();
  const revision = await repository.commit("Waves", {
    [FILE]: [
      inWave(0, route("first", "waves.argocd.example", HOP)),
      inWave(0, route("refused", "refused.argocd.example", { blockRoute: true })),
      inWave(1, domain("waves.argocd.example")),
    ],
  });
  application = await gitOps.follow();
  await application.reaches("waiting for the route", waitsFor("first"));
  assert.ok(await federation.cluster.find("StaticRoute", "first"));
  assert.equal(await federation.cluster.find("FederatedDomain", "waves.argocd.example"), undefined);
  await federation.replica.operator.start();
  const status = await application.synced(revision);
  assert.deepEqual(listed(status).sort(), [
    "FederatedDomain/waves.argocd.example: Synced, Healthy",
    "StaticRoute/first: Synced, Healthy",
    "StaticRoute/refused: Synced, Healthy",
  ]);
});

test("a route that makes no sense fails the sync, and what comes after it is not tried", async () => {
  const { federation, repository } = gitOps;
  const loop = { nextHop: federation.replica.address, nextHopPort: 5060 };
  await repository.commit("A loop", {
    [FILE]: [
      inWave(0, route("first", "waves.argocd.example", loop)),
      inWave(1, domain("never.argocd.example")),
    ],
  });
  await application.refresh();
  // an Application tries again five times, unless told otherwise
  const failed = "one or more synchronization tasks completed unsuccessfully";
  await application.reaches(
    "failed",
    ({ operationState }) => operationState?.message.includes(failed) === true,
  );
  assert.equal(await federation.cluster.find("FederatedDomain", "never.argocd.example"), undefined);
  await application.reaches("Degraded", ({ health }) => health.status === "Degraded");
});
