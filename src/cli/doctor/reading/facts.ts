import { ApiServer } from "../../api-server.ts";
import type { Cluster } from "../../cluster.ts";
import { ADMIN_PORT } from "../../pod.ts";
import { getFromPod } from "../../port-forward.ts";
import { operatorRights } from "../checks/rights.ts";
import type { ApiFacts, Facts, LeaseFacts, OperatorFacts, PodFacts } from "../facts.ts";
import type { CheckName, Told } from "../types.ts";
import { readApi, readDefinitions } from "./api.ts";
import { readDomains, readLeases, readRoutes, readSettings, reviewRights } from "./installation.ts";
import { readMetrics, readPods } from "./pods.ts";
import { told } from "./told.ts";

export interface Look {
  readonly cluster: Cluster;
  /** Labels of the pods. */
  readonly selector: string;
  readonly checks: ReadonlySet<CheckName>;
  /** Of this program. */
  readonly version: string;
}

/** Milliseconds for an operator to answer, by way of the API server and the kubelet. */
const OPERATOR_TIMEOUT = 10_000;
const UNASKED = { ok: false, why: "nobody asked for it" } as const;

/** Looks at an installation, as far as the checks need it. Throws `Failure` where there is no kubeconfig. */
export async function lookAtInstallation({ cluster, selector, checks, version }: Look): Promise<Facts> {
  const api = new ApiServer(cluster);
  const now = new Date();
  const about = { namespace: api.namespace, now, version };
  const first = await told(() => readApi(api));
  if (!first.ok) return { ...about, ...nothing(first) };
  const [definitions, pods, leases, routes, domains] = await Promise.all([
    told(() => readDefinitions(api)),
    told(() => readPods(api, selector, (pod) => askOperatorOf(api, pod))),
    told(() => readLeases(api, () => serverTime(first.value))),
    told(() => readRoutes(api)),
    checks.has("domains") || checks.has("xmpp") ? told(() => readDomains(api)) : UNASKED,
  ]);
  const settings = await settingsOf(api, pods);
  const xmpp = settings?.ok === true && settings.value.xmpp;
  const rights = checks.has("rights") ? await rightsOf(api, pods, leases, xmpp) : UNASKED;
  return { ...about, api: first, definitions, pods, leases, routes, domains, settings, rights };
}

/** Where the API server does not answer, nothing else does. */
function nothing(why: Told<never>): Omit<Facts, "namespace" | "now" | "version"> {
  return {
    api: why,
    definitions: why,
    pods: why,
    leases: why,
    routes: why,
    domains: why,
    rights: why,
    settings: undefined,
  };
}

function serverTime({ ahead = 0 }: ApiFacts): number {
  return Date.now() + ahead;
}

async function askOperatorOf(
  { kubeConfig, namespace }: ApiServer,
  pod: string,
): Promise<Told<OperatorFacts>> {
  const target = { kubeConfig, namespace, pod, port: ADMIN_PORT };
  return told(async () => {
    const signal = AbortSignal.timeout(OPERATOR_TIMEOUT);
    const [readiness, metrics] = await Promise.all([
      getFromPod(target, "/readyz", signal),
      getFromPod(target, "/metrics", signal),
    ]);
    return {
      unready: readiness.status === 200 ? undefined : readiness.body.trim(),
      metrics: readMetrics(metrics.body),
    };
  });
}

/** Of the pods that are there; all have the same configuration but during a rollout. */
async function settingsOf(api: ApiServer, pods: Told<readonly PodFacts[]>): Promise<Facts["settings"]> {
  const configMap = pods.ok ? pods.value.find((pod) => pod.configMap !== undefined)?.configMap : undefined;
  return configMap === undefined ? undefined : told(() => readSettings(api, configMap));
}

async function rightsOf(
  api: ApiServer,
  pods: Told<readonly PodFacts[]>,
  leases: Told<readonly LeaseFacts[]>,
  xmpp: boolean,
): Promise<Facts["rights"]> {
  const serviceAccount = pods.ok ? pods.value[0]?.serviceAccount : undefined;
  // without pods there is nobody whose rights could be asked for
  if (serviceAccount === undefined) return { ok: true, value: [] };
  const installation = leases.ok ? installationOf(leases.value) : undefined;
  const rights = operatorRights(installation ?? "", xmpp).filter(
    ({ resource }) => installation !== undefined || resource !== "secrets",
  );
  return told(() => reviewRights(api, serviceAccount, rights));
}

function installationOf(leases: readonly LeaseFacts[]): string | undefined {
  return leases.flatMap(({ installation, replicaOf }) => installation ?? replicaOf ?? [])[0];
}
