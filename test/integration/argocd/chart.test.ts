/** The charts, installed by a real Argo CD as docs/argocd/installation.yaml says: no difference stays or comes back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KubernetesClient } from "../../../src/kubernetes/client.ts";
import { loadKubeConfig } from "../../../src/kubernetes/kubeconfig.ts";
import { reviewScraper } from "../../../src/kubernetes/reviews.ts";
import { hasControllerManager } from "../../../tools/setup/control-plane.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import {
  ARGO_CD_NAMESPACE,
  listed,
  type Application,
  type ApplicationSpec,
} from "../../support/argocd/application.ts";
import { ArgoCd } from "../../support/argocd/argocd.ts";
import { documentedApplication, documentedProject } from "../../support/argocd/documents.ts";
import { GitRepository } from "../../support/argocd/git-repository.ts";
import {
  applyObjects,
  established,
  kubectl,
  startControlPlane,
  type ControlPlane,
} from "../../support/control-plane.ts";
import { waitFor } from "../../support/wait-for.ts";

const NAMESPACE = "voice";

let controlPlane: ControlPlane;
let argoCd: ArgoCd;
let repository: GitRepository;
let revision: string;
let full: Application;

const noTokens = !hasControllerManager() && "there is no kube-controller-manager to make the token";

before(
  async () => {
    controlPlane = await startControlPlane({ controllerManager: hasControllerManager() });
    await installMonitoringKinds();
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
  assert.deepEqual(status.conditions ?? [], [], "there is nothing to complain of");
  return listed(status).map((line) => line.replace(/:.*/, ""));
}

/** What a ServiceMonitor and a PrometheusRule need to be taken. */
async function installMonitoringKinds(): Promise<void> {
  const group = "monitoring.coreos.com";
  const kinds = { servicemonitors: "ServiceMonitor", prometheusrules: "PrometheusRule" };
  const schema = {
    openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  };
  await applyObjects(
    controlPlane,
    "default",
    Object.entries(kinds).map(([plural, kind]) => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        ...{ group, scope: "Namespaced", names: { plural, kind } },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    })),
  );
  await established(controlPlane, ...Object.keys(kinds).map((plural) => `crd/${plural}.${group}`));
}

/** With what may be on, to have every object of the chart; a PodDisruptionBudget is there without XMPP. */
function withEverything(spec: ApplicationSpec): ApplicationSpec {
  const helm = spec.source.helm as { valuesObject: object };
  const valuesObject = {
    ...helm.valuesObject,
    replicas: 1,
    tls: { secretName: "sip-tls", authorities: { configMapName: "authorities" } },
    xmpp: { enabled: true },
    console: { enabled: true, edits: true },
    outside: { advertise: { ipv4: "sip.example.com" }, service: { separateUdp: true } },
    networkPolicy: {
      enabled: true,
      inside: { from: [{ podSelector: { matchLabels: { app: "platform" } } }] },
      egress: { restricted: true },
    },
    monitoring: {
      serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
      prometheusRule: { enabled: true, labels: { release: "prometheus" } },
      dashboard: { enabled: true, annotations: { grafana_folder: "Voice" } },
    },
  };
  return { ...spec, source: { ...spec.source, helm: { ...helm, releaseName: "full", valuesObject } } };
}

const FULL = [
  "ClusterRole/voice-full-sip-federation-metrics",
  "ClusterRoleBinding/voice-full-sip-federation-metrics",
  "ClusterRoleBinding/voice-full-sip-federation-reviews",
  "ConfigMap/full-sip-federation",
  "ConfigMap/full-sip-federation-dashboard",
  "Deployment/full-sip-federation",
  "NetworkPolicy/full-sip-federation",
  "PrometheusRule/full-sip-federation",
  "Role/full-sip-federation",
  "RoleBinding/full-sip-federation",
  "Secret/full-sip-federation-metrics",
  "Service/full-sip-federation-inside",
  "Service/full-sip-federation-metrics",
  "Service/full-sip-federation-outside",
  "Service/full-sip-federation-outside-udp",
  "Service/full-sip-federation-xmpp",
  "ServiceAccount/full-sip-federation",
  "ServiceAccount/full-sip-federation-metrics",
  "ServiceMonitor/full-sip-federation",
];

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
  for (const kind of ["Deployment", "PodDisruptionBudget"])
    assert.ok(objects.includes(`${kind}/edge-sip-federation`), objects.join());
});

test("so is one with everything on, in the documented project", async () => {
  const project = documentedProject({
    ...{ repository: repository.url, namespace: NAMESPACE, server: controlPlane.server },
  });
  await applyObjects(controlPlane, ARGO_CD_NAMESPACE, [project]);
  const spec = { ...withEverything(documented("sip-federation")), project: project.metadata.name };
  full = await argoCd.create({ name: "full", spec });
  assert.deepEqual([...(await settles(full))].sort(), FULL);
});

test(
  "Kubernetes fills the Secret for Prometheus, and nothing differs for it",
  { skip: noTokens },
  async () => {
    // as docs/monitoring.md says
    const args = ["get", "secret", "full-sip-federation-metrics", "-n", NAMESPACE];
    const token = await waitFor("the token", async () => {
      const { stdout } = await kubectl(controlPlane, ...args, "-o", "jsonpath={.data.token}");
      return Buffer.from(stdout, "base64").toString();
    });
    const client = new KubernetesClient({
      kubeConfig: loadKubeConfig(controlPlane.kubeconfig),
      namespace: NAMESPACE,
    });
    const reviewed = await reviewScraper(client, token);
    await client.close();
    const user = `system:serviceaccount:${NAMESPACE}:full-sip-federation-metrics`;
    assert.deepEqual(reviewed, { ok: true, user, rights: { metrics: true } });
    await waitFor("the API server to note when it was used", async () =>
      (await kubectl(controlPlane, ...args, "-o", "yaml")).stdout.includes("legacy-token-last-used"),
    );
    await settles(full);
  },
);

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
