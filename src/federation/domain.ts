import { parseNetwork } from "./address.ts";
import type { DomainObject, Finding, NameEntry } from "./types.ts";

export type KnownEntry = Extract<NameEntry, { kind: "known" }>;

/** What a FederatedDomain says, and what is wrong with it; undefined when nothing is. */
export interface CompiledDomain {
  readonly entry: KnownEntry;
  readonly problem: Finding | undefined;
}

/** Almost all domains look like one of eight: they share one entry, which keeps 100,000 of them small. */
const plainEntries = new Map<string, KnownEntry>();

/** Reads a FederatedDomain. Sources that are no networks prove nothing; the rest of the object stands. */
export function compileDomain({ spec }: DomainObject): CompiledDomain {
  const sources = spec.sources ?? [];
  const plain = plainEntry(spec);
  const bad = sources.find((source) => !isProof(source));
  if (bad !== undefined) return { entry: plain, problem: invalid(bad) };
  return { entry: sources.length === 0 ? plain : { ...plain, sources: [...sources] }, problem: undefined };
}

/** Whether two entries say the same. */
export function sameEntry(a: NameEntry | undefined, b: NameEntry | undefined): boolean {
  if (a === b) return true;
  if (a?.kind !== "known" || b?.kind !== "known") return a?.kind === b?.kind;
  return entryId(a) === entryId(b) && a.sources.join() === b.sources.join();
}

/** Everybody proves nothing: a network of prefix length 0 is refused. */
function isProof(source: string): boolean {
  return (parseNetwork(source)?.bits ?? 0) > 0;
}

function invalid(source: string): Finding {
  return {
    status: "False",
    reason: "InvalidSource",
    message: `sources holds ${JSON.stringify(source)}, which is no network, or everybody: write 192.0.2.0/24, or 192.0.2.7/32 for one address. Until then no address proves this domain.`,
  };
}

type EntryKind = Pick<KnownEntry, "policy" | "protocol" | "trust">;

function entryId({ policy, protocol, trust }: EntryKind): string {
  return `${policy} ${protocol} ${trust}`;
}

function plainEntry({ policy, protocol, trust }: EntryKind): KnownEntry {
  const id = entryId({ policy, protocol, trust });
  const known = plainEntries.get(id);
  if (known) return known;
  const entry: KnownEntry = { kind: "known", policy, protocol, trust, sources: [] };
  plainEntries.set(id, entry);
  return entry;
}
