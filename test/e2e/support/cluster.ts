/** What a person sees and does with kubectl, and on the admin port. */
import { Conditions, DEFAULT_ROUTE_NAME, ORIGIN_LABEL } from "../../../src/api/names.ts";
import type { Condition } from "../../../src/api/types.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import { read, type Kinds } from "../../support/crd-objects.ts";
import type { Environment } from "../../support/environment.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { Manifest } from "./objects.ts";

type Kind = keyof Kinds;

export interface KubernetesEvent {
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid?: string };
  readonly type: string;
  readonly reason: string;
  readonly note: string;
}

const PATIENCE = "30s";

export class Cluster {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** `kubectl apply`, and waits until everything is Ready: from then on the router goes by it. */
  async apply(...manifests: readonly Manifest[]): Promise<void> {
    await this.submit(...manifests);
    await this.ready(...manifests);
  }

  /** `kubectl apply` without waiting for anything. */
  async submit(...manifests: readonly Manifest[]): Promise<void> {
    await this.#environment.apply(...manifests);
  }

  /** `kubectl apply --server-side --force-conflicts`, as GitOps does, without waiting for anything. */
  async synchronise(...manifests: readonly Manifest[]): Promise<void> {
    const { api, namespace } = this.#environment;
    const list = { apiVersion: "v1", kind: "List", items: manifests };
    const how = ["apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "-n", namespace];
    await runKubectl(api.kubeconfig, [...how, "-f", "-"], JSON.stringify(list));
  }

  /** `kubectl wait --for=condition=Ready`, which looks at the generation too. */
  async ready(...manifests: readonly Manifest[]): Promise<void> {
    const wait = ["wait", "--for=condition=Ready", `--timeout=${PATIENCE}`];
    await this.kubectl(...wait, ...manifests.map(reference));
  }

  /** `kubectl delete`. */
  async delete(kind: Kind, ...names: readonly string[]): Promise<void> {
    await this.kubectl("delete", kind, ...names);
  }

  /** `kubectl delete` of all of them, without waiting. */
  async remove(...manifests: readonly Manifest[]): Promise<void> {
    await this.kubectl("delete", "--wait=false", ...manifests.map(reference));
  }

  /** `kubectl delete`, also of what is not there. */
  async clear(kind: Kind): Promise<void> {
    await this.kubectl("delete", kind, "--all");
  }

  async kubectl(...args: string[]): Promise<string> {
    return (await this.#environment.kubectl(...args)).stdout;
  }

  async get<K extends Kind>(kind: K, name: string): Promise<Kinds[K]> {
    return read(this.#environment.api, this.#environment.namespace, kind, name);
  }

  /** Waits until the object is there (`kubectl wait`), and returns it. */
  async appears<K extends Kind>(kind: K, name: string): Promise<Kinds[K]> {
    const created = ["--for=create", `--timeout=${PATIENCE}`, `${kind}/${name}`, "-o", "json"];
    return JSON.parse(await this.kubectl("wait", ...created)) as Kinds[K];
  }

  /** Waits until all of them are there. */
  async appear(kind: Kind, names: readonly string[]): Promise<void> {
    const missing = async (): Promise<string[]> => {
      const there = new Set(await this.names(kind));
      return names.filter((name) => !there.has(name));
    };
    const options = { timeout: 60_000, interval: 500 };
    await waitFor(`${names.length} objects`, async () => (await missing()).length === 0, options);
  }

  /** The object, if it is there. */
  async find<K extends Kind>(kind: K, name: string): Promise<Kinds[K] | undefined> {
    const output = await this.kubectl("get", kind, name, "--ignore-not-found", "-o", "json");
    return output === "" ? undefined : (JSON.parse(output) as Kinds[K]);
  }

  /** Everything of both kinds. */
  async everything(): Promise<Kinds[Kind][]> {
    const { items } = JSON.parse(await this.kubectl("get", "sroute,fd", "-o", "json")) as {
      items: Kinds[Kind][];
    };
    return items;
  }

  /** All names of a kind, sorted; only discovered ones where told. */
  async names(kind: Kind, origin?: "discovered"): Promise<string[]> {
    const selector = origin === undefined ? [] : ["-l", `${ORIGIN_LABEL}=${origin}`];
    const output = await this.kubectl("get", kind, ...selector, "-o", "name");
    return output
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.slice(line.indexOf("/") + 1))
      .sort();
  }

  /** The Events about an object. */
  async events(kind: Kind, name: string): Promise<KubernetesEvent[]> {
    const output = await this.kubectl("get", "events.events.k8s.io", "-o", "json");
    const { items } = JSON.parse(output) as { items: KubernetesEvent[] };
    return items.filter(({ regarding }) => regarding.kind === kind && regarding.name === name);
  }

  /** Waits until the operator has created the predefined route, and all of it is in force. */
  async predefinedRoute(): Promise<void> {
    await this.appears("StaticRoute", DEFAULT_ROUTE_NAME);
    await this.kubectl("wait", "--for=condition=Ready", `--timeout=${PATIENCE}`, "sroute/default");
  }
}

function reference({ kind, metadata: { name } }: Manifest): string {
  return `${kind}/${name}`;
}

/** A condition in the form `True Reason`; `absent` where there is none. */
export function conditionOf(object: Kinds[Kind], type: keyof typeof Conditions): string {
  const condition = fullConditionOf(object, type);
  return condition === undefined ? "absent" : `${condition.status} ${condition.reason}`;
}

export function fullConditionOf(object: Kinds[Kind], type: string): Condition | undefined {
  return object.status.conditions.find((condition) => condition.type === type);
}
