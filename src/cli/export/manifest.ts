import { dump } from "js-yaml";
import { API_VERSION, FEDERATED_DOMAIN, GROUP } from "../../api/names.ts";
import type { FederatedDomainSpec } from "../../api/types.ts";
import { isAdoptable } from "./selection.ts";
import type { ExportedDomain } from "./types.ts";

/** A FederatedDomain as it is kept in Git. */
export interface Manifest {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof FEDERATED_DOMAIN.kind;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Partial<FederatedDomainSpec>;
}

/** Labels and annotations by which tools keep their own books, and ours: none of them is for Git to say. */
const OF_TOOLS = new RegExp(
  `^(?:${GROUP}|kubectl\\.kubernetes\\.io|argocd\\.argoproj\\.io|.+\\.toolkit\\.fluxcd\\.io|meta\\.helm\\.sh|helm\\.sh|app\\.kubernetes\\.io)/`,
);

/**
 * What a person commits to adopt a domain: `trust: Full`, and whatever else of the spec is not the default. The label
 * that tells how it came to be is not part of it: Git did not discover it, and applying this takes no label away.
 */
export function manifest(domain: ExportedDomain): Manifest {
  const labels = ofPeople(domain.labels);
  const annotations = ofPeople(domain.annotations);
  return {
    apiVersion: API_VERSION,
    kind: FEDERATED_DOMAIN.kind,
    metadata: { name: domain.name, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: spec(domain),
  };
}

/** As a document of its own, under a line that says since when the domain is known. */
export function manifestText(domain: ExportedDomain): string {
  const since = domain.created.toISOString().slice(0, 10);
  const how = domain.discovered ? "discovered" : "written";
  return `# ${how} ${since}\n${dump(manifest(domain), { lineWidth: -1 })}`;
}

/** All of them, as one file. */
export function manifestsText(domains: readonly ExportedDomain[]): string {
  return domains.map(manifestText).join("---\n");
}

function spec(domain: ExportedDomain): Partial<FederatedDomainSpec> {
  const { description, policy, protocol, trust, sources } = domain.spec;
  return {
    ...(description !== undefined && { description }),
    trust: isAdoptable(domain) ? "Full" : trust,
    ...(policy !== "Allow" && { policy }),
    ...(protocol !== "SIP" && { protocol }),
    ...(sources !== undefined && { sources }),
  };
}

function ofPeople(entries: Readonly<Record<string, string>>): Record<string, string> | undefined {
  const own = Object.entries(entries).filter(([name]) => !OF_TOOLS.test(name));
  if (own.length === 0) return undefined;
  return Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}
