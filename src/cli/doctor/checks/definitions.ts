import { FEDERATED_DOMAIN, GROUP, STATIC_ROUTE, VERSION } from "../../../api/names.ts";
import type { FederatedDomainSpec, StaticRouteSpec } from "../../../api/types.ts";
import type { Definitions, Facts } from "../facts.ts";
import { findingsOf, type Finding } from "../types.ts";

const { ok, problem, untold } = findingsOf("definitions");

/** The fields of this version; the compiler sees to it that none is missing here. */
const ROUTE_FIELDS = {
  destinationPattern: true,
  description: true,
  nextHop: true,
  nextHopPort: true,
  protocolType: true,
  routeType: true,
  priority: true,
  weight: true,
  allowLessSpecificRoute: true,
  service: true,
  blockRoute: true,
  tls: true,
  trustIdentity: true,
} satisfies Record<keyof StaticRouteSpec, true>;
const DOMAIN_FIELDS = {
  description: true,
  policy: true,
  protocol: true,
  trust: true,
  sources: true,
} satisfies Record<keyof FederatedDomainSpec, true>;

const FIELDS = [
  [STATIC_ROUTE, Object.keys(ROUTE_FIELDS)],
  [FEDERATED_DOMAIN, Object.keys(DOMAIN_FIELDS)],
] as const;

const INSTALL = "helm install sip-federation-crds charts/sip-federation-crds";
const UPGRADE = "helm upgrade sip-federation-crds charts/sip-federation-crds, before the system itself";

/** Whether the definitions are there, and are of this version or a later one. */
export function definitionFindings({ definitions }: Pick<Facts, "definitions">): readonly Finding[] {
  if (!definitions.ok) return [untold(definitions, "the definitions", "get /apis")];
  const { versions, fields } = definitions.value;
  if (versions.length === 0) return [problem(`no definitions of ${GROUP} are installed`, INSTALL)];
  if (!versions.includes(VERSION))
    return [problem(`${GROUP} is served as ${versions.join(", ")}, not as ${VERSION}`, UPGRADE)];
  if (fields === undefined) return [ok(`${GROUP}/${VERSION} is served`)];
  const problems = FIELDS.flatMap(([resource, wanted]) => lacking(resource, wanted, fields));
  return problems.length > 0
    ? problems
    : [ok(`${GROUP}/${VERSION} is served, with every field of this version`)];
}

function lacking(
  { kind, plural }: { readonly kind: string; readonly plural: string },
  wanted: readonly string[],
  fields: NonNullable<Definitions["fields"]>,
): readonly Finding[] {
  const present = fields[kind];
  if (present === undefined) return [problem(`${plural}.${GROUP} is not installed`, INSTALL)];
  const absent = wanted.filter((field) => !present.includes(field));
  if (absent.length === 0) return [];
  return [
    problem(`${plural}.${GROUP} is an old definition: it lacks spec.${absent.join(", spec.")}`, UPGRADE),
  ];
}
