import type { DnsRecord } from "./answer.ts";
import { RCODE, rcodeName, type Reply } from "./message.ts";
import { canonicalName, type Question } from "./question.ts";

/** Aliases (CNAME) that may follow one another, before it looks like a circle. */
export const MAX_ALIASES = 8;
/** Seconds that a negative answer counts when no SOA record says it (RFC 2308 §5 leaves that open). */
const NEGATIVE_TTL_S = 30;
/** TTLs have 31 bits; more means 0 (RFC 2181 §8). */
const MAX_TTL_S = 0x7fff_ffff;

/** What a reply says to its question. TTLs in seconds, the smallest of all records that it rests on. */
export type Reading =
  | { readonly kind: "records"; readonly records: readonly DnsRecord[]; readonly ttl: number }
  | { readonly kind: "none"; readonly nameExists: boolean; readonly ttl: number }
  /** The name is an alias, and the reply ends there: the question is to be asked of `target`. */
  | { readonly kind: "alias"; readonly target: string; readonly aliases: number; readonly ttl: number }
  /** The server cannot say it now; `what` it did instead: "answered SERVFAIL". */
  | { readonly kind: "refused"; readonly what: string };

interface Path {
  readonly name: string;
  readonly aliases: number;
  readonly ttl: number;
}

/** Reads a reply that is not truncated. */
export function readingOf(reply: Reply, { name, type }: Question): Reading {
  const { rcode, answers, authorities } = reply;
  if (rcode !== RCODE.noError && rcode !== RCODE.nxDomain) {
    return { kind: "refused", what: `answered ${rcodeName(rcode)}` };
  }
  const path = followAliases(answers, name);
  if (path === undefined) return { kind: "refused", what: "answered with aliases in a circle" };
  if (rcode === RCODE.nxDomain) return none(authorities, path, path.aliases > 0);
  const records = answers.filter((record) => record.type === type && belongsTo(record, path.name));
  if (records.length > 0) {
    return { kind: "records", records, ttl: Math.min(path.ttl, ...records.map(ttlOf)) };
  }
  if (hasRecord(authorities, "SOA")) return none(authorities, path, true);
  if (path.aliases > 0) return { kind: "alias", target: path.name, aliases: path.aliases, ttl: path.ttl };
  if (hasRecord(authorities, "NS"))
    return { kind: "refused", what: "only answered which other servers to ask" };
  return none(authorities, path, true);
}

/** Where the aliases of an answer lead; undefined when they do not end. */
function followAliases(answers: readonly DnsRecord[], from: string): Path | undefined {
  let path: Path = { name: from, aliases: 0, ttl: Infinity };
  while (path.aliases <= MAX_ALIASES) {
    const alias = answers.find((record) => record.type === "CNAME" && belongsTo(record, path.name));
    if (alias?.type !== "CNAME") return path;
    path = {
      name: canonicalName(alias.data),
      aliases: path.aliases + 1,
      ttl: Math.min(path.ttl, ttlOf(alias)),
    };
  }
  return undefined;
}

/** The TTL of a negative answer is the smaller of that of the SOA record and of its last field (RFC 2308 §5). */
function none(authorities: readonly DnsRecord[], path: Path, nameExists: boolean): Reading {
  const soa = authorities.find((record) => record.type === "SOA");
  const negative = soa === undefined ? NEGATIVE_TTL_S : Math.min(ttlOf(soa), soa.data.minimum ?? 0);
  return { kind: "none", nameExists, ttl: Math.min(path.ttl, negative) };
}

function hasRecord(records: readonly DnsRecord[], type: DnsRecord["type"]): boolean {
  return records.some((record) => record.type === type);
}

function belongsTo(record: DnsRecord, name: string): boolean {
  return record.type !== "OPT" && record.class === "IN" && canonicalName(record.name) === name;
}

function ttlOf(record: DnsRecord): number {
  if (record.type === "OPT") return 0;
  const ttl = record.ttl ?? 0;
  return ttl > MAX_TTL_S ? 0 : ttl;
}
