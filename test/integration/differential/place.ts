import type { Transport } from "../../../src/federation/types.ts";
import { hopUri } from "../../../src/router/encode.ts";
import type { AddressBlock } from "../../support/addresses.ts";
import type { World } from "../../support/arbitraries.ts";

/** Listeners of the router, UDP and TCP at both addresses and both ports. */
export interface RouterAddress {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly port: number;
  /** Of the listener that only the inside can reach. */
  readonly insidePort: number;
}

/** Where a route may lead. */
export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  /** Status that a new request gets; undefined: nothing can be sent there. */
  readonly answers: number | undefined;
}

export const SIP_PORT = 5060;
/** Many processes share it: ports on it are taken as they are free. */
export const IPV6 = "::1";

/** TEST-NET-1 (RFC 5737): what is bound to a loopback address cannot send there, and knows at once. */
const UNREACHABLE = "192.0.2.1";

const ROUTER = 1;
const INSIDE = 10;
/** In the first trusted network, in the second, in none. */
const OUTSIDE = [20, 25, 40];

/** Who is where around the router, and so what generated objects and requests are made of. */
export class Place {
  readonly router: RouterAddress;
  readonly hops: readonly Hop[];
  readonly senders: readonly string[];
  readonly #block: AddressBlock;

  constructor(block: AddressBlock, ports: { router: number; inside: number; hop: number }) {
    const ipv4 = block.address(ROUTER);
    const at = (host: number, transport: Transport, answers: number | undefined): Hop => {
      return { host: block.address(host), port: SIP_PORT, transport, answers };
    };
    this.#block = block;
    this.router = { ipv4, ipv6: IPV6, port: ports.router, insidePort: ports.inside };
    this.senders = [...[INSIDE, ...OUTSIDE].map((host) => block.address(host)), IPV6];
    this.hops = [
      at(12, "UDP", 200),
      at(101, "UDP", 200),
      at(101, "TCP", 200),
      at(102, "TCP", 202),
      at(103, "UDP", 404),
      at(104, "UDP", 503),
      at(105, "TCP", 503),
      { host: UNREACHABLE, port: SIP_PORT, transport: "UDP", answers: undefined },
      { host: IPV6, port: ports.hop, transport: "UDP", answers: 200 },
      { host: IPV6, port: ports.hop, transport: "TCP", answers: 404 },
    ];
  }

  get world(): World {
    const { ipv4, ipv6, port, insidePort } = this.router;
    const network = (first: number): string => `${this.#block.address(first)}/29`;
    return {
      localDomains: ["local.test", "b.test"],
      insideNetworks: [network(8)],
      // as src/config has it: localhost is a name of the control listener
      ownAddresses: [ipv4, ipv6, "localhost"].flatMap((host) =>
        [port, insidePort].map((it) => ({ host, port: it })),
      ),
      nextHops: [
        ...this.hops.map(({ host, port: nextHopPort, transport }) => {
          const protocolType = transport;
          return nextHopPort === SIP_PORT
            ? { nextHop: host, protocolType }
            : { nextHop: host, nextHopPort, protocolType };
        }),
        { nextHop: this.#block.address(101), protocolType: "TLS" },
        { nextHop: ipv4, nextHopPort: port, protocolType: "UDP" },
      ],
      sources: this.senders,
      networks: [network(16), `${IPV6}/128`, network(24)],
    };
  }
}

export function uriOf(hop: Pick<Hop, "host" | "port" | "transport">): string {
  return hopUri({ ...hop, route: "", priority: 1, weight: 1, trustIdentity: false });
}
