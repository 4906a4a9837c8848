/** A running installation and everybody around it: the words in which the end-to-end tests speak. */
import type { CertificateOptions } from "../../support/authority.ts";
import { Environment, type EnvironmentOptions } from "../../support/environment.ts";
import { freePort } from "../../support/free-port.ts";
import type { Replica } from "../../support/replica.ts";
import type { SentRequest, SipTarget } from "../../support/sip/user-agent.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { waitFor, type WaitOptions } from "../../support/wait-for.ts";
import { Cluster } from "./cluster.ts";
import { outcome, Party, type Call } from "./party.ts";

export interface FederationOptions extends EnvironmentOptions {
  /** Of everybody's SIP addresses; IPv4 unless told. */
  readonly family?: "IPv4" | "IPv6";
}

export type Over = "udp" | "tcp" | "tls";

export interface Way {
  /** UDP unless told. */
  readonly over?: Over;
  /** The first replica unless told. */
  readonly via?: Replica;
}

export class Federation {
  readonly environment: Environment;
  readonly cluster: Cluster;
  readonly #family: "IPv4" | "IPv6";
  readonly #parties: Party[] = [];
  /** The organisation's own platform, at an address that counts as inside. */
  readonly inside: Party;
  /** A stranger. */
  readonly outside: Party;

  private constructor(environment: Environment, family: "IPv4" | "IPv6", parties: readonly [Party, Party]) {
    this.environment = environment;
    this.cluster = new Cluster(environment);
    this.#family = family;
    [this.inside, this.outside] = parties;
    this.#parties.push(...parties);
  }

  /** Starts everything with one replica; it is ready, and nothing is applied but the predefined route. */
  static async start({ family = "IPv4", ...options }: FederationOptions = {}): Promise<Federation> {
    const sip =
      family === "IPv6"
        ? { ipv6: IPV6, port: await freePort(IPV6), insidePort: await freePort(IPV6) }
        : undefined;
    const environment = await Environment.start({
      ...options,
      ...(sip && { sip }),
      config: (environment) => ({ limits: NO_LIMITS, ...settingsOf(options, environment) }),
    });
    const inside = family === "IPv6" ? await anywhere() : await environment.insideAgent();
    const outside = family === "IPv6" ? await anywhere() : await environment.outsideAgent();
    const parties = [new Party("inside", inside), new Party("outside", outside)] as const;
    const federation = new Federation(environment, family, parties);
    await federation.cluster.predefinedRoute();
    return federation;
  }

  get replica(): Replica {
    return this.environment.replica;
  }

  /**
   * Somebody outside, at an address of its own; answers 200 to everything.
   * @param certificate it speaks TLS too
   */
  async party(name: string, certificate?: CertificateOptions): Promise<Party> {
    const agent =
      this.#family === "IPv6" ? await anywhere() : await this.environment.peer(undefined, certificate);
    const party = new Party(name, agent);
    this.#parties.push(party);
    return party;
  }

  /** Sends a request from the inside, and tells what became of it. */
  async fromInside(call: Call, way: Way = {}): Promise<string> {
    return this.outcomeOf(this.inside, call, way);
  }

  /** Sends a request from the outside, and tells what became of it. */
  async fromOutside(call: Call, way: Way = {}): Promise<string> {
    return this.outcomeOf(this.outside, call, way);
  }

  async outcomeOf(sender: Party, call: Call, way: Way = {}): Promise<string> {
    const response = await this.send(sender, call, way).final;
    return outcome(sender, response, this.#parties);
  }

  send(sender: Party, call: Call, way: Way = {}): SentRequest {
    return sender.send(call, this.target(sender, way));
  }

  /** Where a party reaches the router. */
  target(sender: Party, { over = "udp", via = this.replica }: Way = {}): SipTarget {
    if (this.#family === "IPv4") return via.target(over);
    return via.target(over, { family: "IPv6", ...(sender === this.inside && { side: "inside" }) });
  }

  /** Sends the request again and again until this becomes of it. */
  async eventually(
    expected: string,
    sender: Party,
    call: Call | (() => Call),
    { timeout, ...way }: Way & WaitOptions = {},
  ): Promise<void> {
    let last = "";
    await waitFor(
      `${expected} of a request`,
      async () => {
        last = await this.outcomeOf(sender, typeof call === "function" ? call() : call, way);
        return last === expected;
      },
      { ...(timeout !== undefined && { timeout }) },
    ).catch((error: unknown) => {
      throw new Error(`the request ended with ${last}, not with ${expected}`, { cause: error });
    });
  }

  async stop(): Promise<void> {
    await this.environment.stop();
    if (this.#family === "IPv6") await Promise.all(this.#parties.map(({ agent }) => agent.close()));
  }
}

/** Tests send faster than strangers may; those about limits set their own. */
const NO_LIMITS = {
  requestsPerSecond: 0,
  recipientsPerDay: 0,
  failingPercent: 0,
  unprovenPerSecond: 0,
  floodPerSecond: 0,
};

function settingsOf({ config }: FederationOptions, environment: Environment): object | undefined {
  return typeof config === "function" ? config(environment) : config;
}

/** The only address that every machine has: here parties differ by their ports. */
const IPV6 = "::1";

async function anywhere(): Promise<UserAgent> {
  return UserAgent.open({ host: IPV6, port: await freePort(IPV6) });
}
