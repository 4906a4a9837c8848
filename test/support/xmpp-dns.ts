/** A name server for XMPP: where domains are, and what becomes of questions about them. */
import { DnsServer, refusal } from "./dns-server.ts";

const PORT = 5353;
const TTL = 5;

/** How a name server can fail: with an answer that says so, or with none. */
export type DnsFailure = "SERVFAIL" | "silence";

export class XmppDns {
  readonly #server: DnsServer;
  readonly #failures = new Map<string, DnsFailure>();

  private constructor(server: DnsServer) {
    this.#server = server;
    server.network = ({ name }, reply) => {
      switch (this.#failureOf(name.toLowerCase())) {
        case "SERVFAIL":
          return [refusal(reply, "SERVFAIL")];
        case "silence":
          return [];
        case undefined:
          return [reply];
      }
    };
  }

  static async start(host: string): Promise<XmppDns> {
    return new XmppDns(await DnsServer.start(host, PORT));
  }

  /** As unbound, and so Prosody, writes it. */
  get address(): string {
    return `${this.#server.host}@${PORT}`;
  }

  /** Host and port. */
  get endpoint(): { readonly host: string; readonly port: number } {
    return { host: this.#server.host, port: PORT };
  }

  /** A domain with an SRV record (RFC 6120 §3.2.1), and a host of the same name. */
  serve(domain: string, address: string, port = 5269): void {
    this.srv(domain, port, domain);
    this.host(domain, address);
  }

  /** An SRV record; the target "." says that there is no XMPP (RFC 2782). */
  srv(domain: string, port: number, target: string): void {
    const data = { priority: 0, weight: 0, port, target };
    this.#server.set(`_xmpp-server._tcp.${domain}`, "SRV", TTL, data);
  }

  host(name: string, ...addresses: readonly string[]): void {
    this.#server.set(name, "A", TTL, ...addresses);
  }

  /** A name that exists, and leads nowhere. */
  empty(name: string): void {
    this.#server.set(name, "A", TTL);
  }

  /** Questions about this name, and all below it, fail from now on. */
  fail(name: string, how: DnsFailure): void {
    this.#failures.set(name, how);
  }

  recover(name: string): void {
    this.#failures.delete(name);
  }

  /** How often this name was asked for, or one below it. */
  asked(name: string): number {
    return this.#server.asked.filter((asked) => isAtOrBelow(asked.name.toLowerCase(), name)).length;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  #failureOf(name: string): DnsFailure | undefined {
    return [...this.#failures].find(([failing]) => isAtOrBelow(name, failing))?.[1];
  }
}

function isAtOrBelow(name: string, other: string): boolean {
  return name === other || name.endsWith(`.${other}`);
}
