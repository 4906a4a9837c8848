/** The README of the chart: its values, as their schema describes them and values.yaml sets them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { format } from "prettier";
import { code, markdown, table } from "./markdown.ts";
import { renderValuesSchema } from "./values-schema.ts";

const CHART = "charts/sip-federation";
export const chartReadmePath = `${CHART}/README.md`;

interface Schema {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Value {
  readonly path: string;
  readonly setting: unknown;
  readonly schema: Schema;
}

/** Settings that docs/configuration.md describes in full. */
const ELSEWHERE = "config";

const INTRODUCTION = `<!-- Generated from values.yaml and tools/generate/values-schema.ts by \`npm run generate\`. -->

# sip-federation

SIP open federation in one namespace: a SIP router and its operator in each pod, and an XMPP gateway where it is wanted. Kubernetes
1.31 or later. The definitions come first, from the chart [sip-federation-crds](../sip-federation-crds/README.md), once a cluster.

\`\`\`sh
helm upgrade --install sip-federation-crds charts/sip-federation-crds --namespace kube-system
helm upgrade --install edge charts/sip-federation --namespace voice --create-namespace \\
  --set config.localDomains={example.com} --set outside.advertise.ipv4=sip.example.com
helm test edge --namespace voice --logs
\`\`\`

Step by step: [install](../../docs/how-to/install.md), [open federation](../../docs/how-to/open-federation.md),
[let peers reach the pods](../../docs/how-to/expose.md), and what else an administrator does in the [documentation](../../docs/README.md).

## Values

A value that is not listed here is refused, and so is one of another form.
`;

/** The whole document, formatted. */
export async function renderChartReadme(root: string): Promise<string> {
  const schema = JSON.parse(renderValuesSchema()) as Schema;
  const values = load(readFileSync(join(root, CHART, "values.yaml"), "utf8"));
  const sections = Object.entries(schema.properties ?? {}).filter(([name]) => name !== "global");
  const scalars = sections.filter(([, { properties }]) => properties === undefined);
  const objects = sections.filter(([, { properties }]) => properties !== undefined);
  const parts = objects.map(([name, of]) => section(name, of, valueOf(values, name)));
  const rest = scalars.map(([name, of]) => row({ path: name, setting: valueOf(values, name), schema: of }));
  const others = `### All others\n\n${valueTable(rest)}`;
  return format([INTRODUCTION, ...parts, others].join("\n\n"), { parser: "markdown", printWidth: 110 });
}

function section(name: string, schema: Schema, setting: unknown): string {
  const depth = name === ELSEWHERE ? 1 : Infinity;
  const rows = leaves({ path: name, setting, schema }, depth).map(row);
  return [`### ${code(name)}`, markdown(schema.description ?? ""), valueTable(rows)].join("\n\n");
}

/** The values below one, down to what has no parts, or to a depth. */
function leaves(value: Value, depth: number): Value[] {
  const { path, setting, schema } = value;
  if (schema.properties === undefined || depth === 0) return [value];
  return Object.entries(schema.properties).flatMap(([name, child]) =>
    leaves({ path: `${path}.${name}`, setting: valueOf(setting, name), schema: child }, depth - 1),
  );
}

function row({ path, setting, schema }: Value): string[] {
  const choices = schema.enum === undefined ? "" : ` One of ${schema.enum.map(code).join(", ")}.`;
  return [code(path), written(setting), markdown((schema.description ?? "") + choices)];
}

const valueTable = (rows: readonly (readonly string[])[]): string =>
  table(["value", "default", "what"], rows);

function written(setting: unknown): string {
  return setting === undefined || setting === null || setting === "" ? "" : code(JSON.stringify(setting));
}

function valueOf(values: unknown, name: string): unknown {
  if (typeof values !== "object" || values === null) return undefined;
  return (values as Readonly<Record<string, unknown>>)[name];
}
