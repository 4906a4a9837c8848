import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network in a form that can be compared with addresses. */
export interface Network {
  readonly base: Address;
  /** Prefix length, 0–32 or 0–128. */
  readonly bits: number;
}

/** Length of the prefix ::ffff:0:0/96, under which IPv6 carries IPv4 (RFC 4291 §2.5.5.2). */
const MAPPED_BITS = 96;

/**
 * The one spelling of an IP address: RFC 5952 for IPv6, without brackets, and IPv4-mapped IPv6 as IPv4.
 * Undefined for anything else, also for the short, octal and hexadecimal forms of IPv4 and for zone ids.
 */
export function canonicalAddress(text: string): string | undefined {
  return parseAddress(text)?.toString();
}

/** Parses CIDR notation; host bits are ignored. Undefined when it is none. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.lastIndexOf("/");
  const bits = text.slice(slash + 1);
  const literal = literalAddress(text.slice(0, slash));
  if (slash < 0 || literal === undefined || !/^\d{1,3}$/.test(bits)) return undefined;
  return networkOf(literal, Number(bits));
}

/** The first of the networks (CIDRs) that the address is in. What is no network holds no address. */
export function networkHolding(address: string, networks: readonly string[]): string | undefined {
  const parsed = parseAddress(address);
  if (!parsed) return undefined;
  return networks.find((text) => {
    const network = parseNetwork(text);
    return network?.base.kind() === parsed.kind() && parsed.match(network.base, network.bits);
  });
}

/** True for addresses that stay on this machine: 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === "loopback";
}

/** True for addresses that stand for one machine: neither unspecified nor broadcast nor multicast. */
export function isOneMachine(address: string): boolean {
  const range = parseAddress(address)?.range();
  return range !== undefined && !["unspecified", "broadcast", "multicast"].includes(range);
}

function networkOf(base: Address, bits: number): Network | undefined {
  if (bits > (base.kind() === "ipv4" ? 32 : 128)) return undefined;
  if (!(base instanceof ipaddr.IPv6) || !base.isIPv4MappedAddress()) return { base, bits };
  return bits < MAPPED_BITS ? undefined : { base: base.toIPv4Address(), bits: bits - MAPPED_BITS };
}

function parseAddress(text: string): Address | undefined {
  const address = literalAddress(text);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function literalAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const isIPv6 = text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text);
  return isIPv6 ? ipaddr.IPv6.parse(text) : undefined;
}
