import { findCondition } from "../../../api/conditions.ts";
import { Conditions, NOT_ACCEPTED, PENDING } from "../../../api/names.ts";
import type { Condition } from "../../../api/types.ts";
import type { Facts, RemarkableDomain } from "../facts.ts";
import { count, findingsOf, some, type Finding } from "../types.ts";

const { ok, warning, problem, untold } = findingsOf("domains");

/** Whether anything of a domain is worth a word: the others need not be kept. */
export function isRemarkable(conditions: readonly Condition[]): boolean {
  return GROUPS.some(({ applies }) => applies(conditions)) || isThrottled(conditions);
}

/** FederatedDomains with problems, those with the same one together. */
export function domainFindings({
  domains,
  namespace,
}: Pick<Facts, "domains" | "namespace">): readonly Finding[] {
  if (!domains.ok) return [untold(domains, "the domains", `list federateddomains in namespace ${namespace}`)];
  const { total, remarkable } = domains.value;
  const found = [...GROUPS.flatMap((group) => grouped(group, remarkable)), ...throttled(remarkable)];
  return found.some(({ state }) => state !== "ok")
    ? found
    : [ok(`${count(total, "domain")}, none with a problem`), ...found];
}

interface Group {
  readonly applies: (conditions: readonly Condition[]) => boolean;
  readonly tell: (names: string, message: string) => Finding;
  /** The condition whose message says more. */
  readonly type: string;
}

const GROUPS: readonly Group[] = [
  {
    type: Conditions.Accepted,
    applies: (conditions) => findCondition(conditions, Conditions.Accepted)?.status === "False",
    tell: (names, message) =>
      problem(
        `without effect: ${names} (${message})`,
        "do what the message says, with kubectl edit federateddomain or delete",
      ),
  },
  {
    type: Conditions.Programmed,
    applies: (conditions) => {
      const programmed = findCondition(conditions, Conditions.Programmed);
      return programmed?.status === "False" && programmed.reason !== NOT_ACCEPTED;
    },
    tell: (names, message) =>
      problem(`not in force: ${names} (${message})`, "kubectl logs of the replica's operator"),
  },
  {
    type: Conditions.Ready,
    applies: (conditions) =>
      findCondition(conditions, Conditions.Ready)?.reason === PENDING &&
      findCondition(conditions, Conditions.Programmed) === undefined,
    tell: (names) =>
      warning(`not looked at yet: ${names}`, "run it again in a minute; look at the pods, and at who leads"),
  },
  {
    type: Conditions.Routed,
    applies: (conditions) => findCondition(conditions, Conditions.Routed)?.reason === "NoRoute",
    tell: (names) =>
      problem(
        `known, and without a way: ${names}`,
        "set the next hop of the default route, or create a StaticRoute for them",
      ),
  },
];

function grouped({ applies, tell, type }: Group, domains: readonly RemarkableDomain[]): readonly Finding[] {
  const these = domains.filter(({ conditions }) => applies(conditions));
  const [first] = these;
  if (first === undefined) return [];
  return [tell(some(these.map(({ name }) => name)), findCondition(first.conditions, type)?.message ?? "")];
}

function throttled(domains: readonly RemarkableDomain[]): readonly Finding[] {
  return domains
    .filter(({ conditions }) => isThrottled(conditions))
    .slice(0, 10)
    .map(({ name, conditions }) =>
      warning(
        `${name}: ${findCondition(conditions, Conditions.Throttled)?.message ?? "the limits for strangers bite"}`,
        `if you know it, adopt it: sipfed export ${name}, and list where it sends from in spec.sources`,
      ),
    );
}

function isThrottled(conditions: readonly Condition[]): boolean {
  return findCondition(conditions, Conditions.Throttled)?.status === "True";
}
