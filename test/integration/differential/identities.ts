/** Who the agents around the router are over TLS. */
import { isIP } from "node:net";
import { certifiedName } from "../../../src/router/encode.ts";
import type { AddressBlock } from "../../support/addresses.ts";
import type { Authority } from "../../support/authority.ts";
import { tlsFor } from "../../support/router-bed.ts";
import type { TlsOptions } from "../../support/sip/transport.ts";

export interface Identity {
  /** What its certificate is for, canonical. */
  readonly names: readonly string[];
  /** Whether it shows that to the router where it is the one that connects. */
  readonly asClient: boolean;
  /** Where it listens. */
  readonly port: number;
}

export const TLS_PORT = 5061;
/** Many processes share it: ports on it are taken as they are free. */
export const IPV6 = "::1";

/**
 * By address. Addresses are names too: whoever has a certificate without its own cannot prove to be there.
 * @param port6 where the agent at `IPV6` listens
 */
export function identities(block: AddressBlock, port6: number): ReadonlyMap<string, Identity> {
  const of = (host: number, ...names: string[]): [string, Identity] => {
    return [block.address(host), { names, asClient: true, port: TLS_PORT }];
  };
  const at = (host: number, ...names: string[]) => of(host, ...names, block.address(host));
  const [address, hidden] = at(25);
  return new Map([
    of(10, "local.test", "client.local.test"),
    at(20, "a.test", "b.a.test"),
    [address, { ...hidden, asClient: false }],
    of(40, "sbc.test", "a.a.test"),
    at(41, "platform.test"),
    at(101, "a.test", "b.test", "edge.test"),
    of(102, "b.a.test", "local.test"),
    at(103, "local.test"),
    at(106),
    of(107, "local.test"),
    [IPV6, { names: [IPV6, "test"], asClient: true, port: port6 }],
  ]);
}

/** How an agent speaks TLS, if it does. */
export function tlsOf(authority: Authority, identity: Identity | undefined): { readonly tls?: TlsOptions } {
  if (identity === undefined) return {};
  const { asClient, port } = identity;
  const names = identity.names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`);
  const { tls } = tlsFor(authority, { names });
  return tls ? { tls: { ...tls, asClient, port } } : {};
}

/** Whether a certificate for these names is one for that of a next hop, as the router writes it. */
export function isFor(names: readonly string[], name: string): boolean {
  return names.map(certifiedName).includes(name);
}
