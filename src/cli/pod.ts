import { ApiException, CoreV1Api, type KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { type Cluster, kubeConfigOf, namespaceOf } from "./cluster.ts";
import { Failure } from "./command.ts";
import { within } from "./deadline.ts";
import { type OperatorAnswer, reasonOf } from "./operator.ts";
import { getFromPod } from "./port-forward.ts";

/** What the chart calls its pods, whatever the release is called. */
export const SELECTOR = "app.kubernetes.io/name=sip-federation";
/** Of the admin listener of an operator, on loopback in its pod. */
export const ADMIN_PORT = 8064;

/** Asks the operator of one pod: of the one that was named, or of any that is ready. Throws `Failure`. */
export async function askPod(cluster: Cluster, path: string, signal: AbortSignal): Promise<OperatorAnswer> {
  const kubeConfig = kubeConfigOf(cluster);
  const namespace = namespaceOf(cluster, kubeConfig);
  const pod = cluster.pod ?? (await readyPod(kubeConfig, namespace, signal));
  const answer = await getFromPod({ kubeConfig, namespace, pod, port: ADMIN_PORT }, path, signal);
  return { ...answer, from: `pod ${pod} in namespace ${namespace}` };
}

async function readyPod(kubeConfig: KubeConfig, namespace: string, signal: AbortSignal): Promise<string> {
  const pods = await podsOf(kubeConfig, namespace, signal);
  const name = pods.find(isReady)?.metadata?.name;
  if (name !== undefined) return name;
  throw new Failure(
    pods.length === 0
      ? `namespace ${namespace} has no pod with the label ${SELECTOR}: name another namespace with -n, or a pod with --pod`
      : `no pod of the installation in namespace ${namespace} is ready: name one with --pod to ask it all the same`,
  );
}

async function podsOf(
  kubeConfig: KubeConfig,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly V1Pod[]> {
  try {
    const api = kubeConfig.makeApiClient(CoreV1Api);
    const list = await within(signal, api.listNamespacedPod({ namespace, labelSelector: SELECTOR }));
    return list.items;
  } catch (error) {
    throw new Failure(whyNoPods(error, kubeConfig, namespace), { cause: error });
  }
}

function whyNoPods(error: unknown, kubeConfig: KubeConfig, namespace: string): string {
  const server = kubeConfig.getCurrentCluster()?.server ?? "";
  if (!(error instanceof ApiException))
    return `the API server ${server} does not answer (${reasonOf(error)}): look at --kubeconfig and --context, or ask an operator with --server`;
  if (error.code === 403)
    return `you may not list pods in namespace ${namespace}: name one with --pod, or ask for that right`;
  if (error.code === 401)
    return `the API server ${server} does not know you: log in anew, or look at --context`;
  return `the API server ${server} answered with ${error.code} to a list of pods`;
}

function isReady({ metadata, status }: V1Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}
