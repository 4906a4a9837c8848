import { canonicalDomain } from "../../federation/domain-name.ts";

/** Top-level names and domains that lead to nobody (RFC 6761 §6). */
const RESERVED = /(^|\.)(test|example|invalid|localhost|example\.(com|net|org))$/;

export interface AskableOptions {
  readonly localDomains: readonly string[];
  /** Reserved names that are asked all the same, with all below them. */
  readonly askReserved: readonly string[];
}

/**
 * The one spelling of a domain that may be asked over XMPP. Undefined for IP addresses, single labels, local domains,
 * and reserved names.
 */
export function askableDomain(text: string, options: AskableOptions): string | undefined {
  const domain = canonicalDomain(text);
  if (domain === undefined || !domain.includes(".") || options.localDomains.includes(domain))
    return undefined;
  const isExcepted = options.askReserved.some((name) => domain === name || domain.endsWith(`.${name}`));
  return isExcepted || !RESERVED.test(domain) ? domain : undefined;
}
