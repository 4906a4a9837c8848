import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";

/** What the machine or pod says of itself, as opposed to what a person wrote. */
export interface Surroundings {
  readonly podName: string;
  readonly podUid: string | undefined;
  readonly podNamespace: string | undefined;
  /** Every IP address of this machine, loopback too. */
  readonly addresses: readonly string[];
}

const SERVICE_ACCOUNT_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** Reads POD_NAME, POD_UID and POD_NAMESPACE (Kubernetes downward API), else the machine's own names. */
export function surroundings(env: NodeJS.ProcessEnv = process.env): Surroundings {
  return {
    podName: set(env.POD_NAME) ?? hostname(),
    podUid: set(env.POD_UID),
    podNamespace: set(env.POD_NAMESPACE) ?? serviceAccountNamespace(),
    addresses: Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  };
}

function set(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function serviceAccountNamespace(): string | undefined {
  try {
    return set(readFileSync(SERVICE_ACCOUNT_NAMESPACE, "utf8").trim());
  } catch {
    return undefined; // not in a pod
  }
}
