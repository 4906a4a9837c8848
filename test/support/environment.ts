/**
 * The whole product on one machine: a real Kubernetes API, a namespace with the CRDs and the chart's Role, real
 * Kamailio, the operator. What the end-to-end tests, the demo, the sandbox and the benchmarks run in.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Authority, type CertificateOptions } from "./authority.ts";
import { claimAddressBlock, type AddressBlock } from "./addresses.ts";
import { chartRoleRules } from "./chart-role.ts";
import * as controlPlane from "./control-plane.ts";
import type { KubernetesApi, KubectlResult } from "./control-plane.ts";
import { defaultKamailio, type KamailioBinary } from "./kamailio-binaries.ts";
import { Replica, type ReplicaOptions, type SipListeners } from "./replica.ts";
import { sharedControlPlane } from "./shared-control-plane.ts";
import { UserAgent, type Handler } from "./sip/user-agent.ts";
import { temporaryDirectory } from "./temporary.ts";
import { XmppSurroundings } from "./xmpp-surroundings.ts";

export interface EnvironmentOptions {
  /** A Kubernetes API with the CRDs installed; the test run's shared one unless told. */
  readonly api?: KubernetesApi;
  /** A new one unless told. */
  readonly namespace?: string;
  readonly kamailio?: KamailioBinary;
  /** Added to the operator's configuration (docs/configuration.md). */
  readonly config?: Settings | ((environment: Environment) => Settings);
  /** Makes the kubeconfig by which the operators connect from that of their account; as it is unless told. */
  readonly connect?: (kubeconfig: string) => string;
  /** Where the SIP routers listen; port 5060 of the replica's own address unless told. */
  readonly sip?: SipListeners;
  /** The replicas serve the web console, and may review tokens. */
  readonly console?: { readonly edits: boolean };
  /** The replicas serve metrics on this port of every address of the machine, and may review tokens. */
  readonly monitoringPort?: number;
  /** The replicas speak TLS, with a certificate by this authority for the local domain. */
  readonly authority?: Authority;
  /** The first replica has an XMPP gateway, with a certificate by that authority, or by one of its own. */
  readonly xmpp?: boolean | { readonly furtherDomains: readonly string[] };
  /** Logs and files go here; a temporary directory unless told. */
  readonly directory?: string;
}

type Settings = Readonly<Record<string, unknown>>;

/** Addresses of the block, by their last number; peers come after them. */
const PLACES = { inside: 1, outside: 2, dns: 3, firstReplica: 11 };
const PEERS = 50;
const INSTALLATION = "sip-federation";

export class Environment {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** The domain that the inside serves. */
  readonly localDomain = "example.com";
  /** Traffic from here counts as inside. */
  readonly insideAddress: string;
  /** Traffic from here, as from every other address, counts as outside. */
  readonly outsideAddress: string;
  readonly replicas: Replica[] = [];
  /** What the replicas' Secret would hold; undefined where they do not speak TLS. */
  readonly tlsDirectory: string | undefined;
  #xmpp: XmppSurroundings | undefined;
  readonly #options: EnvironmentOptions;
  readonly #directory: string;
  readonly #block: AddressBlock;
  readonly #kubeconfig: string;
  readonly #agents: UserAgent[] = [];
  #peers = 0;

  private constructor(
    options: EnvironmentOptions,
    parts: {
      api: KubernetesApi;
      namespace: string;
      directory: string;
      block: AddressBlock;
      kubeconfig: string;
    },
  ) {
    this.#options = options;
    this.api = parts.api;
    this.namespace = parts.namespace;
    this.#directory = parts.directory;
    this.tlsDirectory = options.authority && this.#installCertificate(options.authority);
    this.#block = parts.block;
    this.#kubeconfig = parts.kubeconfig;
    this.insideAddress = parts.block.address(PLACES.inside);
    this.outsideAddress = parts.block.address(PLACES.outside);
  }

  /** Starts everything with one replica, and waits until it is ready to route. It ends with this process. */
  static async start(options: EnvironmentOptions = {}): Promise<Environment> {
    const api = options.api ?? (await sharedControlPlane());
    const namespace = options.namespace ?? (await controlPlane.createNamespace(api));
    const directory = options.directory ?? temporaryDirectory("environment");
    mkdirSync(directory, { recursive: true });
    const rules = chartRoleRules(INSTALLATION);
    const user = { name: INSTALLATION, namespace, rules, directory };
    const account = await controlPlane.createRestrictedUser(api, user);
    if (options.console || options.monitoringPort !== undefined)
      await controlPlane.mayReviewTokens(api, user);
    const kubeconfig = options.connect?.(account.kubeconfig) ?? account.kubeconfig;
    const block = await claimAddressBlock();
    const environment = new Environment(options, { api, namespace, directory, block, kubeconfig });
    if (options.xmpp !== undefined && options.xmpp !== false) await environment.#startXmpp(options.xmpp);
    await environment.addReplica();
    return environment;
  }

