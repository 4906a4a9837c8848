/** A router with peers around it, on loopback addresses of their own. */
import type { TestContext } from "node:test";
import type { Authority, CertificateOptions } from "./authority.ts";
import { claimAddressBlock, type AddressBlock } from "./addresses.ts";
import { freePort } from "./free-port.ts";
import { Kamailio, type TableText } from "./kamailio.ts";
import type { KamailioBinary } from "./kamailio-binaries.ts";
import { UserAgent, type RequestOptions, type SipResponseMessage } from "./sip/user-agent.ts";
import type { SipTarget, SipTransportName, TlsOptions } from "./sip/transport.ts";
import { temporaryDirectory } from "./temporary.ts";

export const LOCAL = "local.test";
export const IPV6 = "::1";
const TLS_PORT = 5061;

/** Last numbers of addresses; 8 to 15 are the inside network. */
const PLACES = { router: 1, inside: 10, platform: 12, outside: 20, firstHop: 101 };

export interface BedOptions {
  /** Listens at ::1 too. */
  readonly ipv6?: boolean;
  /** Has a listener that only the inside can reach. */
  readonly insideListener?: boolean;
  /** It speaks TLS, and so do the agents, each with a certificate by this authority. */
  readonly authority?: Authority;
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
  readonly #authority: Authority | undefined;
  readonly #block: AddressBlock;
  readonly #agents: UserAgent[];

  private constructor(
    authority: Authority | undefined,
    block: AddressBlock,
    router: Kamailio,
    ports: Ports,
    agents: [UserAgent, UserAgent, UserAgent],
  ) {
    this.#authority = authority;
    this.#block = block;
    this.router = router;
    this.ports = ports;
    [this.inside, this.platform, this.outside] = agents;
    this.#agents = [...agents];
  }

  static async open(binary: KamailioBinary, options: BedOptions = {}): Promise<RouterBed> {
    const { ipv6 = false, insideListener = false, authority, env } = options;
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
        ...(authority && { TLS_DIRECTORY: tlsDirectory(authority) }),
        ...env,
      },
    });
    const at = (place: number, name: string): Promise<UserAgent> =>
      UserAgent.open({ host: block.address(place), ...tlsFor(authority, { names: [name] }) });
    const agents = await Promise.all([
      at(PLACES.inside, "DNS:client.local.test"),
      at(PLACES.platform, `URI:sip:${LOCAL}`),
      at(PLACES.outside, "URI:sip:partner.test"),
    ]);
    return new RouterBed(authority, block, router, ports, agents);
  }

  /** Opens a peer that may be a next hop, with a certificate where the bed speaks TLS; it goes with the test. */
  async peer(t: TestContext, n = 0, certificate: CertificateOptions = {}): Promise<UserAgent> {
    const host = this.address(PLACES.firstHop + n);
    const agent = await UserAgent.open({ host, ...tlsFor(this.#authority, certificate) });
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
    return { host: this.router.host, port: transport === "tls" ? TLS_PORT : this.ports.sip, transport };
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

function tlsDirectory(authority: Authority): string {
  const directory = temporaryDirectory("tls");
  authority.install(directory, { names: ["DNS:edge.local.test", `URI:sip:${LOCAL}`] });
  return directory;
}

/** How an agent speaks TLS in a bed that does. */
export function tlsFor(
  authority: Authority | undefined,
  certificate: CertificateOptions,
): { readonly tls?: TlsOptions } {
  return authority === undefined
    ? {}
    : { tls: { ...authority.issue(certificate), ca: authority.certificate } };
}

/** An agent as a next hop over TLS that has to prove a name. */
export function secureUri({ host }: { host: string }, name: string): string {
  return `sip:${host}:${TLS_PORT};transport=tls;tls=${name}`;
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
