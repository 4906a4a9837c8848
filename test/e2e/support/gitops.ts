/** An installation whose routes and domains come from Git, by a real Argo CD in a control plane of its own. */
import { ArgoCd } from "../../support/argocd/argocd.ts";
import type { Application } from "../../support/argocd/application.ts";
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
    const controlPlane = await startControlPlane();
    await installCrds(controlPlane);
    const federation = await Federation.start({ ...options, api: controlPlane });
    const argoCd = await ArgoCd.start(controlPlane);
    return new GitOps({ controlPlane, federation, argoCd, repository: await GitRepository.create() });
  }

  /** The Application of docs/argocd/federation.yaml, which begins with what is in the repository. */
  async follow(): Promise<Application> {
    const name = "federation";
    const spec = documentedApplication(`${name}.yaml`, name, {
      repository: this.repository.url,
      namespace: this.federation.environment.namespace,
    });
    return this.argoCd.create({ name, spec });
  }

  async stop(): Promise<void> {
    await this.argoCd.stop();
    await this.federation.stop();
    await this.controlPlane.stop();
  }
}