  /** The first replica: the only one unless others were added. */
  get replica(): Replica {
    const [first] = this.replicas;
    if (first === undefined) throw new Error("the environment has no replica");
    return first;
  }

  /** @throws Error where there is no XMPP gateway. */
  get xmpp(): XmppSurroundings {
    if (this.#xmpp === undefined) throw new Error("the environment has no XMPP");
    return this.#xmpp;
  }

  /** Starts another replica, and waits until it is ready. */
  async addReplica(): Promise<Replica> {
    const replica = this.createReplica();
    await replica.start();
    return replica;
  }

  /** Another replica that is not started yet. */
  createReplica(options: Partial<ReplicaOptions> = {}): Replica {
    const { config, console: web, monitoringPort } = this.#options;
    const index = this.replicas.length;
    const xmpp = index === 0 ? this.#xmpp : undefined;
    const name = `${INSTALLATION}-${index}`;
    const directory = join(this.#directory, name);
    const replica = new Replica({
      name,
      directory,
      address: this.#block.address(PLACES.firstReplica + index),
      kamailio: this.#options.kamailio ?? defaultKamailio(),
      kubeconfig: this.#kubeconfig,
      namespace: this.namespace,
      config: {
        localDomains: [this.localDomain],
        insideNetworks: [`${this.insideAddress}/32`],
        dialogs: { allowedNetworks: ["127.0.0.0/8", "::1/128"] }, // where all peers are
        ...(web && { console: { enabled: true, ...web } }),
        ...(monitoringPort !== undefined && { monitoring: { host: "::", port: monitoringPort } }),
        ...(xmpp && { xmpp: xmpp.settings }),
        ...(typeof config === "function" ? config(this) : config),
      },
      routerEnv: xmpp?.routerEnv,
      sip: this.#options.sip,
      tlsDirectory: this.tlsDirectory,
      ...options,
    });
    this.replicas.push(replica);
    return replica;
  }

  /** Runs kubectl in the namespace, as a person who may do anything. */
  async kubectl(...args: string[]): Promise<KubectlResult> {
    return controlPlane.kubectl(this.api, "-n", this.namespace, ...args);
  }

  /** `kubectl apply -f -` of objects. */
  async apply(...objects: readonly object[]): Promise<void> {
    await controlPlane.applyObjects(this.api, this.namespace, objects);
  }

  /** A SIP user agent of the organisation's own platform. Closed with the environment, like the others. */
  async insideAgent(handler?: Handler): Promise<UserAgent> {
    return this.#agent(this.insideAddress, handler);
  }

  /** A SIP user agent of a stranger. */
  async outsideAgent(handler?: Handler): Promise<UserAgent> {
    return this.#agent(this.outsideAddress, handler);
  }

  /**
   * A SIP user agent at an address of its own on the outside, for a next hop.
   * @param certificate it speaks TLS too
   */
  async peer(handler?: Handler, certificate?: CertificateOptions): Promise<UserAgent> {
    return this.#agent(this.peerAddress(), handler, certificate);
  }

  /** An address on the outside that nobody uses yet. */
  peerAddress(): string {
    this.#peers += 1;
    return this.#block.address(PEERS + this.#peers);
  }

  async stop(): Promise<void> {
    await Promise.all([
      ...this.#agents.map((agent) => agent.close()),
      ...this.replicas.map((replica) => replica.stop()),
    ]);
    await this.#xmpp?.stop();
    this.#block.release();
  }

  async #startXmpp(how: NonNullable<EnvironmentOptions["xmpp"]>): Promise<void> {
    this.#xmpp = await XmppSurroundings.start({
      host: this.#block.address(PLACES.firstReplica),
      dnsHost: this.#block.address(PLACES.dns),
      localDomain: this.localDomain,
      furtherDomains: typeof how === "object" ? how.furtherDomains : undefined,
      authority: this.#options.authority ?? new Authority(),
      directory: join(this.#directory, "xmpp"),
    });
  }

  #installCertificate(authority: Authority): string {
    const directory = join(this.#directory, "certificate");
    mkdirSync(directory, { recursive: true });
    authority.install(directory, { names: [`URI:sip:${this.localDomain}`] });
    return directory;
  }

  async #agent(
    host: string,
    handler: Handler | undefined,
    certificate?: CertificateOptions,
  ): Promise<UserAgent> {
    const { authority } = this.#options;
    const tls = certificate && authority && { ...authority.issue(certificate), ca: authority.certificate };
    const agent = await UserAgent.open({ host, ...(tls && { tls }), ...(handler && { handler }) });
    this.#agents.push(agent);
    return agent;
  }
}
