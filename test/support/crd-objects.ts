/** Objects of our kinds in a namespace, handled with kubectl. */
import { API_VERSION } from "../../src/api/names.ts";
import type { FederatedDomain, StaticRoute } from "../../src/api/types.ts";
import { runKubectl } from "./control-plane/kubectl.ts";
import { kubectl, type KubernetesApi } from "./control-plane.ts";

export interface Kinds {
  readonly StaticRoute: StaticRoute;
  readonly FederatedDomain: FederatedDomain;
}

/** A manifest without namespace. */
export function manifest(kind: keyof Kinds, name: string, rest: object): object {
  return { apiVersion: API_VERSION, kind, metadata: { name }, ...rest };
}

/** An object as it is stored now, with the defaults of the schema. */
export async function read<K extends keyof Kinds>(
  api: KubernetesApi,
  namespace: string,
  kind: K,
  name: string,
): Promise<Kinds[K]> {
  const { stdout } = await kubectl(api, "get", kind, name, "-n", namespace, "-o", "json");
  return JSON.parse(stdout) as Kinds[K];
}

/** Server-side apply, not forced: fails on a conflict with another manager. */
export async function applyServerSide(
  api: KubernetesApi,
  namespace: string,
  object: object,
  { manager, subresource = "" }: { manager: string; subresource?: "status" | "" },
): Promise<void> {
  const args = ["apply", "--server-side", `--field-manager=${manager}`, `--subresource=${subresource}`];
  await runKubectl(api.kubeconfig, [...args, "-n", namespace, "-f", "-"], JSON.stringify(object));
}

/** JSON merge patch of the status. */
export async function patchStatus(
  api: KubernetesApi,
  namespace: string,
  kind: keyof Kinds,
  name: string,
  status: object,
): Promise<void> {
  const patch = JSON.stringify({ status });
  const how = ["--subresource=status", "--type=merge", "-p", patch];
  await kubectl(api, "patch", kind, name, "-n", namespace, ...how);
}
