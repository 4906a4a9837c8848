import { compileDomain, sameEntry, type KnownEntry } from "./domain.ts";
import type { DomainObject, Finding, NameEntry } from "./types.ts";

/** Keeps what is known of domain names up to date, one FederatedDomain at a time. */
export class NameIndex {
  readonly names = new Map<string, NameEntry>();
  /** Problems of those few objects that have one. */
  readonly #problems = new Map<string, Finding>();
  /** FederatedDomains that name a local domain: without effect. */
  readonly #shadowed = new Set<string>();
  #limited = 0;
  #changed = new Set<string>();
  #touched = new Set<string>();

  constructor(localDomains: readonly string[]) {
    for (const name of localDomains) this.#put(name, { kind: "local" });
  }

  /** Number of known domains whose trust is Limited. */
  get limited(): number {
    return this.#limited;
  }

  set(object: DomainObject): void {
    const { name } = object;
    this.#touched.add(name);
    if (this.names.get(name)?.kind === "local") {
      this.#shadowed.add(name);
      return;
    }
    const { entry, problem } = compileDomain(object);
    if (problem) this.#problems.set(name, problem);
    else this.#problems.delete(name);
    this.#put(name, entry);
  }

  delete(name: string): void {
    this.#touched.add(name);
    this.#shadowed.delete(name);
    this.#problems.delete(name);
    if (this.names.get(name)?.kind === "known") this.#put(name, undefined);
  }

  /** Whether a FederatedDomain of this name exists that is a local domain. */
  isShadowed(name: string): boolean {
    return this.#shadowed.has(name);
  }

  known(name: string): KnownEntry | undefined {
    const entry = this.names.get(name);
    return entry?.kind === "known" ? entry : undefined;
  }

  *knownNames(): Iterable<string> {
    for (const [name, entry] of this.names) if (entry.kind === "known") yield name;
  }

  problem(name: string): Finding | undefined {
    return this.#problems.get(name);
  }

  /** Names whose entry has changed since the last take. */
  takeChanged(): ReadonlySet<string> {
    const taken = this.#changed;
    this.#changed = new Set();
    return taken;
  }

  /** Names of the objects that were set or deleted since the last take. */
  takeTouched(): Set<string> {
    const taken = this.#touched;
    this.#touched = new Set();
    return taken;
  }

  #put(name: string, entry: NameEntry | undefined): void {
    const before = this.names.get(name);
    if (sameEntry(before, entry)) return;
    this.#limited += limitedCount(entry) - limitedCount(before);
    if (entry) this.names.set(name, entry);
    else this.names.delete(name);
    this.#changed.add(name);
  }
}

function limitedCount(entry: NameEntry | undefined): number {
  return entry?.kind === "known" && entry.trust === "Limited" ? 1 : 0;
}
