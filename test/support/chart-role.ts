import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import type { PolicyRule } from "./control-plane.ts";

const template = join(repositoryRoot, "charts/sip-federation/templates/rbac.yaml");

/**
 * The rules of the chart's Role, read from its template: what runs here may do what it may do in a cluster, and no
 * more. (Whether Helm renders the same is tested with the chart.)
 */
export function chartRoleRules(installation: string): readonly PolicyRule[] {
  const rules = /^rules:\n(?:(?: .*)?\n)+/m.exec(readFileSync(template, "utf8"))?.[0];
  if (rules === undefined) throw new Error(`no rules in ${template}`);
  const rendered = rules.replaceAll('{{ include "sip-federation.installation" . }}', installation);
  if (rendered.includes("{{")) throw new Error(`${template} has rules that only Helm can render`);
  return (load(rendered) as { rules: PolicyRule[] }).rules;
}
