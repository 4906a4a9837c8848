import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format } from "prettier";
import { configurationDocument, renderConfiguration } from "./configuration.ts";
import { chartReadmePath, renderChartReadme } from "./chart-readme.ts";
import { dashboardPath, renderDashboard } from "./dashboard.ts";
import { reference } from "./reference.ts";
import type { Source } from "./sources.ts";
import { readSources } from "./sources.ts";
import { renderThirdParty, thirdPartyPath } from "./third-party.ts";
import { conditionType, kindTypes } from "./typescript.ts";
import { renderValuesSchema, valuesSchemaPath } from "./values-schema.ts";

const TYPES = "src/api/generated";
const CHART_TEMPLATES = "charts/sip-federation-crds/templates";

/** Generated files: path below the root of the repository → text. */
export type Outputs = ReadonlyMap<string, string>;

/** Everything that is generated from the definitions in the repository at `root`. */
export async function generate(root: string): Promise<Outputs> {
  const sources = readSources(root);
  const outputs = new Map<string, string>();
  outputs.set(`${TYPES}/condition.ts`, await conditionType(sources.map(({ crd }) => crd)));
  for (const { crd, file, text } of sources) {
    outputs.set(`${TYPES}/${crd.spec.names.singular}.ts`, await kindTypes(crd));
    outputs.set(`${CHART_TEMPLATES}/${file}`, text);
  }
  outputs.set("docs/api.md", await document(sources));
  outputs.set(configurationDocument, await renderConfiguration());
  outputs.set(valuesSchemaPath, await json(renderValuesSchema()));
  outputs.set(dashboardPath, await json(renderDashboard()));
  outputs.set(chartReadmePath, await renderChartReadme(root));
  outputs.set(thirdPartyPath, await renderThirdParty(root));
  return outputs;
}

/** The paths whose file is missing or differs. */
export function stale(root: string, outputs: Outputs): readonly string[] {
  const isStale = ([path, text]: [string, string]): boolean => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  };
  return [...outputs].filter(isStale).map(([path]) => path);
}

export function write(root: string, outputs: Outputs, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), outputs.get(path) ?? "");
  }
}

function json(text: string): Promise<string> {
  return format(text, { parser: "json", printWidth: 110 });
}

function document(sources: readonly Source[]): Promise<string> {
  return format(reference(sources), { parser: "markdown", printWidth: 110 });
}
