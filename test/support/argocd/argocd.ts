/** A real Argo CD beside a test's control plane: application controller, repository server, Redis. */
import { join } from "node:path";
import { argoCdManifests } from "../../../tools/setup/argocd.ts";
import { claimAddressBlock } from "../addresses.ts";
import { applyObjects, createNamespace, established, kubectl, type KubernetesApi } from "../control-plane.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Application, ARGO_CD_NAMESPACE, type ApplicationOptions } from "./application.ts";
import { ARGO_CD_SETTINGS } from "./health.ts";
import { createServers, type Servers } from "./servers.ts";

const CRDS = ["application-crd.yaml", "appproject-crd.yaml"];

export class ArgoCd {
  readonly api: KubernetesApi;
  readonly #servers: Servers;
  readonly #release: () => void;

  private constructor(api: KubernetesApi, servers: Servers, release: () => void) {
    this.api = api;
    this.#servers = servers;
    this.#release = release;
  }

  /**
   * Installs it into a control plane that the test has for itself, as its own manifests and docs/gitops.md say, and
   * starts it. It ends with this process at the latest.
   */
  static async start(api: KubernetesApi): Promise<ArgoCd> {
    await install(api);
    const block = await claimAddressBlock();
    const servers = await createServers({
      block,
      directory: temporaryDirectory("argocd"),
      kubeconfig: api.kubeconfig,
      namespace: ARGO_CD_NAMESPACE,
    });
    await servers.redis.start();
    await Promise.all([servers.repositories.start(), servers.controller.start()]);
    return new ArgoCd(api, servers, () => {
      block.release();
    });
  }

  /** Creates an Application. */
  async create(options: ApplicationOptions): Promise<Application> {
    return Application.create(this.api, options);
  }

  /** How often the controller has compared applications with what is there. */
  async comparisons(): Promise<number> {
    return this.#counted("argocd_app_reconcile_count");
  }

  /** How many syncs have ended. */
  async syncs(): Promise<number> {
    return this.#counted("argocd_app_sync_total");
  }

  /** The sum of a metric of the controller over all its labels. */
  async #counted(metric: string): Promise<number> {
    const lines = (await (await fetch(this.#servers.metrics)).text()).split("\n");
    const counts = lines.filter((line) => line.startsWith(`${metric}{`));
    return counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  async stop(): Promise<void> {
    const { controller, repositories, redis } = this.#servers;
    await Promise.all([controller.stop(), repositories.stop(), redis.stop()]);
    this.#release();
  }
}

async function install(api: KubernetesApi): Promise<void> {
  await createNamespace(api, ARGO_CD_NAMESPACE);
  const manifests = argoCdManifests();
  const crds = CRDS.flatMap((name) => ["-f", join(manifests, "crds", name)]);
  await kubectl(api, "apply", "--server-side", ...crds);
  await established(api, ...crds);
  await kubectl(api, "apply", "-n", ARGO_CD_NAMESPACE, "-f", join(manifests, "config"));
  // as the file itself says
  const manager = "--field-manager=sip-federation";
  await kubectl(api, "apply", "--server-side", manager, "-n", ARGO_CD_NAMESPACE, "-f", ARGO_CD_SETTINGS);
  const everything = [{ group: "*", kind: "*" }];
  await applyObjects(api, ARGO_CD_NAMESPACE, [
    {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "AppProject",
      metadata: { name: "default" },
      spec: {
        sourceRepos: ["*"],
        destinations: [{ server: "*", namespace: "*" }],
        clusterResourceWhitelist: everything,
      },
    },
    clusterSecret(api),
  ]);
}

/** Outside of a cluster there is no https://kubernetes.default.svc. */
function clusterSecret({ server, token, ca }: KubernetesApi): object {
  const tlsClientConfig = { caData: Buffer.from(ca).toString("base64") };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cluster", labels: { "argocd.argoproj.io/secret-type": "cluster" } },
    stringData: { name: "test", server, config: JSON.stringify({ bearerToken: token, tlsClientConfig }) },
  };
}
