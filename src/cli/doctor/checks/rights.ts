import { FEDERATED_DOMAIN, GROUP, STATIC_ROUTE } from "../../../api/names.ts";
import type { Facts, Right } from "../facts.ts";
import { count, findingsOf, type Finding } from "../types.ts";

const { ok, problem, untold } = findingsOf("rights");

const LEASES = { group: "coordination.k8s.io", resource: "leases" };
const ROUTES = { group: GROUP, resource: STATIC_ROUTE.plural };
const DOMAINS = { group: GROUP, resource: FEDERATED_DOMAIN.plural };
const WATCHED = ["get", "list", "watch"];

/**
 * Everything that the operator of an installation has to be allowed, as the chart's Role has it.
 * @param xmpp it has an XMPP gateway
 */
export function operatorRights(installation: string, xmpp: boolean): readonly Right[] {
  const secret = (name: string) => ({ group: "", resource: "secrets", name: `${installation}-${name}` });
  return [
    ...all(WATCHED, ROUTES),
    ...all(WATCHED, DOMAINS),
    ...all(["create", "patch"], { ...ROUTES, name: "default" }),
    ...all(["create"], DOMAINS),
    ...all(["patch"], { ...ROUTES, subresource: "status" }),
    ...all(["patch"], { ...DOMAINS, subresource: "status" }),
    ...all([...WATCHED, "create", "update", "patch"], LEASES),
    ...all(["get", "create", "patch"], secret("dialog-key")),
    ...(xmpp ? all(["get", "create", "patch"], secret("xmpp-presence")) : []),
    ...all(["create", "patch"], { group: "events.k8s.io", resource: "events" }),
  ];
}

/** What the operator may not do and has to. */
export function rightFindings({
  rights,
  namespace,
}: Pick<Facts, "rights" | "namespace">): readonly Finding[] {
  if (!rights.ok)
    return [
      untold(
        rights,
        "what the operator may do",
        "create localsubjectaccessreviews, as the ClusterRole admin has it",
      ),
    ];
  const refused = rights.value.filter(({ allowed }) => !allowed).map(({ right }) => right);
  if (rights.value.length === 0) return [];
  if (refused.length === 0)
    return [ok(`the operator has all ${count(rights.value.length, "right")} that it needs`)];
  const fix = `see that its Role and RoleBinding are in namespace ${namespace} as the chart has them: helm upgrade`;
  return byResource(refused).map((what) => problem(`the operator may not ${what}`, fix));
}

function all(verbs: readonly string[], what: Omit<Right, "verb">): Right[] {
  return verbs.map((verb) => ({ verb, ...what }));
}

/** `get, list, watch federateddomains.sipfederation.io`, one for each resource. */
function byResource(rights: readonly Right[]): readonly string[] {
  const verbs = new Map<string, string[]>();
  for (const right of rights) {
    const name = nameOf(right);
    verbs.set(name, [...(verbs.get(name) ?? []), right.verb]);
  }
  return [...verbs].map(([name, list]) => `${list.join(", ")} ${name}`);
}

function nameOf({ group, resource, subresource, name }: Right): string {
  const whole = group === "" ? resource : `${resource}.${group}`;
  return [subresource === undefined ? whole : `${resource}/${subresource}.${group}`, name]
    .filter(Boolean)
    .join(" ");
}
