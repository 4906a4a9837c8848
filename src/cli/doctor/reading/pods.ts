import type { V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import type { ApiServer } from "../../api-server.ts";
import type { ContainerFacts, OperatorFacts, PodFacts } from "../facts.ts";
import type { Told } from "../types.ts";

/** A pod as JSON has it: times are text. */
type Pod = V1Pod;

/**
 * The pods of the installation, and what their operators say.
 * @param ask an operator; it never rejects
 * @throws Failure
 */
export async function readPods(
  api: ApiServer,
  labelSelector: string,
  ask: (pod: string) => Promise<Told<OperatorFacts>>,
): Promise<readonly PodFacts[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(api.namespace)}/pods`;
  const pods = await api.list(path, { labelSelector }, (object) => object as Pod);
  return Promise.all(pods.map(async (pod) => podFacts(pod, await askIfRunning(pod, ask))));
}

/** The operator of a pod that has no running one is not asked: forwarding to it takes its time to fail. */
async function askIfRunning(
  pod: Pod,
  ask: (pod: string) => Promise<Told<OperatorFacts>>,
): Promise<Told<OperatorFacts>> {
  const name = pod.metadata?.name ?? "";
  if (pod.status?.phase !== "Running") return { ok: false, why: `pod ${name} does not run` };
  return ask(name);
}

function podFacts(pod: Pod, operator: Told<OperatorFacts>): PodFacts {
  const { metadata, spec, status } = pod;
  const volumes = spec?.volumes ?? [];
  return {
    name: metadata?.name ?? "",
    leaving: metadata?.deletionTimestamp !== undefined,
    serviceAccount: spec?.serviceAccountName ?? "default",
    containers: containersOf(pod),
    configMap: volumes.find(({ name }) => name === "config")?.configMap?.name,
    operator,
    ...conditionsOf(status?.conditions ?? []),
  };
}

function conditionsOf(conditions: readonly V1PodCondition[]): Pick<PodFacts, "ready" | "unschedulable"> {
  const scheduled = conditions.find(({ type }) => type === "PodScheduled");
  return {
    ready: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    unschedulable: scheduled?.status === "False" ? scheduled.message : undefined,
  };
}

function containersOf({ spec, status }: Pod): readonly ContainerFacts[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.map(({ name, image = "" }) =>
    containerFacts(
      name,
      image,
      statuses.find((it) => it.name === name),
    ),
  );
}

function containerFacts(name: string, image: string, status: V1ContainerStatus | undefined): ContainerFacts {
  const ended = status?.lastState?.terminated;
  return {
    name,
    image,
    restarts: status?.restartCount ?? 0,
    waiting: status?.state?.waiting?.reason,
    ended:
      ended?.finishedAt === undefined
        ? undefined
        : { reason: ended.reason ?? `exit code ${ended.exitCode}`, at: new Date(ended.finishedAt) },
  };
}

/** Values of Prometheus's text format, by name with labels; what is no number is left out. */
export function readMetrics(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const values = lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))] as const;
  });
  return new Map(values.filter(([, value]) => !Number.isNaN(value)));
}
