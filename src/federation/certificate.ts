import { canonicalAddress } from "./address.ts";
import { canonicalDomain } from "./domain-name.ts";

/** What a certificate says of its owner, in the words of Node's `X509Certificate`. */
export interface CertificateSubject {
  readonly subject: string;
  /** Absent where it has no such extension. */
  readonly subjectAltName?: string | undefined;
  /** Its extended key usage, which Node.js calls so. */
  readonly keyUsage?: readonly string[] | undefined;
}

/** A certificate with more names is one of a kind that nobody needs here. */
const MAX_NAMES = 200;
const MAX_LENGTH = 253;

/** What a server or client of SIP may be certified for: serverAuth, clientAuth, any, id-kp-sipDomain (RFC 5924). */
const KEY_USAGES = new Set(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.3.6.1.5.5.7.3.20"]);

/** One entry of a subject alternative name as Node.js writes it; a value with commas or quotes is a JSON string. */
const ENTRY = /(?:^|, )([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;

interface AlternativeName {
  readonly type: string;
  readonly value: string;
}

/**
 * The names that a certificate proves, canonical: SIP domains by RFC 5922 §7.1, then IP addresses. The domains are those
 * of its `sip:` URIs without user part; without any such URI its DNS names; its common name where it has no subject
 * alternative name at all. Wildcards prove nothing (§7.2). That an authority signed it has to be checked elsewhere.
 */
export function provenNames(certificate: CertificateSubject): readonly string[] {
  if (!isForSip(certificate)) return [];
  return [...new Set(namesOf(certificate))].slice(0, MAX_NAMES);
}

/** Whether it may be used for SIP: an extended key usage, where it has one, names a use that fits (RFC 5924 §4). */
export function isForSip({ keyUsage }: CertificateSubject): boolean {
  return keyUsage === undefined || keyUsage.some((usage) => KEY_USAGES.has(usage));
}

function namesOf({ subject, subjectAltName }: CertificateSubject): string[] {
  if (subjectAltName === undefined) return commonNames(subject).flatMap(canonical);
  const names = alternativeNames(subjectAltName);
  const uris = valuesOf(names, "URI").flatMap(domainOfUri);
  const domains = uris.length > 0 ? uris : valuesOf(names, "DNS").flatMap(canonical);
  return [...domains, ...valuesOf(names, "IP Address").flatMap((text) => canonicalAddress(text) ?? [])];
}

function alternativeNames(text: string): AlternativeName[] {
  return Array.from(text.matchAll(ENTRY), ([, type = "", value = ""]) => ({
    type,
    value: value.startsWith('"') ? String(JSON.parse(value)) : value,
  }));
}

function valuesOf(names: readonly AlternativeName[], wanted: string): string[] {
  return names.filter(({ type }) => type === wanted).map(({ value }) => value);
}

function commonNames(subject: string): string[] {
  return subject.split("\n").flatMap((line) => (line.startsWith("CN=") ? [line.slice(3)] : []));
}

/** Domain of a `sip:` URI that is nothing but a domain: no user, no port, no parameters count (RFC 5922 §7.1). */
function domainOfUri(uri: string): string[] {
  const domain = /^sip:([^@:;?]+)/i.exec(uri)?.[1];
  return domain === undefined || uri.includes("@") ? [] : canonical(domain);
}

/** Lower case and without a trailing dot; nothing where it is no whole name, as one with a wildcard. */
function canonical(name: string): string[] {
  const plain = name.toLowerCase().replace(/\.$/, "");
  return plain.length <= MAX_LENGTH && canonicalDomain(plain) === plain ? [plain] : [];
}
