import type { FederatedDomainSpec } from "../../api/types.ts";

/** What an export needs of a FederatedDomain. */
export interface ExportedDomain {
  /** The domain. */
  readonly name: string;
  /** When it became known. */
  readonly created: Date;
  /** The operator created it. */
  readonly discovered: boolean;
  /** Of people and of tools. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: FederatedDomainSpec;
}

/** Which domains are wanted; what is absent restricts nothing. */
export interface Selection {
  /** Domains, and patterns with `*`; none: all. */
  readonly patterns: readonly string[];
  /** Those too that are adopted, or that a person wrote. */
  readonly all: boolean;
  readonly protocol?: FederatedDomainSpec["protocol"] | undefined;
  /** Known for so long at least, in milliseconds. */
  readonly olderThan?: number | undefined;
  /** Known for so long at most, in milliseconds. */
  readonly newerThan?: number | undefined;
}
