import ipaddr from "ipaddr.js";
import { canonicalAddress, isLoopback } from "../federation/address.ts";
import { canonicalDomain, canonicalHost } from "../federation/domain-name.ts";

/** A value in its one spelling, or what is wrong with it and what to write instead. */
export type Canonical =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly problem: string };

const good = (value: string): Canonical => ({ ok: true, value });
const bad = (problem: string): Canonical => ({ ok: false, problem });

/** A domain name in the spelling that routing compares by. */
export function domain(text: string): Canonical {
  if (canonicalAddress(text) !== undefined) return bad("is an IP address; write a domain name");
  const name = canonicalDomain(text);
  return name === undefined ? bad("is not a domain name; write one such as example.com") : good(name);
}

/** A domain name, or `*` for all of them. */
export function assertedDomain(text: string): Canonical {
  return text === "*" ? good(text) : domain(text);
}

/** A host name or an IP address; IPv6 without brackets. */
export function host(text: string): Canonical {
  const name = canonicalHost(text);
  return name === undefined ? bad("is neither a host name nor an IP address") : good(name);
}

/** An address that nobody but this machine or pod reaches. */
export function loopback(text: string): Canonical {
  const address = canonicalAddress(text);
  if (address === undefined || !isLoopback(address))
    return bad("is not a loopback address such as 127.0.0.1");
  return good(address);
}

const DNS_PORT = 53;
const NAME_SERVER = /^(?:\[(?<ipv6>[^\]]+)\]|(?<ipv4>[\d.]+))(?::(?<port>\d{1,5}))?$/;

/** The address of a DNS server, and a port unless it is 53: `10.0.0.10:5353`, `[2001:db8::1]:5353`. */
export function nameServer(text: string): Canonical {
  const { ipv6, ipv4, port } = NAME_SERVER.exec(text)?.groups ?? {};
  const address = canonicalAddress(ipv6 ?? ipv4 ?? text);
  const number = Number(port ?? DNS_PORT);
  if (address === undefined || number < 1 || number > 65_535) {
    return bad("is not the address of a DNS server; write 10.0.0.10, 10.0.0.10:5353 or [2001:db8::1]:5353");
  }
  const host = address.includes(":") ? `[${address}]` : address;
  return good(`${host}:${number}`);
}

/** A network in CIDR notation, IPv4 or IPv6, without host bits, and not everybody. */
export function network(text: string): Canonical {
  const single = canonicalAddress(text);
  if (single !== undefined) return bad(`is one address; write ${single}/${single.includes(":") ? 128 : 32}`);
  if (!isCidr(text)) return bad("is not a network; write one such as 10.0.0.0/8 or 2001:db8::/32");
  const [address, bits] = ipaddr.parseCIDR(text);
  if (isMapped(address)) return bad("is IPv4 written as IPv6; write it as IPv4");
  if (bits === 0) return bad("is everybody; list the networks that are meant, such as 10.0.0.0/8");
  const canonical = `${baseOf(address, bits)}/${bits}`;
  const sameAddress = address.toString() === baseOf(address, bits);
  return sameAddress ? good(canonical) : bad(`has host bits set; write ${canonical}, or a longer prefix`);
}

/** Not the octal, hexadecimal and short forms of IPv4 that the parser also knows, and no zone ids. */
function isCidr(text: string): boolean {
  return (
    ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || (ipaddr.IPv6.isValidCIDR(text) && !text.includes("%"))
  );
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
