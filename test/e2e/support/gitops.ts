/** An installation whose routes and domains come from Git, by a real Argo CD in a control plane of its own. */
import { hasControllerManager } from "../../../tools/setup/control-plane.ts";
import { ArgoCd } from "../../support/argocd/argocd.ts";
import type { Application, ApplicationSpec } from "../../support/argocd/application.ts";
import { documentedApplication } from "../../support/argocd/documents.ts";
import { GitRepository } from "../../support/argocd/git-repository.ts";
import { installCrds, startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { Federation, type FederationOptions } from "./federation.ts";

export class GitOps {
  readonly controlPlane: ControlPlane;
  readonly federation: Federation;
  readonly argoCd: ArgoCd;
  readonly repository: GitRepository;

  private constructor(parts: Pick<GitOps, "controlPlane" | "federation" | "argoCd" | "repository">) {
    this.controlPlane = parts.controlPlane;
    this.federation = parts.federation;
    this.argoCd = parts.argoCd;
    this.repository = parts.repository;
  }

  /** Starts everything (about 20 s), with an empty repository and no Application. */
  static async start(options: Omit<FederationOptions, "api"> = {}): Promise<GitOps> {
    const controlPlane = await startControlPlane({ controllerManager: hasControllerManager() });
    await installCrds(controlPlane);
    const federation = await Federation.start({ ...options, api: controlPlane });
    try {
      const argoCd = await ArgoCd.start(controlPlane);
      return new GitOps({ controlPlane, federation, argoCd, repository: await GitRepository.create() });
    } catch (error) {
      await federation.stop(); // its sockets would keep this process from ending
      throw error;
    }
  }

  /** The Application of docs/argocd/federation.yaml, which begins with what is in the repository. */
  async follow(): Promise<Application> {
    const name = "federation";
    const spec = documentedApplication(`${name}.yaml`, name, {
      repository: this.repository.url,
      namespace: this.federation.environment.namespace,
    });
    return this.argoCd.create({ name, spec: hasControllerManager() ? spec : withoutGarbageCollector(spec) });
  }

  async stop(): Promise<void> {
    await this.argoCd.stop();
    await this.federation.stop();
    await this.controlPlane.stop();
  }
}

/** Argo CD leaves it to kube-controller-manager to end what it prunes, which some control planes of tests lack. */
function withoutGarbageCollector({ syncPolicy, ...spec }: ApplicationSpec): ApplicationSpec {
  const before = (syncPolicy?.syncOptions ?? []) as readonly string[];
  const syncOptions = [...before, "PrunePropagationPolicy=background"];
  return { ...spec, syncPolicy: { ...syncPolicy, syncOptions } };
}
