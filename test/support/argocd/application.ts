import { applyObjects, kubectl, type KubernetesApi } from "../control-plane.ts";
import { waitFor } from "../wait-for.ts";

export const ARGO_CD_NAMESPACE = "argocd";
const PATIENCE = { timeout: 90_000, interval: 300 };

/** `spec` of an Application, as in docs/argocd. */
export interface ApplicationSpec {
  readonly project: string;
  readonly source: Readonly<Record<string, unknown>>;
  readonly destination: Readonly<Record<string, unknown>>;
  readonly syncPolicy?: Readonly<Record<string, unknown>>;
}

export interface ApplicationOptions {
  readonly name: string;
  readonly spec: ApplicationSpec;
}

/** An object of an Application, as its status lists it. */
export interface ApplicationResource {
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly health?: { readonly status: string; readonly message?: string };
  readonly requiresPruning?: boolean;
}

export interface ApplicationStatus {
  readonly sync: { readonly status: string; readonly revision?: string };
  readonly health: { readonly status: string };
  readonly resources?: readonly ApplicationResource[];
  /** Syncs that succeeded, the last ten of them. */
  readonly history?: readonly { readonly id: number; readonly revision: string }[];
  readonly operationState?: {
    readonly phase: string;
    readonly message: string;
    readonly startedAt: string;
    readonly syncResult?: { readonly revision: string };
  };
  readonly conditions?: readonly { readonly type: string; readonly message: string }[];
}

/** An Application of Argo CD, read and changed through the Kubernetes API. */
export class Application {
  readonly name: string;
  readonly #api: KubernetesApi;

  private constructor(api: KubernetesApi, name: string) {
    this.#api = api;
    this.name = name;
  }

  static async create(api: KubernetesApi, { name, spec }: ApplicationOptions): Promise<Application> {
    const destination = { ...spec.destination, server: api.server };
    await applyObjects(api, ARGO_CD_NAMESPACE, [
      {
        apiVersion: "argoproj.io/v1alpha1",
        kind: "Application",
        metadata: { name },
        spec: { ...spec, destination },
      },
    ]);
    return new Application(api, name);
  }

  /** @throws Error while the controller has not looked at it. */
  async status(): Promise<ApplicationStatus> {
    const { stdout } = await this.#kubectl("get", "application", this.name, "-o", "json");
    const { status } = JSON.parse(stdout) as { status?: ApplicationStatus };
    if (status === undefined) throw new Error(`${this.name} has no status yet`);
    return status;
  }

  /** Changes its spec by a merge patch. */
  async change(spec: object): Promise<void> {
    await this.#kubectl("patch", "application", this.name, "--type=merge", "-p", JSON.stringify({ spec }));
  }

  /** Makes it look at Git and at the cluster now; `hard`: without what it has in its caches. */
  async refresh(kind: "normal" | "hard" = "normal"): Promise<void> {
    const annotation = "argocd.argoproj.io/refresh";
    await this.#kubectl("annotate", "--overwrite", "application", this.name, `${annotation}=${kind}`);
    await waitFor(
      `${this.name} to be compared`,
      async () =>
        !(await this.#kubectl("get", "application", this.name, "-o", "json")).stdout.includes(annotation),
      PATIENCE,
    );
  }

  /** Refreshes it, and waits until all that a commit says is there, and nothing is running. */
  async synced(revision: string): Promise<ApplicationStatus> {
    await this.refresh();
    return this.reaches(`Synced to ${revision}`, ({ sync, operationState }) => {
      const done = operationState === undefined || operationState.phase === "Succeeded";
      return sync.status === "Synced" && sync.revision === revision && done;
    });
  }

  /** Waits until its status is so. */
  async reaches(what: string, wanted: (status: ApplicationStatus) => boolean): Promise<ApplicationStatus> {
    let last: unknown;
    const look = async (): Promise<ApplicationStatus | undefined> => {
      const status = await this.status();
      last = status;
      return wanted(status) ? status : undefined;
    };
    return waitFor(`${this.name} to be ${what}`, look, PATIENCE).catch((cause: unknown) => {
      throw new Error(`${this.name} is not ${what}: ${JSON.stringify(last, undefined, 1)}`, { cause });
    });
  }

  async #kubectl(...args: string[]) {
    return kubectl(this.#api, "-n", ARGO_CD_NAMESPACE, ...args);
  }
}

/** A resource as `Kind/name: sync status, health`. */
export function listed({ resources = [] }: ApplicationStatus): string[] {
  return resources.map(
    ({ kind, name, status, health }) => `${kind}/${name}: ${status}, ${health?.status ?? "-"}`,
  );
}
