import { randomUUID } from "node:crypto";
import { applyObjects, kubectl, type KubernetesApi } from "./control-plane.ts";

/** A ServiceAccount that may `get /metrics` and nothing else, as the chart makes one, and a token of it. */
export async function scraperOf(
  api: KubernetesApi,
  namespace: string,
): Promise<{ readonly name: string; readonly token: string }> {
  const name = `scraper-${randomUUID().slice(0, 8)}`;
  const apiGroup = "rbac.authorization.k8s.io";
  const rbac = { apiVersion: `${apiGroup}/v1`, metadata: { name: `${namespace}-${name}` } };
  await applyObjects(api, namespace, [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } },
    { ...rbac, kind: "ClusterRole", rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }] },
    {
      ...rbac,
      kind: "ClusterRoleBinding",
      roleRef: { apiGroup, kind: "ClusterRole", name: `${namespace}-${name}` },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ]);
  const { stdout } = await kubectl(api, "create", "token", name, "-n", namespace, "--duration=24h");
  return { name, token: stdout.trim() };
}
