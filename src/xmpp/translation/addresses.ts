import { isIPv6 } from "node:net";
import { domainToASCII, domainToUnicode } from "node:url";
import { escapeLocalpart, unescapeLocalpart } from "./jid-escaping.ts";

/** Most bytes of UTF-8 in each part of a JID (RFC 7622 §3.1). */
const MAX_PART = 1023;
/** What no part of a JID may hold: controls, lone surrogates, private use, separators, non-characters (RFC 3454 C.2 to C.6). */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;
/** Characters that string preparation removes (RFC 3454 B.1): soft hyphen, joiners, variation selectors. */
const MAPPED_TO_NOTHING = /[\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff\u00ad]/gu;
/** What a user part may hold unescaped beside what `encodeURIComponent` leaves alone (RFC 3261 §25.1, user-unreserved). */
const USER_UNRESERVED = /%(?:26|3D|2B|24|2C|3B|3F|2F)/g;
/** The same for a parameter (RFC 3261 §25.1, param-unreserved). */
const PARAMETER_UNRESERVED = /%(?:5B|5D|2F|3A|26|2B|24)/g;

/**
 * The JID of a SIP or SIPS URI (RFC 7247 §5.4): the user as localpart, escaped by XEP-0106, and a `gr` parameter with a
 * value as resource. Port, password, headers and other parameters are left out. Like every JID it is case-insensitive
 * before the resource, and its domain is in Unicode. Undefined for what is no such URI, or can be no JID.
 */
export function toJid(uri: string): string | undefined {
  const parts = /^sips?:(?:([^@]*)@)?(\[[^\]]+\]|[^[\]:;?@]+)(?::\d*)?((?:;[^?@]*)?)(?:\?[^@]*)?$/i.exec(uri);
  if (parts === null) return undefined;
  const [, userinfo, host = "", parameters = ""] = parts;
  const local = userinfo === undefined ? "" : localpart(userinfo.replace(/:.*$/s, ""));
  const domain = xmppDomain(host);
  const resource = resourceOf(parameters);
  if (local === undefined || domain === undefined || resource === undefined) return undefined;
  return `${local}${domain}${resource === "" ? "" : `/${resource}`}`;
}

/**
 * The SIP URI of a JID (RFC 7247 §5.5), whose `toJid` leads back to it; a resource becomes a `gr` parameter. Undefined for
 * what is no JID, and for JIDs that nobody writes so: with escapes that XEP-0106 would not have made.
 */
export function toSipUri(jid: string): string | undefined {
  const { local, domain, resource } = splitJid(jid);
  const host = sipHost(domain);
  if (host === undefined || local === "" || resource === "" || !jid.isWellFormed()) return undefined;
  const user = local === undefined ? "" : `${encode(unescapeLocalpart(local), USER_UNRESERVED)}@`;
  const gruu = resource === undefined ? "" : `;gr=${encode(resource, PARAMETER_UNRESERVED)}`;
  const uri = `sip:${user}${host}${gruu}`;
  const back = toJid(uri);
  if (back === undefined) return undefined;
  return local === undefined || back.startsWith(`${canonicalLocalpart(local)}@`) ? uri : undefined;
}

/** A JID without its resource (RFC 7622 §3.1). */
export function bare(jid: string): string {
  return jid.replace(/\/.*$/s, "");
}

/** With its `@`; undefined when it can be none. */
function localpart(user: string): string | undefined {
  const decoded = percentDecoded(user);
  const escaped = decoded === undefined ? undefined : escapeLocalpart(canonicalLocalpart(decoded));
  return escaped !== undefined && isPart(escaped) ? `${escaped}@` : undefined;
}

/** As servers compare it (RFC 6122 Appendix A): so two spellings of one address are one here too. */
function canonicalLocalpart(text: string): string {
  return text.replace(MAPPED_TO_NOTHING, "").normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Empty when there is none; undefined when it can be none. A `gr` without value names no device (RFC 5627 §5.1). */
function resourceOf(parameters: string): string | undefined {
  const value = /;gr=([^;]*)/i.exec(parameters)?.[1] ?? "";
  const decoded = percentDecoded(value);
  return decoded === "" || (decoded !== undefined && isPart(decoded)) ? decoded : undefined;
}

function isPart(text: string): boolean {
  return text !== "" && !FORBIDDEN.test(text) && Buffer.byteLength(text) <= MAX_PART;
}

/** Names in Unicode, as XMPP has them (RFC 7622 §3.2); addresses as they are. Undefined for what is neither. */
export function xmppDomain(host: string): string | undefined {
  const canonical = sipHost(host);
  if (canonical === undefined || canonical.startsWith("[")) return canonical;
  const unicode = domainToUnicode(canonical);
  return unicode === "" ? canonical : unicode;
}

/** Names in ASCII, lower case, without trailing dot, as SIP has them; IPv6 in brackets. */
function sipHost(domain: string): string | undefined {
  const address = /^\[(.+)\]$/.exec(domain)?.[1];
  if (address !== undefined) return isIPv6(address) ? `[${address.toLowerCase()}]` : undefined;
  const ascii = /^[\x21-\x7e]*$/.test(domain) ? domain.toLowerCase() : domainToASCII(domain);
  const name = ascii.replace(/\.$/, "");
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name) && name.length <= MAX_PART ? name : undefined;
}

/** Undefined when it is not the escaped form of a text in UTF-8. */
function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function encode(text: string, allowed: RegExp): string {
  return encodeURIComponent(text).replace(allowed, decodeURIComponent);
}

/** At the first slash, then at the first at sign before it (RFC 7622 §3.1). */
function splitJid(jid: string): { local?: string; domain: string; resource?: string } {
  const slash = jid.indexOf("/");
  const address = bare(jid);
  const at = address.indexOf("@");
  return {
    ...(at < 0 ? {} : { local: address.slice(0, at) }),
    domain: address.slice(at + 1),
    ...(slash < 0 ? {} : { resource: jid.slice(slash + 1) }),
  };
}
