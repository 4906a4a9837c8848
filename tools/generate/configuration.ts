/** The reference of the configuration file, from its schema. */
import { format } from "prettier";
import { configSchema } from "../../src/config/schema.ts";

export const configurationDocument = "docs/configuration.md";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const INTRODUCTION = `<!-- Generated from src/config/schema.ts by \`npm run generate\`. -->

# Configuration

The operator reads one YAML file, \`--config FILE\`. It says who this installation is; whom it talks to are
resources (StaticRoute, FederatedDomain). Unknown keys are refused. All problems are reported at once, each with its
key and what to write instead. The Helm chart writes this file from its values and replaces the pods when it changes.

The smallest file, and one with an SBC that speaks for its partners:

\`\`\`yaml
localDomains: [example.com]
insideNetworks: [10.20.0.0/16]
\`\`\`

\`\`\`yaml
localDomains: [example.com, example.net]
insideNetworks: [10.20.0.0/16, "2001:db8:20::/48"]
trustedPeers:
  - sources: [192.0.2.10/32]
    domains: ["*"]
inbound:
  unproven: refuse
\`\`\`

In a pod, \`POD_NAME\`, \`POD_UID\` and \`POD_NAMESPACE\` come from the downward API and name the replica.

## Keys

| key | type | default | meaning |
| --- | --- | --- | --- |
`;

/** The whole document, formatted. */
export async function renderConfiguration(): Promise<string> {
  const rows = rowsOf("", configSchema);
  return format(INTRODUCTION + rows.join("\n"), { parser: "markdown", printWidth: 110 });
}

function rowsOf(path: string, schema: Schema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const childPath = path === "" ? key : `${path}.${key}`;
    const required = schema.required?.includes(key) ?? false;
    const row = `| \`${childPath}\` | ${typeOf(child)} | ${presetOf(child, required)} | ${escape(child.description)} |`;
    const items = child.items?.properties ? rowsOf(`${childPath}[]`, child.items) : [];
    return [row, ...rowsOf(childPath, child), ...items];
  });
}

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.items) return `list of ${schema.items.properties ? "mappings" : `${schema.items.type ?? ""}s`}`;
  if (schema.properties) return "mapping";
  return `${schema.type ?? ""}${rangeOf(schema)}`;
}

function rangeOf({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? ` ≥ ${minimum}` : ` ${minimum}–${maximum}`;
}

function presetOf(schema: Schema, required: boolean): string {
  if (required) return "required";
  if (schema.default === undefined || schema.properties) return "";
  return `\`${typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default)}\``;
}

function escape(text = ""): string {
  return text.replaceAll("|", "\\|");
}
