import { FEDERATED_DOMAIN, GROUP, VERSION } from "../../api/names.ts";
import type { FederatedDomain } from "../../api/types.ts";
import type { ApiServer } from "../api-server.ts";
import { Failure, Refusal, type Command, type Terminal } from "../command.ts";
import { readExportArguments, usage, type ExportArguments } from "./arguments.ts";
import { writeFiles } from "./files.ts";
import { manifest, manifestsText } from "./manifest.ts";
import { exportedDomain, missing, select } from "./selection.ts";
import type { ExportedDomain } from "./types.ts";

/** `sipfed export`: discovered domains as manifests to commit. */
export const exportDomains: Command = {
  summary: "discovered domains as manifests to commit",
  usage,
  run: async (args, terminal) => {
    const asked = readExportArguments(args);
    // Loaded late: it takes half a second, and a wrong command line needs none of it.
    const { ApiServer } = await import("../api-server.ts");
    const api = new ApiServer(asked.cluster);
    const domains = await domainsOf(api);
    const chosen = select(domains, asked.selection, new Date());
    await show(chosen, asked, terminal);
    const absent = missing(domains, chosen, asked.selection);
    for (const why of absent) terminal.err(`${terminal.name}: ${why}\n`);
    if (chosen.length === 0 && absent.length === 0) terminal.err(nothing(domains, api.namespace, terminal));
    return absent.length > 0 ? 1 : 0;
  },
};

async function domainsOf(api: ApiServer): Promise<readonly ExportedDomain[]> {
  const path = `/apis/${GROUP}/${VERSION}/namespaces/${encodeURIComponent(api.namespace)}/${FEDERATED_DOMAIN.plural}`;
  try {
    return await api.list(path, {}, (object) => exportedDomain(object as FederatedDomain));
  } catch (error) {
    throw explained(error, api.namespace);
  }
}

/** In the words of a person who wants domains: what the API server says to a path is about its paths. */
function explained(error: unknown, namespace: string): unknown {
  const status = error instanceof Refusal ? error.status : undefined;
  if (status === 403)
    return new Failure(`you may not list federateddomains in namespace ${namespace}: ask for that right`, {
      cause: error,
    });
  if (status === 404)
    return new Failure("the API server knows no FederatedDomains: install the chart sip-federation-crds", {
      cause: error,
    });
  return error;
}

async function show(
  chosen: readonly ExportedDomain[],
  { output, directory, overwrite }: ExportArguments,
  terminal: Terminal,
): Promise<void> {
  if (directory !== undefined) {
    const { written, kept } = await writeFiles(directory, chosen, overwrite);
    terminal.err(`${written} written, ${chosen.length - written - kept.length} as they were\n`);
    for (const file of kept)
      terminal.err(`${file} is there with another content, and is left alone: see --overwrite\n`);
  } else if (output === "yaml") terminal.out(manifestsText(chosen));
  else if (output === "json") {
    const list = { apiVersion: "v1", kind: "List", items: chosen.map(manifest) };
    terminal.out(`${JSON.stringify(list, null, 2)}\n`);
  } else terminal.out(chosen.map(({ name }) => `${name}\n`).join(""));
}

function nothing(domains: readonly ExportedDomain[], namespace: string, { name }: Terminal): string {
  const of =
    domains.length === 0
      ? "there are no FederatedDomains"
      : `none of ${domains.length} FederatedDomains is asked for`;
  return `${name}: ${of} in namespace ${namespace}\n`;
}
