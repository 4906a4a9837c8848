import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Answer, DnsRecord } from "./answer.ts";
import type { Inquiry } from "./inquiry.ts";
import type { Family } from "./types.ts";

const TYPE = { 4: "A", 6: "AAAA" } as const;
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

/** `localhost` and all below it never need DNS (RFC 6761 §6.3). */
const LOCALHOST = /(^|\.)localhost$/;

/** Ranges of addresses that stand for no one machine, or need to be told the interface. */
const UNUSABLE = ["unspecified", "broadcast", "multicast"];

export interface Addresses {
  readonly addresses: readonly string[];
  /** Why there is none, a sentence without its full stop; undefined also where DNS failed. */
  readonly problem: string | undefined;
}

/** The addresses of a host that is one itself, or that need no DNS; undefined for all others. */
export function literalAddresses(host: string, families: readonly Family[]): readonly string[] | undefined {
  if (isIP(host) !== 0) return [host];
  return LOCALHOST.test(host) ? families.map((family) => LOOPBACK[family]) : undefined;
}

/** Asks for all families at once: what one of them has is used, whatever becomes of the other. */
export async function findAddresses(
  name: string,
  inquiry: Inquiry,
  families: readonly Family[],
): Promise<Addresses> {
  const questions = families.map((family) => ({ name, type: TYPE[family] }));
  const answers = await Promise.all(questions.map((question) => inquiry.ask(question)));
  const known = answers.filter((answer) => answer !== undefined);
  const addresses = known.flatMap(usableAddresses);
  const isDefinite = addresses.length === 0 && known.length === answers.length;
  const types = questions.map(({ type }) => type).join(" or ");
  return { addresses, problem: isDefinite ? `${name} ${lack(known, types)}` : undefined };
}

function lack(answers: readonly Answer[], types: string): string {
  if (answers.some(({ kind }) => kind === "records")) return "has no address that requests can be sent to";
  const exists = answers.some((answer) => answer.kind === "none" && answer.nameExists);
  return exists ? `has no ${types} record` : "does not exist in DNS";
}

function usableAddresses(answer: Answer): string[] {
  return answer.kind === "records" ? answer.records.flatMap(usableAddress) : [];
}

/** An IPv4-mapped IPv6 address is the IPv4 one. */
function usableAddress(record: DnsRecord): string[] {
  if ((record.type !== "A" && record.type !== "AAAA") || isIP(record.data) === 0) return [];
  const address = ipaddr.process(record.data);
  const range = address.range();
  const needsInterface = address.kind() === "ipv6" && range === "linkLocal";
  return needsInterface || UNUSABLE.includes(range) ? [] : [address.toString()];
}
