import type { Transport } from "../federation/types.ts";
import type { DnsRecord } from "./answer.ts";
import type { Inquiry } from "./inquiry.ts";
import { canonicalName } from "./question.ts";
import type { HopName } from "./types.ts";

/** RFC 3263 §4.1: NAPTR service, and what precedes the domain in the name of the SRV record. */
const SERVICE: Readonly<Record<Transport, { readonly naptr: string; readonly srv: string }>> = {
  UDP: { naptr: "SIP+D2U", srv: "_sip._udp" },
  TCP: { naptr: "SIP+D2T", srv: "_sip._tcp" },
  TLS: { naptr: "SIPS+D2T", srv: "_sips._tcp" },
};

/** Most names that NAPTR records may send us to, one after the other, and SRV records that are used. */
const MAX_NAMES = 8;
const MAX_RECORDS = 32;

/** An SRV record whose target is a host. */
export interface Service {
  /** 0–65535, lower first. */
  readonly priority: number;
  /** 0–65535, share among equal priority. */
  readonly weight: number;
  /** 1–65535. */
  readonly port: number;
  /** Canonical. */
  readonly target: string;
}

export type Services =
  /** `services` is empty where the domain says that it does not offer the service (RFC 2782, target `.`). */
  | { readonly kind: "found"; readonly name: string; readonly services: readonly Service[] }
  | { readonly kind: "none"; readonly name: string }
  | { readonly kind: "unknown" };

/**
 * The SRV records of a domain for a transport, whose name a NAPTR record may give (RFC 3263 §4.1, 4.2). A NAPTR
 * question that fails counts as one without an answer: some networks let nothing but common types through.
 */
export async function findServices({ host, transport }: HopName, inquiry: Inquiry): Promise<Services> {
  const naptr = await inquiry.askOptional({ name: host, type: "NAPTR" });
  const usual = `${SERVICE[transport].srv}.${host}`;
  const given = naptr?.kind === "records" ? serviceNames(naptr.records, transport) : [];
  for (const name of given.length > 0 ? given : [usual]) {
    const answer = await inquiry.ask({ name, type: "SRV" });
    if (answer === undefined) return { kind: "unknown" };
    if (answer.kind === "records") return { kind: "found", name, services: usableServices(answer.records) };
  }
  return { kind: "none", name: given[0] ?? usual };
}

/** Names of SRV records for a transport, best first: by order, then preference (RFC 3403 §4.1). */
export function serviceNames(records: readonly DnsRecord[], transport: Transport): readonly string[] {
  const fitting = records
    .flatMap((record) => (record.type === "NAPTR" ? [record.data] : []))
    .filter(({ flags }) => flags.toLowerCase() === "s")
    .filter(({ services }) => services.toUpperCase() === SERVICE[transport].naptr)
    .map(({ replacement, ...rest }) => ({ ...rest, name: canonicalName(replacement) }))
    .filter(({ name }) => name !== ".")
    .sort((a, b) => a.order - b.order || a.preference - b.preference || compare(a.name, b.name));
  return [...new Set(fitting.map(({ name }) => name))].slice(0, MAX_NAMES);
}

function usableServices(records: readonly DnsRecord[]): readonly Service[] {
  return records
    .flatMap((record) => (record.type === "SRV" ? [record.data] : []))
    .map(({ priority = 0, weight = 0, port, target }) => ({
      priority,
      weight,
      port,
      target: canonicalName(target),
    }))
    .filter(({ target, port }) => target !== "." && port !== 0)
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight || compare(a.target, b.target))
    .slice(0, MAX_RECORDS);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
