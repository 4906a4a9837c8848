/** The XMPP gateway with the operator's streams to it, and foreign servers around it, on loopback addresses. */
import type { Element } from "@xmpp/xml";
import { ComponentStreams } from "../../src/xmpp/component/streams.ts";
import { Discovery, type DiscoveryOptions } from "../../src/xmpp/discovery/discovery.ts";
import { claimAddressBlock, type AddressBlock } from "./addresses.ts";
import { Authority } from "./authority.ts";
import { startEjabberd } from "./ejabberd.ts";
import { Gateway, startProsody, XMPP_PORTS } from "./prosody.ts";
import { recordingLogger } from "./recording-logger.ts";
import { waitFor } from "./wait-for.ts";
import { XmppDns } from "./xmpp-dns.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

export const LOCAL_DOMAIN = "local.example";

/** Last numbers of addresses; foreign servers and peers come after them. */
const PLACES = { gateway: 1, dns: 2, firstPeer: 11 };

export interface XmppBedOptions {
  readonly localDomains?: readonly string[];
  /** Added to the environment of prosody-run. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Address and authority are the bed's own unless told. */
type ServerOptions = Omit<XmppServerOptions, "host" | "authority" | "dns"> &
  Partial<Pick<XmppServerOptions, "host" | "authority">>;

export class XmppBed {
  readonly authority: Authority;
  readonly dns: XmppDns;
  readonly gateway: Gateway;
  readonly streams: ComponentStreams;
  readonly localDomains: readonly string[];
  /** What the streams handed over. */
  readonly received: Element[] = [];
  /** Stands for whoever takes what the streams hand over. */
  onStanza: (stanza: Element) => void = () => undefined;
  readonly logger = recordingLogger();
  readonly #block: AddressBlock;
  readonly #servers: XmppServer[] = [];
  #peers = PLACES.firstPeer;

  private constructor(
    parts: { block: AddressBlock; authority: Authority; dns: XmppDns; gateway: Gateway },
    localDomains: readonly string[],
  ) {
    this.#block = parts.block;
    this.authority = parts.authority;
    this.dns = parts.dns;
    this.gateway = parts.gateway;
    this.localDomains = localDomains;
    this.streams = this.connect();
  }

  /** Resolves when the streams are up. */
  static async open(options: XmppBedOptions = {}): Promise<XmppBed> {
    const { localDomains = [LOCAL_DOMAIN], env = {} } = options;
    const block = await claimAddressBlock();
    const authority = new Authority();
    const dns = await XmppDns.start(block.address(PLACES.dns));
    const host = block.address(PLACES.gateway);
    const gateway = await Gateway.start({ host, localDomains, authority, dns: dns.address, env }).catch(
      async (error: unknown) => {
        await dns.stop(); // it would keep the test from ending
        throw error;
      },
    );
    // ejabberd looks for hosts with the system's resolver, which no test can have: here it does not have to look
    for (const domain of localDomains) dns.srv(domain, XMPP_PORTS.s2s, host);
    const bed = new XmppBed({ block, authority, dns, gateway }, localDomains);
    bed.streams.start();
    await bed.connected();
    return bed;
  }

  /** Further streams to the gateway, not started. */
  connect(received = this.#take, address: { host: string; port: number } = this.gateway): ComponentStreams {
    return new ComponentStreams({
      host: address.host,
      port: address.port,
      secret: () => this.gateway.secret,
      localDomains: this.localDomains,
      received,
      logger: this.logger,
      backoff: { initialMs: 20, maxMs: 200 },
    });
  }

  async connected(): Promise<void> {
    await waitFor("the streams to be up", () => this.streams.up);
  }

  /** Discovery over the streams; all names may be asked unless told. */
  discovery(options: Partial<DiscoveryOptions> = {}): Discovery {
    return new Discovery({
      xmpp: this.streams,
      from: () => this.streams.firstUp,
      localDomains: this.localDomains,
      askReserved: ["example", "test"],
      ...options,
    });
  }

  /** An address that nobody else has. */
  nextAddress(): string {
    return this.#block.address(this.#peers++);
  }

  /** Starts a foreign Prosody, which DNS knows. */
  async prosody(options: ServerOptions): Promise<XmppServer> {
    return this.#serve(startProsody, options);
  }

  /** Starts a foreign ejabberd, which DNS knows. */
  async ejabberd(options: ServerOptions): Promise<XmppServer> {
    return this.#serve(startEjabberd, options);
  }

  async close(): Promise<void> {
    await this.streams.stop();
    await Promise.all([this.gateway, ...this.#servers].map(({ process }) => process.kill()));
    await this.dns.stop();
    this.#block.release();
  }

  async #serve(
    start: (options: XmppServerOptions) => Promise<XmppServer>,
    options: ServerOptions,
  ): Promise<XmppServer> {
    const { authority, dns } = this;
    const host = options.host ?? this.nextAddress();
    const server = await start({ authority, dns: dns.address, ...options, host });
    this.#servers.push(server);
    dns.serve(options.domain, host);
    return server;
  }

  readonly #take = (stanza: Element): void => {
    this.received.push(stanza);
    this.onStanza(stanza);
  };
}
