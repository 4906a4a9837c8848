import { KubeConfig } from "@kubernetes/client-node";

/**
 * Reads how to reach the API server: from a kubeconfig file, or from the service account of the pod.
 * Throws where there is neither, or the file cannot be used.
 */
export function loadKubeConfig(file?: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (file !== undefined) {
    kubeConfig.loadFromFile(file);
  } else if (process.env.KUBERNETES_SERVICE_HOST !== undefined) {
    kubeConfig.loadFromCluster();
  } else {
    throw new Error("no kubeconfig file given, and this is not a pod: KUBERNETES_SERVICE_HOST is not set");
  }
  if (kubeConfig.getCurrentCluster() === null) {
    throw new Error(`${file ?? "the service account"} names no current context with a cluster`);
  }
  return kubeConfig;
}

/** The namespace of the current context; inside a pod that is the pod's own. */
export function ownNamespace(kubeConfig: KubeConfig): string | undefined {
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return context?.namespace?.trim();
}
