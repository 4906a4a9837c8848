import { KubeConfig } from "@kubernetes/client-node";
import { ApiError } from "./api-error.ts";
import { KubernetesClient } from "./client.ts";
import { apiVersion, FEDERATED_DOMAINS, STATIC_ROUTES } from "./resources.ts";

/** What somebody wants to be changed. `uid`: of the object that they saw; another one of that name is left alone. */
export type ObjectEdit =
  | {
      readonly change: "domain" | "route";
      readonly name: string;
      readonly uid: string;
      /** Merged into the spec (RFC 7396). */
      readonly spec: object;
    }
  | { readonly change: "create"; readonly name: string; readonly spec: object }
  | { readonly change: "delete"; readonly name: string; readonly uid: string };

/** `status`: of HTTP; 503 where the API server did not answer. */
export type EditOutcome =
  { readonly ok: true } | { readonly ok: false; readonly status: number; readonly error: string };

/** Owns in managedFields what was changed here. */
export const CONSOLE_MANAGER = "sip-federation-console";
const CONFLICT = 409;
const INVALID = 422;
const DEADLINE_MS = 10_000;

/**
 * Changes an object with the token of a person and nothing of our own: the API server decides what they may, and its audit
 * log has their name.
 */
export async function editAs(
  token: string,
  own: { readonly kubeConfig: KubeConfig; readonly namespace: string },
  edit: ObjectEdit,
): Promise<EditOutcome> {
  const client = new KubernetesClient({
    kubeConfig: ofViewer(own.kubeConfig, token),
    namespace: own.namespace,
    deadlineMs: DEADLINE_MS,
    connections: 1,
  });
  try {
    await send(client, edit);
    return { ok: true };
  } catch (error) {
    return failureOf(edit.name, error);
  } finally {
    await client.close();
  }
}

async function send(client: KubernetesClient, edit: ObjectEdit): Promise<void> {
  const options = { fieldManager: CONSOLE_MANAGER };
  if (edit.change === "delete") {
    await client.delete(FEDERATED_DOMAINS, edit.name, { uid: edit.uid });
  } else if (edit.change === "create") {
    const { name, spec } = edit;
    const { kind } = FEDERATED_DOMAINS;
    const object = { apiVersion: apiVersion(FEDERATED_DOMAINS), kind, metadata: { name }, spec };
    await client.create(FEDERATED_DOMAINS, object, options);
  } else {
    const { name, uid, spec } = edit;
    const resource = edit.change === "domain" ? FEDERATED_DOMAINS : STATIC_ROUTES;
    await client.mergePatch(resource, name, { metadata: { uid }, spec }, options);
  }
}

function failureOf(name: string, error: unknown): EditOutcome {
  if (!(error instanceof ApiError))
    return { ok: false, status: 503, error: error instanceof Error ? error.message : String(error) };
  // of a patch that names another uid it says that the uid cannot be changed
  const isAnother =
    (error.status === CONFLICT && error.reason !== "AlreadyExists") ||
    (error.status === INVALID && error.message.includes("metadata.uid"));
  if (isAnother)
    return {
      ok: false,
      status: CONFLICT,
      error: `${name} is not the one that was shown: somebody made it anew`,
    };
  return { ok: false, status: error.status, error: error.message };
}

/** The same API server, and no credentials but the token: no certificate of ours either. */
function ofViewer(own: KubeConfig, token: string): KubeConfig {
  const cluster = own.getCurrentCluster();
  if (cluster === null) throw new Error("the kubeconfig has no current cluster");
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, { name: "viewer", token });
  return config;
}
