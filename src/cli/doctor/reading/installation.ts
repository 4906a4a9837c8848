import { load } from "js-yaml";
import { FEDERATED_DOMAIN, GROUP, VERSION } from "../../../api/names.ts";
import type { FederatedDomain, StaticRoute } from "../../../api/types.ts";
import type { ApiServer } from "../../api-server.ts";
import { isRemarkable } from "../checks/domains.ts";
import type { DomainFacts, LeaseFacts, RemarkableDomain, ReviewedRight, Right, Settings } from "../facts.ts";

function pathOf(api: ApiServer, group: string, plural: string): string {
  return `/apis/${group}/namespaces/${encodeURIComponent(api.namespace)}/${plural}`;
}

/** The StaticRoutes, by name. Throws `Failure`. */
export async function readRoutes(api: ApiServer): Promise<readonly StaticRoute[]> {
  return api.list(pathOf(api, `${GROUP}/${VERSION}`, "staticroutes"), {}, (object) => object as StaticRoute);
}

/** The FederatedDomains; of most their number is all that is kept. Throws `Failure`. */
export async function readDomains(api: ApiServer): Promise<DomainFacts> {
  let total = 0;
  let overXmpp = 0;
  const path = pathOf(api, `${GROUP}/${VERSION}`, FEDERATED_DOMAIN.plural);
  const remarkable = await api.list(path, {}, (object): RemarkableDomain | undefined => {
    const { metadata, spec, status } = object as FederatedDomain;
    total += 1;
    overXmpp += Number(spec.protocol === "XMPP" && spec.policy === "Allow");
    return isRemarkable(status.conditions)
      ? { name: metadata.name, conditions: status.conditions }
      : undefined;
  });
  return { total, overXmpp, remarkable };
}

interface Lease {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

/**
 * The Leases of the leader and of the replicas. Throws `Failure`.
 * @param now milliseconds since 1970, by the clock of the API server
 */
export async function readLeases(api: ApiServer, now: () => number): Promise<readonly LeaseFacts[]> {
  return api.list(pathOf(api, "coordination.k8s.io/v1", "leases"), {}, (object) => {
    const { metadata, spec = {} } = object as Lease;
    const renewed = new Date(spec.renewTime ?? NaN).getTime();
    return {
      name: metadata.name,
      replicaOf: metadata.labels?.[`${GROUP}/replica-of`],
      installation: metadata.annotations?.[`${GROUP}/installation`],
      holder: spec.holderIdentity ?? "",
      age: Number.isNaN(renewed) ? undefined : now() - renewed,
    };
  });
}

/** Has the API server judge what a service account may do (LocalSubjectAccessReview). Throws `Failure`. */
export async function reviewRights(
  api: ApiServer,
  serviceAccount: string,
  rights: readonly Right[],
): Promise<readonly ReviewedRight[]> {
  const { namespace } = api;
  const path = pathOf(api, "authorization.k8s.io/v1", "localsubjectaccessreviews");
  return Promise.all(
    rights.map(async (right) => {
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "LocalSubjectAccessReview",
        metadata: { namespace },
        spec: {
          user: `system:serviceaccount:${namespace}:${serviceAccount}`,
          groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
          resourceAttributes: { namespace, ...right },
        },
      };
      const { status } = (await api.post(path, review)) as { status?: { allowed?: boolean } };
      return { right, allowed: status?.allowed === true };
    }),
  );
}

/** What is used here of the operator's configuration file. Throws `Failure`. */
export async function readSettings(api: ApiServer, configMap: string): Promise<Settings> {
  const path = `/api/v1/namespaces/${encodeURIComponent(api.namespace)}/configmaps/${encodeURIComponent(configMap)}`;
  const { data = {} } = (await api.get(path)) as { data?: Readonly<Record<string, string>> };
  const file = (load(data["config.yaml"] ?? "") ?? {}) as {
    localDomains?: readonly string[];
    xmpp?: { enabled?: boolean };
  };
  return { localDomains: file.localDomains ?? [], xmpp: file.xmpp?.enabled === true };
}
