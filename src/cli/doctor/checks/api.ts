import type { Facts } from "../facts.ts";
import { findingsOf, type Finding } from "../types.ts";

const { ok, problem } = findingsOf("api");

/** Whether there is an API server to ask at all. */
export function apiFindings({ api, namespace }: Pick<Facts, "api" | "namespace">): readonly Finding[] {
  if (!api.ok) return [problem(api.why, "look at --kubeconfig and --context; log in anew")];
  return [ok(`${api.value.server} answers; namespace ${namespace}`)];
}
