import type { TestContext } from "node:test";
import { KubernetesClient } from "../../../src/kubernetes/client.ts";
import { loadKubeConfig } from "../../../src/kubernetes/kubeconfig.ts";
import { chartRoleRules } from "../../support/chart-role.ts";
import {
  createNamespace,
  createRestrictedUser,
  kubectl,
  type KubernetesApi,
} from "../../support/control-plane.ts";
import { recordingLogger } from "../../support/recording-logger.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type OperatorHandlers, SipFederationOperator } from "../../../src/kubernetes/operator-shell.ts";
import { API_VERSION } from "../../../src/api/names.ts";

export const INSTALLATION = "edge";

/** A namespace of its own, and a client that may do there what the chart's Role allows and no more. */
export async function ownNamespace(t: TestContext, api: KubernetesApi) {
  const namespace = await createNamespace(api);
  const rules = chartRoleRules(INSTALLATION);
  const { kubeconfig } = await createRestrictedUser(api, { namespace, rules });
  const connect = (): KubernetesClient => {
    const client = new KubernetesClient({ kubeConfig: loadKubeConfig(kubeconfig), namespace });
    t.after(() => client.close());
    return client;
  };
  return { namespace, kubeconfig, client: connect(), connect, log: recordingLogger() };
}

export type OwnNamespace = Awaited<ReturnType<typeof ownNamespace>>;

/** An operator whose caches are complete. */
export async function startOperator(t: TestContext, own: OwnNamespace, handlers: Partial<OperatorHandlers>) {
  const nothing = (): void => undefined;
  const defaults = {
    routeChanged: nothing,
    routeDeleted: nothing,
    domainChanged: nothing,
    domainDeleted: nothing,
    touched: nothing,
    synced: nothing,
  };
  const operator = SipFederationOperator.create({
    client: own.client,
    log: own.log,
    handlers: { ...defaults, ...handlers },
  });
  t.after(() => operator.close());
  await operator.start();
  await waitFor("the caches", () => operator.synced);
  return operator;
}

/** An object as kubectl shows it. */
export async function read<T>(api: KubernetesApi, namespace: string, kind: string, name: string): Promise<T> {
  const { stdout } = await kubectl(
    api,
    "get",
    kind,
    name,
    "-n",
    namespace,
    "-o",
    "json",
    "--show-managed-fields",
  );
  return JSON.parse(stdout) as T;
}

/** A FederatedDomain as a person would write it. */
export const domain = (name: string): object => ({
  apiVersion: API_VERSION,
  kind: "FederatedDomain",
  metadata: { name },
});
