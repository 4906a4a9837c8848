/** What XMPP adds to an environment: the gateway of its replica, a name server, and servers of other domains. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Authority } from "./authority.ts";
import { startEjabberd } from "./ejabberd.ts";
import { Gateway, startProsody, XMPP_PORTS } from "./prosody.ts";
import { XmppDns } from "./xmpp-dns.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

export interface XmppSurroundingsOptions {
  /** Loopback address of the replica, which is the gateway's too. */
  readonly host: string;
  /** Loopback address of the name server. */
  readonly dnsHost: string;
  readonly localDomain: string;
  /** More domains that the gateway has components for, whoever they may be. */
  readonly furtherDomains?: readonly string[] | undefined;
  readonly authority: Authority;
  /** For all files; created. */
  readonly directory: string;
}

type ServerOptions = Omit<XmppServerOptions, "host" | "authority" | "dns" | "directory"> &
  Partial<Pick<XmppServerOptions, "authority">>;

/** Ports of the operator's and the router's SIP between them, at the address of the replica. */
const SIP_PORTS = { operator: 8066, router: 8067 };

export class XmppSurroundings {
  readonly dns: XmppDns;
  readonly gateway: Gateway;
  readonly #options: XmppSurroundingsOptions;
  readonly #servers: XmppServer[] = [];

  private constructor(options: XmppSurroundingsOptions, dns: XmppDns, gateway: Gateway) {
    this.#options = options;
    this.dns = dns;
    this.gateway = gateway;
  }

  /** Resolves when the gateway takes connections. */
  static async start(options: XmppSurroundingsOptions): Promise<XmppSurroundings> {
    const { host, dnsHost, localDomain, furtherDomains = [], authority, directory } = options;
    const localDomains = [localDomain, ...furtherDomains];
    mkdirSync(directory, { recursive: true });
    const dns = await XmppDns.start(dnsHost);
    // ejabberd looks for hosts with the system's resolver, which no test can have: here it does not have to look
    for (const domain of localDomains) dns.srv(domain, XMPP_PORTS.s2s, host);
    const ofGateway = { host, localDomains, authority, dns: dns.address, directory };
    const gateway = await Gateway.start(ofGateway);
    writeFileSync(secretFile(directory), gateway.secret, { mode: 0o600 });
    return new XmppSurroundings(options, dns, gateway);
  }

  /** The section `xmpp` of the operator's configuration. */
  get settings(): Readonly<Record<string, unknown>> {
    return {
      enabled: true,
      componentHost: this.gateway.host,
      componentPort: this.gateway.port,
      componentSecretFile: secretFile(this.#options.directory),
      sipPort: SIP_PORTS.operator,
      routerSipPort: SIP_PORTS.router,
      // tests have no other names: all of them are asked for
      askReserved: ["test", "example", "example.com", "example.net", "example.org"],
    };
  }

  /** What kamailio-run is told. */
  get routerEnv(): Readonly<Record<string, string>> {
    return { GATEWAY_PORT: String(SIP_PORTS.operator), GATEWAY_LISTEN_PORT: String(SIP_PORTS.router) };
  }

  /** Starts a server of another domain at an address of its own, Prosody unless told, and tells DNS. */
  async server(host: string, options: ServerOptions, start = startProsody): Promise<XmppServer> {
    const { authority } = this.#options;
    const directory = join(this.#options.directory, options.domain);
    mkdirSync(directory, { recursive: true });
    const server = await start({ host, authority, dns: this.dns.address, directory, ...options });
    this.#servers.push(server);
    this.dns.serve(options.domain, host);
    return server;
  }

  /** An ejabberd likewise. */
  async ejabberd(host: string, options: ServerOptions): Promise<XmppServer> {
    return this.server(host, options, startEjabberd);
  }

  async stop(): Promise<void> {
    await Promise.all([this.gateway, ...this.#servers].map(({ process }) => process.stop()));
    await this.dns.stop();
  }
}

function secretFile(directory: string): string {
  return join(directory, "component-secret");
}
