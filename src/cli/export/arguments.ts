import type { FederatedDomainSpec } from "../../api/types.ts";
import { canonicalDomain } from "../../federation/domain-name.ts";
import type { Cluster } from "../cluster.ts";
import { Misuse } from "../command.ts";
import { CLUSTER_OPTIONS, CLUSTER_USAGE, duration, oneOf, parse } from "../options.ts";
import type { Selection } from "./types.ts";

/** What `sipfed export` was asked. */
export interface ExportArguments {
  readonly selection: Selection;
  readonly output: "yaml" | "json" | "name";
  /** Where files go, one a domain; undefined: to standard output. */
  readonly directory: string | undefined;
  /** Files that are there already are written anew. */
  readonly overwrite: boolean;
  readonly cluster: Cluster;
}

const OPTIONS = {
  all: { type: "boolean" },
  protocol: { type: "string" },
  "older-than": { type: "string" },
  "newer-than": { type: "string" },
  output: { type: "string", short: "o" },
  directory: { type: "string", short: "d" },
  overwrite: { type: "boolean" },
  ...CLUSTER_OPTIONS,
} as const;

export function usage(name: string): string {
  return `Usage: ${name} export [DOMAIN...] [OPTION...]

Prints discovered domains that nobody has adopted yet as manifests to commit: with trust: Full, and nothing that is not
for Git to say. Committed and synced they are adopted, and the limits for strangers lift.

  ${name} export -n voice --directory domains/
  ${name} export '*.partner.example' --older-than 3d

DOMAIN is a domain, or a pattern in which * stands for any characters; none: all.

      --all               those too that are adopted already, or that a person wrote
      --protocol NAME     SIP or XMPP alone
      --older-than TIME   known for at least so long: 12h, 3d, 2w
      --newer-than TIME   known for at most so long
  -o, --output FORMAT     yaml, json or name (yaml)
  -d, --directory DIR     a file for each domain in there, instead of all on standard output
      --overwrite         write files anew that are there already; else they are left alone

Whose domains:
${CLUSTER_USAGE}
Exit code: 0 all that was asked for; 1 a domain that was named is not among them; 2 nothing was found out.
`;
}

/** Reads what follows `export`. Throws `Misuse`. */
export function readExportArguments(args: readonly string[]): ExportArguments {
  const { values, positionals } = parse(args, OPTIONS);
  const { all = false, output = "yaml", directory, overwrite = false, protocol } = values;
  const { "older-than": olderThan, "newer-than": newerThan, namespace, context, kubeconfig } = values;
  const format = oneOf("--output", output, ["yaml", "json", "name"]);
  if (directory !== undefined && format !== "yaml")
    throw new Misuse("--directory writes yaml: leave out --output");
  if (overwrite && directory === undefined) throw new Misuse("--overwrite is for --directory");
  return {
    selection: {
      patterns: positionals.map(pattern),
      all,
      protocol: protocol === undefined ? undefined : oneOf("--protocol", protocol, PROTOCOLS),
      olderThan: olderThan === undefined ? undefined : duration("--older-than", olderThan),
      newerThan: newerThan === undefined ? undefined : duration("--newer-than", newerThan),
    },
    output: format,
    directory,
    overwrite,
    cluster: { namespace, context, kubeconfig },
  };
}

const PROTOCOLS: readonly FederatedDomainSpec["protocol"][] = ["SIP", "XMPP"];

function pattern(text: string): string {
  if (/^[a-z0-9.*-]*\*[a-z0-9.*-]*$/i.test(text)) return text.toLowerCase();
  const domain = canonicalDomain(text);
  if (domain === undefined)
    throw new Misuse(`${text} is neither a domain nor a pattern such as *.partner.example`);
  return domain;
}
