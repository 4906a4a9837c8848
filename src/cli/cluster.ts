import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { Failure } from "./command.ts";

/** Which installation, in the words of kubectl. */
export interface Cluster {
  readonly namespace?: string | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  /** Instead of any pod that is ready. */
  readonly pod?: string | undefined;
}

/** What the client takes where nothing is configured. */
const NO_CLUSTER = "http://localhost:8080";

/** The person's kubeconfig with the context that was asked for. Throws `Failure`. */
export function kubeConfigOf({ kubeconfig, context }: Cluster): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    load(kubeConfig, kubeconfig === undefined ? process.env.KUBECONFIG?.split(delimiter) : [kubeconfig]);
  } catch (error) {
    const where = kubeconfig === undefined ? "KUBECONFIG" : "--kubeconfig";
    throw new Failure(`the kubeconfig cannot be read: ${(error as Error).message}; look at ${where}`, {
      cause: error,
    });
  }
  if (context !== undefined) use(kubeConfig, context);
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null)
    throw new Failure("the kubeconfig has no current context with a cluster: name one with --context");
  if (cluster.server === NO_CLUSTER)
    throw new Failure("there is no kubeconfig: set KUBECONFIG, or ask an operator with --server");
  return kubeConfig;
}

/** `-n`, or the namespace of the context, or `default`, as kubectl has it. */
export function namespaceOf({ namespace }: Cluster, kubeConfig: KubeConfig): string {
  return namespace ?? kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? "default";
}

function use(kubeConfig: KubeConfig, context: string): void {
  const names = kubeConfig.getContexts().map(({ name }) => name);
  if (!names.includes(context))
    throw new Failure(`the kubeconfig has no context ${context}; there are ${names.join(", ") || "none"}`);
  kubeConfig.setCurrentContext(context);
}

/** Of several files, as in KUBECONFIG, those that are not there do not count, and the first current context does. */
function load(kubeConfig: KubeConfig, files: readonly string[] = []): void {
  const [first, ...others] = files.length > 1 ? files.filter(existsSync) : files;
  if (first === undefined || first === "") {
    kubeConfig.loadFromDefault();
    return;
  }
  kubeConfig.loadFromFile(first);
  for (const file of others) {
    const other = new KubeConfig();
    other.loadFromFile(file);
    kubeConfig.mergeConfig(other, kubeConfig.getCurrentContext() !== "");
  }
}
