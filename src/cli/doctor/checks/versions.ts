import type { Facts, PodFacts } from "../facts.ts";
import { findingsOf, type Finding } from "../types.ts";

const { ok, warning, problem } = findingsOf("versions");

/** The first Kubernetes with everything that the definitions use. */
const KUBERNETES = [1, 31] as const;

/** Kubernetes, the operators, and this program, beside each other. */
export function versionFindings({
  api,
  pods,
  version,
}: Pick<Facts, "api" | "pods" | "version">): readonly Finding[] {
  const present = pods.ok ? pods.value.filter(({ leaving }) => !leaving) : [];
  return [...(api.ok ? kubernetes(api.value.version) : []), ...operators(present, version)];
}

function kubernetes(version: string): readonly Finding[] {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  const isOld =
    Number(major) < KUBERNETES[0] || (Number(major) === KUBERNETES[0] && Number(minor) < KUBERNETES[1]);
  if (!isOld) return [ok(`Kubernetes is ${version}`)];
  return [problem(`Kubernetes is ${version}: the definitions need 1.31 or later`, "upgrade the cluster")];
}

function operators(pods: readonly PodFacts[], version: string): readonly Finding[] {
  const found = [...new Set(pods.flatMap((pod) => versionOf(pod) ?? []))].sort();
  const [only] = found;
  if (only === undefined) return [];
  if (found.length > 1)
    return [
      warning(
        `the operators are of several versions: ${found.join(", ")}`,
        "kubectl rollout status: an upgrade is under way, or stuck",
      ),
    ];
  if (only === version) return [ok(`operators and sipfed are ${version}`)];
  return [warning(`the operators are ${only}, sipfed is ${version}`, `use sipfed ${only}`)];
}

/** As the operator says itself; else by the tag of its image, which a person may choose freely. */
function versionOf({ operator, containers }: PodFacts): string | undefined {
  const told = operator.ok
    ? [...operator.value.metrics.keys()].find((name) => name.startsWith(INFO))
    : undefined;
  if (told !== undefined) return told.slice(INFO.length, -2);
  const image = containers.find(({ name }) => name === "operator")?.image ?? "";
  return /:(\d+\.\d+\.\d+[\w.-]*)$/.exec(image)?.[1];
}

const INFO = 'sip_federation_info{version="';
