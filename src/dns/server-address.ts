import { isIP } from "node:net";

/** A DNS server. */
export interface ServerAddress {
  readonly host: string;
  /** 1–65535. */
  readonly port: number;
}

const DNS_PORT = 53;
const WITH_PORT = /^(?:\[(?<ipv6>[^\]]+)\]|(?<ipv4>[\d.]+))(?::(?<port>\d{1,5}))?$/;

/**
 * Reads a server as `getServers()` of node:dns writes it: an address, and the port unless it is 53.
 * @throws Error when it is something else.
 */
export function parseServer(text: string): ServerAddress {
  if (isIP(text) !== 0) return { host: text, port: DNS_PORT };
  const { ipv6, ipv4, port } = WITH_PORT.exec(text)?.groups ?? {};
  const host = ipv6 ?? ipv4 ?? "";
  const number = Number(port ?? DNS_PORT);
  const isValid = isIP(host) === (ipv6 === undefined ? 4 : 6) && number >= 1 && number <= 65_535;
  if (!isValid) throw new Error(`${JSON.stringify(text)} is not the address of a DNS server`);
  return { host, port: number };
}

/** For people: the port only where it is not the usual one. */
export function serverText({ host, port }: ServerAddress): string {
  if (port === DNS_PORT) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
