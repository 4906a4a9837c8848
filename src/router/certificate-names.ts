import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { isName } from "./encode.ts";

/** A certificate with more names is one of a kind that nobody needs here. */
const MAX_NAMES = 200;

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
 * alternative name at all. Wildcards prove nothing (§7.2). That an authority signed it, the router has checked.
 * @param pem one certificate
 * @returns nothing also for what is no certificate
 */
export function certificateNames(pem: string): readonly string[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return [];
  }
  if (!isForSip(certificate)) return [];
  return [...new Set(namesOf(certificate))].slice(0, MAX_NAMES);
}

function isForSip({ keyUsage }: X509Certificate): boolean {
  // Node.js calls the extended key usage so; absent, it restricts nothing
  const usages = keyUsage as readonly string[] | undefined;
  return usages === undefined || usages.some((usage) => KEY_USAGES.has(usage));
}

function namesOf(certificate: X509Certificate): string[] {
  if (certificate.subjectAltName === undefined) return commonNames(certificate).flatMap(canonical);
  const names = alternativeNames(certificate.subjectAltName);
  const uris = valuesOf(names, "URI").flatMap(domainOfUri);
  const domains = uris.length > 0 ? uris : valuesOf(names, "DNS").flatMap(canonical);
  return [...domains, ...valuesOf(names, "IP Address").flatMap(canonicalAddress)];
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

function commonNames({ subject }: X509Certificate): string[] {
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
  return isName(plain) && isIP(plain) === 0 ? [plain] : [];
}

function canonicalAddress(text: string): string[] {
  return isIP(text) === 0 ? [] : [ipaddr.process(text).toString()];
}
