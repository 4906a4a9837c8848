import operatorModule, {
  type OperatorLogger,
  type ResourceEvent,
  type ResourceEventType,
  type ResourceMeta,
} from "@dot-i/k8s-operator";
import { type KubernetesObject, V1ObjectMeta } from "@kubernetes/client-node";
import type { Logger } from "./logger.ts";
import type { CacheEntry } from "./object-cache.ts";
import { apiVersion, type ApiResource } from "./resources.ts";

/**
 * Runs `make` where no kubeconfig is to be found: the constructor of the framework's `Operator` loads the default one,
 * which may be broken, and is not ours to use in any case.
 */
export function withoutDefaultKubeConfig<T>(make: () => T): T {
  const { KUBECONFIG, HOME } = process.env;
  delete process.env.KUBECONFIG;
  delete process.env.HOME;
  try {
    return make();
  } finally {
    if (KUBECONFIG !== undefined) process.env.KUBECONFIG = KUBECONFIG;
    if (HOME !== undefined) process.env.HOME = HOME;
  }
}

/** The framework logs plain messages. */
export function frameworkLogger(log: Logger): OperatorLogger {
  return {
    debug: (message) => {
      log.debug({}, message);
    },
    info: (message) => {
      log.info({}, message);
    },
    warn: (message) => {
      log.warn({}, message);
    },
    error: (message) => {
      log.error({}, message);
    },
  };
}

/** An event as the framework shapes it. Its object is the metadata alone; the cache has the rest. */
export function resourceEvent(
  resource: ApiResource,
  type: ResourceEventType,
  entry: CacheEntry,
): ResourceEvent {
  const object = frameworkObject(resource, entry);
  return { meta: operatorModule.ResourceMetaImpl.createWithPlural(resource.plural, object), type, object };
}

export function resourceMeta(resource: ApiResource, entry: CacheEntry): ResourceMeta {
  return operatorModule.ResourceMetaImpl.createWithPlural(resource.plural, frameworkObject(resource, entry));
}

function frameworkObject(
  resource: ApiResource,
  { name, uid, resourceVersion }: CacheEntry,
): KubernetesObject {
  const metadata = Object.assign(new V1ObjectMeta(), { name, uid, resourceVersion });
  return { apiVersion: apiVersion(resource), kind: resource.kind, metadata };
}
