import { isIP } from "node:net";
import type { Transport } from "../../../src/federation/types.ts";
import type { AddressBlock } from "../../support/addresses.ts";
import type { World } from "../../support/arbitraries.ts";
import { GATEWAY_PORTS } from "../../support/gateway-double.ts";
import { identities, IPV6, TLS_PORT, type Identity } from "./identities.ts";

/** Listeners of the router, at both addresses and all of these ports. */
export interface RouterAddress {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly port: number;
  /** Of the listener that only the inside can reach. */
  readonly insidePort: number;
  /** The same over TLS. */
  readonly tlsPort: number;
  readonly tlsInsidePort: number;
}

/** Where a route may lead, and the XMPP gateway. */
export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  /** Status that a new request gets; undefined: nothing can be sent there. */
  readonly answers: number | undefined;
}

export const SIP_PORT = 5060;
const DEFAULT_PORT: Readonly<Record<Transport, number>> = { UDP: SIP_PORT, TCP: SIP_PORT, TLS: TLS_PORT };

/** TEST-NET-1 (RFC 5737): what is bound to a loopback address cannot send there, and knows at once. */
const UNREACHABLE = "192.0.2.1";

const ROUTER = 1;
/** Inside; and outside in the first trusted network, in the second, in none. */
const SENDERS = [10, 20, 25, 40, 41];

/** Ports at `IPV6`: the router's, and those of the agent there. */
export const PORTS = ["port", "insidePort", "tlsPort", "tlsInsidePort", "hopPort", "hopTlsPort"] as const;
type Ports = Readonly<Record<(typeof PORTS)[number], number>>;

/** Who is where around the router, and so what generated objects and requests are made of. */
export class Place {
  readonly router: RouterAddress;
  readonly hops: readonly Hop[];
  /** At the router's own address. */
  readonly gateway: Hop;
  readonly senders: readonly string[];
  /** By address, of everybody who speaks TLS. */
  readonly identities: ReadonlyMap<string, Identity>;
  readonly #block: AddressBlock;

  constructor(block: AddressBlock, ports: Ports) {
    const { hopPort, hopTlsPort, ...router } = ports;
    const at = (host: number, transport: Transport, answers: number | undefined): Hop => {
      return { host: block.address(host), port: DEFAULT_PORT[transport], transport, answers };
    };
    this.#block = block;
    this.router = { ipv4: block.address(ROUTER), ipv6: IPV6, ...router };
    const { ipv4 } = this.router;
    this.gateway = { host: ipv4, port: GATEWAY_PORTS.gateway, transport: "TCP", answers: 200 };
    this.senders = [...SENDERS.map((host) => block.address(host)), IPV6];
    this.identities = identities(block, hopTlsPort);
    this.hops = [
      at(12, "UDP", 200),
      at(101, "UDP", 200),
      at(101, "TCP", 200),
      at(101, "TLS", 200),
      at(102, "TCP", 202),
      at(102, "TLS", 202),
      at(103, "UDP", 404),
      at(103, "TLS", 404),
      at(104, "UDP", 503),
      at(105, "TCP", 503),
      // One that fails is for one name: what came by another would be another next hop, and no visit shows which
      at(106, "TLS", 503),
      at(107, "TLS", 503),
      { host: UNREACHABLE, port: SIP_PORT, transport: "UDP", answers: undefined },
      // a connection is opened from any address of the machine: nobody listens here
      at(108, "TLS", undefined),
      { host: IPV6, port: hopPort, transport: "UDP", answers: 200 },
      { host: IPV6, port: hopPort, transport: "TCP", answers: 404 },
      { host: IPV6, port: hopTlsPort, transport: "TLS", answers: 200 },
    ];
  }

  get world(): World {
    const { ipv4, ipv6, port, insidePort, tlsPort, tlsInsidePort } = this.router;
    const network = (first: number): string => `${this.#block.address(first)}/29`;
    return {
      localDomains: ["local.test", "b.test"],
      insideNetworks: [network(8)],
      // as src/config has it: localhost is a name of the control listener
      ownAddresses: [ipv4, ipv6, "localhost"].flatMap((host) =>
        [port, insidePort, tlsPort, tlsInsidePort].map((it) => ({ host, port: it })),
      ),
      nextHops: [
        ...this.hops.map(({ host, port: nextHopPort, transport: protocolType }) =>
          nextHopPort === DEFAULT_PORT[protocolType]
            ? { nextHop: host, protocolType }
            : { nextHop: host, nextHopPort, protocolType },
        ),
        ...(["Edge.test.", "a.test"] as const).flatMap((serverName) =>
          [101, 102].map((host) => ({
            nextHop: this.#block.address(host),
            protocolType: "TLS" as const,
            tls: { serverName },
          })),
        ),
        { nextHop: ipv4, nextHopPort: port, protocolType: "UDP" },
      ],
      sources: this.senders,
      gateway: this.gateway.host,
      certificates: Object.fromEntries(
        this.senders.map((source) => [source, this.namesShownBy(source)] as const),
      ),
      networks: [network(16), `${IPV6}/128`, network(24)],
    };
  }

  /** `placeUri` of everybody who speaks TLS. */
  get tlsPlaces(): string[] {
    const place = ([host, { port }]: [string, Identity]) => placeUri({ host, port, transport: "TLS" });
    return [...this.identities].map(place);
  }

  /** What the connections of an agent to the router over TLS prove. */
  namesShownBy(host: string): readonly string[] {
    const { names = [], asClient } = this.identities.get(host) ?? {};
    return asClient ? names : [];
  }

  /** What the certificate of an agent is for. */
  namesOf(host: string): readonly string[] {
    return this.identities.get(host)?.names ?? [];
  }
}

/** The URI of a next hop as the router has it, but for the name that it has to prove. */
export function placeUri({ host, port, transport }: Pick<Hop, "host" | "port" | "transport">): string {
  return `sip:${isIP(host) === 6 ? `[${host}]` : host}:${port};transport=${transport.toLowerCase()}`;
}

/** Takes the URI of a next hop apart; `name` is what it has to prove over TLS, as the router compares it. */
export function partsOf(uri: string): { readonly place: string; readonly name: string | undefined } {
  const [place = "", name] = uri.split(";tls=");
  return { place, name };
}
