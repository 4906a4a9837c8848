/** A real Kubernetes API for tests: etcd and kube-apiserver on loopback, RBAC on. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { claimAddressBlock } from "./addresses.ts";
import { writeKubeconfig } from "./control-plane/kubeconfig.ts";
import { kubectlCache, runKubectl, type KubectlResult } from "./control-plane/kubectl.ts";
import type { RestartableProcess } from "./restartable-process.ts";
import * as servers from "./control-plane/servers.ts";
import { temporaryDirectory } from "./temporary.ts";
import { waitFor } from "./wait-for.ts";

export { KubectlError, type KubectlResult } from "./control-plane/kubectl.ts";

/** What a test needs of a running API: its own control plane, or the one that all files of a test run share. */
export interface KubernetesApi {
  /** `https://address:port`. */
  readonly server: string;
  /** PEM of the API server's authority. */
  readonly ca: string;
  /** Bearer token of the administrator. */
  readonly token: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
}

export interface ControlPlaneOptions {
  /** Data, keys and logs go here; a temporary directory unless told. */
  readonly directory?: string;
  /** Also start kube-controller-manager with garbage collection, namespace deletion, and tokens of ServiceAccounts in Secrets. */
  readonly controllerManager?: boolean;
  readonly apiServerArgs?: readonly string[];
}

/** A control plane of one's own, whose servers can be taken away. */
export interface ControlPlane extends KubernetesApi {
  readonly etcd: RestartableProcess;
  readonly apiServer: RestartableProcess;
  readonly stop: () => Promise<void>;
}

/** A user that may do what its Role allows, in one namespace. */
export interface RestrictedUser {
  readonly kubeconfig: string;
  readonly token: string;
}

export interface RestrictedUserOptions {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
  /** Of the ServiceAccount and its Role. */
  readonly name?: string;
  /** Where its kubeconfig goes; a temporary directory unless told. */
  readonly directory?: string;
}

/** As in a Role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Starts a control plane; it is ready when this resolves (about 3 s). It ends with this process at the latest. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const directory = options.directory ?? temporaryDirectory("control-plane");
  mkdirSync(directory, { recursive: true });
  const block = await claimAddressBlock();
  const address = block.next();
  const token = randomBytes(16).toString("hex");
  const serverOptions = { address, directory, token, apiServerArgs: options.apiServerArgs ?? [] };
  const etcd = servers.createEtcd(serverOptions);
  const apiServer = servers.createApiServer(serverOptions);
  await etcd.start();
  await apiServer.start();
  const server = servers.apiServerUrl(address);
  const ca = servers.apiServerCa(directory);
  const kubeconfig = join(directory, "kubeconfig");
  writeKubeconfig(kubeconfig, { server, ca, token });
  const manager = options.controllerManager
    ? servers.createControllerManager(directory, kubeconfig)
    : undefined;
  await manager?.start();
  const stop = async (): Promise<void> => {
    await Promise.all([manager?.kill(), apiServer.kill(), etcd.kill()]);
    block.release();
  };
  return { server, ca, token, kubeconfig, etcd, apiServer, stop };
}

/**
 * Runs the real kubectl as the administrator.
 * @throws KubectlError when it exits with anything but 0.
 */
export async function kubectl(api: KubernetesApi, ...args: string[]): Promise<KubectlResult> {
  return runKubectl(api.kubeconfig, args);
}

/** `kubectl apply -f -` of objects, which may name their namespace or take that of `namespace`. */
export async function applyObjects(
  api: KubernetesApi,
  namespace: string,
  objects: readonly object[],
): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  await runKubectl(api.kubeconfig, ["apply", "-n", namespace, "-f", "-"], list);
}

/** Creates a namespace, one that no other test has unless named, and returns its name. */
export async function createNamespace(
  api: KubernetesApi,
  name = `test-${randomUUID().slice(0, 8)}`,
): Promise<string> {
  await kubectl(api, "create", "namespace", name);
  return name;
}

/** Applies crds/ and waits until the API server serves them. */
export async function installCrds(api: KubernetesApi): Promise<void> {
  const crds = join(repositoryRoot, "crds");
  await kubectl(api, "apply", "--server-side", "--force-conflicts", "-f", crds);
  await established(api, "-f", crds);
  await waitFor("the API server to serve the CRDs", () => {
    // what kinds there are was looked up, and kept, before the CRDs were there
    rmSync(kubectlCache(api.kubeconfig), { recursive: true, force: true });
    return kubectl(api, "get", "--namespace=default", "staticroutes,federateddomains");
  });
}

/** Waits until the API server has taken these definitions, given as arguments for kubectl. */
export async function established(api: KubernetesApi, ...definitions: string[]): Promise<void> {
  // kubectl cannot wait for a condition of an object that has no conditions at all yet
  await waitFor("the CRDs to be established", () =>
    kubectl(api, "wait", "--for=condition=Established", "--timeout=30s", ...definitions),
  );
}

/** Creates (or changes) a ServiceAccount with a Role of these rules, and a kubeconfig for it. */
export async function createRestrictedUser(
  api: KubernetesApi,
  { namespace, rules, directory, name = `user-${randomUUID().slice(0, 8)}` }: RestrictedUserOptions,
): Promise<RestrictedUser> {
  const apiGroup = "rbac.authorization.k8s.io";
  const rbac = { apiVersion: `${apiGroup}/v1`, metadata: { name } };
  await applyObjects(api, namespace, [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } },
    { ...rbac, kind: "Role", rules },
    {
      ...rbac,
      kind: "RoleBinding",
      roleRef: { apiGroup, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ]);
  const { stdout } = await kubectl(api, "create", "token", name, "-n", namespace, "--duration=24h");
  const kubeconfig = join(directory ?? temporaryDirectory("user"), `${name}.kubeconfig`);
  const token = stdout.trim();
  writeKubeconfig(kubeconfig, { server: api.server, ca: api.ca, token, namespace });
  return { kubeconfig, token };
}

/**
 * Allows a ServiceAccount to ask who has a token and what a user may, as the chart does with `console.enabled` and
 * `monitoring.enabled`.
 */
export async function mayReviewTokens(
  api: KubernetesApi,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  await applyObjects(api, namespace, [
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: `${namespace}-${name}-reviews` },
      roleRef: { apiGroup, kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ]);
}
