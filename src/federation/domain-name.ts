import { canonicalAddress } from "./address.ts";

/** Labels as they occur in Request-URIs: more than a host name may have, but nothing that is not a name. */
const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** What the API takes as the name of a FederatedDomain (crds/): the same rule, to the letter. */
const STORABLE = /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?[.])+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_LENGTH = 253;

/** Top-level names that never lead to a partner (RFC 6761); anonymous callers use `anonymous.invalid` (RFC 3323 §4.1.1.3). */
const RESERVED = /(^|\.)(localhost|invalid)$/;

/**
 * The one spelling of a domain name: lower case, without a trailing dot, international names as A-labels.
 * Undefined for what is no name, IP addresses among it.
 */
export function canonicalDomain(text: string): string | undefined {
  const ascii = isAscii(text) ? text.toLowerCase() : toAscii(text);
  const name = ascii?.replace(/\.$/, "");
  return name !== undefined && NAME.test(name) && canonicalAddress(name) === undefined ? name : undefined;
}

/** The one spelling of a host: an IP address (IPv6 without brackets) or a domain name. Undefined for neither. */
export function canonicalHost(text: string): string | undefined {
  const bare = /^\[(.+)\]$/.exec(text)?.[1];
  return canonicalAddress(bare ?? text) ?? (bare === undefined ? canonicalDomain(text) : undefined);
}

/**
 * Whether a domain may be remembered: it could be the name of a FederatedDomain, and it leads somewhere. Not so IP
 * addresses, single labels, `localhost`, `invalid`, underscores, and what is longer than DNS allows.
 * @param domain canonical
 */
export function isCacheable(domain: string): boolean {
  return isStorable(domain) && !RESERVED.test(domain);
}

/** Whether the API takes the name for a FederatedDomain. A person may write names that are never remembered. */
export function isStorable(domain: string): boolean {
  return domain.length <= MAX_LENGTH && STORABLE.test(domain);
}

/** The domains above a domain, nearest first: `a.b.c` is below `b.c` and `c`. */
export function parents(domain: string): string[] {
  const above: string[] = [];
  for (let dot = domain.indexOf("."); dot >= 0; dot = domain.indexOf(".", dot + 1)) {
    above.push(domain.slice(dot + 1));
  }
  return above;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** By the URL parser's mapping (UTS #46), without what URLs know beside names: ports, users, escapes. */
function toAscii(text: string): string | undefined {
  if (/[^A-Za-z0-9._\-\u0080-\u{10ffff}]/u.test(text)) return undefined;
  return URL.parse(`http://${text}`)?.hostname;
}
