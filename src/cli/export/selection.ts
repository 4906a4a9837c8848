import { ORIGIN_DISCOVERED, ORIGIN_LABEL } from "../../api/names.ts";
import type { FederatedDomain } from "../../api/types.ts";
import type { ExportedDomain, Selection } from "./types.ts";

/** What an export needs of an object as the API server sends it. */
export function exportedDomain({ metadata, spec }: FederatedDomain): ExportedDomain {
  const { name, creationTimestamp, labels = {}, annotations = {} } = metadata;
  return {
    name,
    created: new Date(creationTimestamp),
    discovered: labels[ORIGIN_LABEL] === ORIGIN_DISCOVERED,
    labels,
    annotations,
    spec,
  };
}

/** Discovered, and nobody has adopted it yet. */
export function isAdoptable({ discovered, spec }: ExportedDomain): boolean {
  return discovered && spec.trust === "Limited";
}

/** The domains that are wanted, in the order of their names, which no locale changes. */
export function select(
  domains: readonly ExportedDomain[],
  selection: Selection,
  now: Date,
): readonly ExportedDomain[] {
  return domains
    .filter((domain) => isWanted(domain, selection, now))
    .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

function isWanted(domain: ExportedDomain, selection: Selection, now: Date): boolean {
  const { patterns, all, protocol, olderThan = 0, newerThan = Infinity } = selection;
  const age = now.getTime() - domain.created.getTime();
  return (
    (all || isAdoptable(domain)) &&
    (protocol === undefined || domain.spec.protocol === protocol) &&
    age >= olderThan &&
    age <= newerThan &&
    (patterns.length === 0 || patterns.some((pattern) => matches(pattern, domain.name)))
  );
}

/** Whether a domain is the one that is named, or fits: `*` stands for any characters, dots too. */
export function matches(pattern: string, domain: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[^a-z0-9]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(domain);
}

/** Domains that were named, not by a pattern, and of which nothing is exported: why, a sentence each. */
export function missing(
  domains: readonly ExportedDomain[],
  chosen: readonly ExportedDomain[],
  { patterns }: Selection,
): readonly string[] {
  const names = new Set(chosen.map(({ name }) => name));
  return patterns
    .filter((pattern) => !pattern.includes("*") && !names.has(pattern))
    .map((name) =>
      whyMissing(
        name,
        domains.find((domain) => domain.name === name),
      ),
    );
}

function whyMissing(name: string, domain: ExportedDomain | undefined): string {
  if (domain === undefined) return `there is no FederatedDomain ${name}`;
  if (isAdoptable(domain)) return `${name} is left out by the other options`;
  const why = domain.discovered ? "is adopted already" : "was not discovered: a person wrote it";
  return `${name} ${why}; --all prints it all the same`;
}
