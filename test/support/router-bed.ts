/** A router with peers around it, on loopback addresses of their own. */
import type { TestContext } from "node:test";
import { claimAddressBlock, type AddressBlock } from "./addresses.ts";
import { freePort } from "./free-port.ts";
import { Kamailio, type TableText } from "./kamailio.ts";
import type { KamailioBinary } from "./kamailio-binaries.ts";
import { UserAgent, type RequestOptions, type SipResponseMessage } from "./sip/user-agent.ts";
import type { SipTarget, SipTransportName } from "./sip/transport.ts";

export const LOCAL = "local.test";
export const IPV6 = "::1";

/** Last numbers of addresses; 8 to 15 are the inside network. */
const PLACES = { router: 1, inside: 10, platform: 12, outside: 20, firstHop: 101 };

export interface BedOptions {
  /** Listens at ::1 too. */
  readonly ipv6?: boolean;
  /** Has a listener that only the inside can reach. */
  readonly insideListener?: boolean;
  /** Added to the environment of kamailio-run. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Ports {
  readonly sip: number;
  /** Of the listener for the inside alone. */
  readonly inside: number;
}

export class RouterBed {
  readonly router: Kamailio;
  readonly ports: Ports;
  /** A client in the inside network. */
  readonly inside: UserAgent;
  /** Next hop of the local domain. */
  readonly platform: UserAgent;
  readonly outside: UserAgent;
  readonly #block: AddressBlock;
  readonly #agents: UserAgent[];

  private constructor(
    block: AddressBlock,
    router: Kamailio,
    ports: Ports,
    agents: [UserAgent, UserAgent, UserAgent],
  ) {
    this.#block = block;
    this.router = router;
    this.ports = ports;
    [this.inside, this.platform, this.outside] = agents;
    this.#agents = [...agents];
  }

  static async open(binary: KamailioBinary, options: BedOptions = {}): Promise<RouterBed> {
    const { ipv6 = false, insideListener = false, env } = options;
    const block = await claimAddressBlock();
    // Many processes share ::1
    const ports = ipv6
      ? { sip: await freePort(IPV6), inside: await freePort(IPV6) }
      : { sip: 5060, inside: 5070 };
    const router = await Kamailio.start({
      binary,
      host: block.address(PLACES.router),
      env: {
        SIP_PORT: String(ports.sip),
        ...(ipv6 && { SIP_IPV6: `[${IPV6}]` }),
        ...(insideListener && { SIP_INSIDE_PORT: String(ports.inside) }),
        ...env,
      },
    });
    const at = (place: number): Promise<UserAgent> => UserAgent.open({ host: block.address(place) });
    const agents = await Promise.all([at(PLACES.inside), at(PLACES.platform), at(PLACES.outside)]);
    return new RouterBed(block, router, ports, agents);
  }

  /** Opens a peer that may be a next hop; it goes with the test. */
  async peer(t: TestContext, n = 0): Promise<UserAgent> {
    const agent = await UserAgent.open({ host: this.address(PLACES.firstHop + n) });
    t.after(() => agent.close());
    return agent;
  }

  /** Opens a peer that stays. */
  async open(place: number): Promise<UserAgent> {
    const agent = await UserAgent.open({ host: this.address(place) });
    this.#agents.push(agent);
    return agent;
  }

  /** An address of this bed; nothing listens there unless it is one of the agents. */
  address(n: number): string {
    return this.#block.address(n);
  }

  /** The local domain leads to the platform; everything else as the test says. */
  async program(table: Omit<TableText, "inside"> = {}): Promise<void> {
    await this.router.program({
      inside: `${this.address(8)}/29`,
      ...table,
      names: { [LOCAL]: `L|${LOCAL}`, ...table.names },
      sets: { [LOCAL]: to(uri(this.platform)), ...table.sets },
    });
  }

  /** The router's listener for everybody. */
  target(transport: SipTransportName = "udp"): SipTarget {
    return { host: this.router.host, port: this.ports.sip, transport };
  }

  /** A request of the inside, which is a MESSAGE unless told. */
  async fromInside(requestUri: string, options: Partial<RequestOptions> = {}): Promise<SipResponseMessage> {
    return this.inside.request(this.#request(requestUri, `sip:alice@${LOCAL}`, options));
  }

  /** A request from the outside, which is a MESSAGE by somebody at partner.test unless told. */
  async fromOutside(requestUri: string, options: Partial<RequestOptions> = {}): Promise<SipResponseMessage> {
    return this.outside.request(this.#request(requestUri, "sip:bob@partner.test", options));
  }

  async close(): Promise<void> {
    await this.router.stop();
    await Promise.all(this.#agents.map((agent) => agent.close()));
    this.#block.release();
  }

  #request(requestUri: string, from: string, options: Partial<RequestOptions>): RequestOptions {
    return { method: "MESSAGE", uri: requestUri, target: this.target(), from, ...options };
  }
}

/** An agent as a next hop. */
export function uri(
  { host, port }: { host: string; port: number },
  transport: SipTransportName = "udp",
): string {
  return `sip:${host.includes(":") ? `[${host}]` : host}:${port};transport=${transport}`;
}

/** A set with a single order of next hops and nothing after it. */
export function to(...hops: readonly string[]): string {
  return `0||1|${hops.join(" ")}`;
}

/** A set with a single order of next hops, and the set that follows when all failed. */
export function toOr(next: string, ...hops: readonly string[]): string {
  return `0|${next}|1|${hops.join(" ")}`;
}
