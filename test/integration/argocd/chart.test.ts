/** The charts, installed by a real Argo CD as docs/argocd/installation.yaml says: no difference stays or comes back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { listed, type Application, type ApplicationSpec } from "../../support/argocd/application.ts";
import { ArgoCd } from "../../support/argocd/argocd.ts";
import { documentedApplication } from "../../support/argocd/documents.ts";
import { GitRepository } from "../../support/argocd/git-repository.ts";
import { kubectl, startControlPlane, type ControlPlane } from "../../support/control-plane.ts";

const NAMESPACE = "voice";

let controlPlane: ControlPlane;
let argoCd: ArgoCd;
let repository: GitRepository;
let revision: string;

before(
  async () => {
    controlPlane = await startControlPlane();
    argoCd = await ArgoCd.start(controlPlane);
    repository = await GitRepository.create();
    revision = await repository.commitCopy("Charts", join(repositoryRoot, "charts"), "charts");
  },
  { timeout: 120_000 },
);
after(async () => {
  await argoCd.stop();
  await controlPlane.stop();
});

function documented(name: string): ApplicationSpec {
  return documentedApplication("installation.yaml", name, {
    repository: repository.url,
    namespace: NAMESPACE,
  });
}

/** Syncs, and looks again without any cache: nothing differs, and nothing was synced a second time. */
async function settles(application: Application): Promise<readonly string[]> {
  await application.synced(revision);
  await application.refresh("hard");
  const status = await application.reaches("Synced", ({ sync }) => sync.status === "Synced");
  for (const line of listed(status)) assert.match(line, /: Synced, /);
  assert.equal(status.history?.length, 1, "it was synced once");
  return listed(status).map((line) => line.replace(/:.*/, ""));
}

/** With what may be on, to have every object of the chart. */
function withEverything(spec: ApplicationSpec): ApplicationSpec {
  const helm = spec.source.helm as { valuesObject: object };
  const valuesObject = {
    ...helm.valuesObject,
    replicas: 1,
    tls: { secretName: "sip-tls" },
    xmpp: { enabled: true },
  };
  return { ...spec, source: { ...spec.source, helm: { ...helm, releaseName: "full", valuesObject } } };
}

test("the definitions are synced once", async () => {
  const spec = documented("sip-federation-crds");
  const objects = await settles(await argoCd.create({ name: "crds", spec }));
  assert.deepEqual([...objects].sort(), [
    "CustomResourceDefinition/federateddomains.sipfederation.io",
    "CustomResourceDefinition/staticroutes.sipfederation.io",
  ]);
  await kubectl(controlPlane, "get", "-n", NAMESPACE, "staticroutes,federateddomains");
});

test("so is the installation", async () => {
  const objects = await settles(await argoCd.create({ name: "edge", spec: documented("sip-federation") }));
  assert.ok(objects.includes("Deployment/edge-sip-federation"), objects.join());
});

test("so is one with TLS and XMPP", async () => {
  const spec = withEverything(documented("sip-federation"));
  const objects = await settles(await argoCd.create({ name: "full", spec }));
  assert.ok(objects.includes("Service/full-sip-federation-xmpp"), objects.join());
});

test("so are both by an apply of the client", async () => {
  const spec = withEverything(documented("sip-federation"));
  const destination = { ...spec.destination, namespace: "other" };
  const byClient = {
    ...spec,
    destination,
    syncPolicy: { ...spec.syncPolicy, syncOptions: ["CreateNamespace=true"] },
  };
  await settles(await argoCd.create({ name: "by-client", spec: byClient }));
});
