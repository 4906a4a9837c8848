import { domainToASCII } from "node:url";
import ipaddr from "ipaddr.js";

/** A value in its one spelling, or what is wrong with it and what to write instead. */
export type Canonical =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly problem: string };

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const MAX_NAME = 253;

const good = (value: string): Canonical => ({ ok: true, value });
const bad = (problem: string): Canonical => ({ ok: false, problem });

/** A domain name: lower case, A-labels, no trailing dot (RFC 5890 §2.3.2.1). */
export function domain(text: string): Canonical {
  if (ipaddr.isValid(text)) return bad("is an IP address; write a domain name");
  // domainToASCII decodes %41: what is not a name must not become one.
  const name = text.includes("%") ? "" : domainToASCII(text.replace(/\.$/, ""));
  const isName =
    name !== "" && name.length <= MAX_NAME && name.split(".").every((label) => LABEL.test(label));
  return isName ? good(name) : bad("is not a domain name; write one such as example.com");
}

/** A domain name, or `*` for all of them. */
export function assertedDomain(text: string): Canonical {
  return text === "*" ? good(text) : domain(text);
}

/** A host name or an IP address; IPv6 without brackets, IPv4-mapped IPv6 as IPv4. */
export function host(text: string): Canonical {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (isAddress(bare)) return good(ipaddr.process(bare).toString());
  const name = domain(bare);
  return name.ok ? name : bad("is neither a host name nor an IP address");
}

/** A network in CIDR notation, IPv4 or IPv6, without host bits, and not everybody. */
export function network(text: string): Canonical {
  if (isAddress(text)) {
    return bad(`is one address; write ${text}/${ipaddr.parse(text).kind() === "ipv4" ? 32 : 128}`);
  }
  if (!isCidr(text)) return bad("is not a network; write one such as 10.0.0.0/8 or 2001:db8::/32");
  const [address, bits] = ipaddr.parseCIDR(text);
  if (isMapped(address)) return bad("is IPv4 written as IPv6; write it as IPv4");
  if (bits === 0) return bad("is everybody; list the networks that are meant, such as 10.0.0.0/8");
  const canonical = `${baseOf(address, bits)}/${bits}`;
  const sameAddress = address.toString() === baseOf(address, bits);
  return sameAddress ? good(canonical) : bad(`has host bits set; write ${canonical}, or a longer prefix`);
}

/** Four decimal parts, or IPv6: not the octal, hexadecimal and short forms that the parser also knows. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

function isCidr(text: string): boolean {
  if (text.includes("%")) return false;
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);
}

function isMapped(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
}

function baseOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const cidr = `${address.toString()}/${bits}`;
  const base =
    address instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return base.toString();
}
