/** One replica of the product as a pod would run it: the SIP router, and the operator that programs it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import type { KamailioBinary } from "./kamailio-binaries.ts";
import { kamailioSpec, PORTS } from "./kamailio-spec.ts";
import { RestartableProcess } from "./restartable-process.ts";
import type { SipTarget } from "./sip/transport.ts";
import { waitFor } from "./wait-for.ts";

export interface ReplicaOptions {
  /** The name that its pod would have. */
  readonly name: string;
  /** Loopback address that nobody else uses. */
  readonly address: string;
  /** Logs, snapshot and configuration go here. */
  readonly directory: string;
  readonly kamailio: KamailioBinary;
  readonly kubeconfig: string;
  readonly namespace: string;
  /** The operator's configuration file (docs/configuration.md), but for what the options above say. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Name of the installation; the operator's default unless told. */
  readonly installation?: string | undefined;
  readonly sip?: SipListeners | undefined;
  /** Holds tls.crt, tls.key and ca.crt: TLS is spoken too, on port 5061. */
  readonly tlsDirectory?: string | undefined;
  /** Added to the environment of kamailio-run. */
  readonly routerEnv?: Readonly<Record<string, string>> | undefined;
  /** Options of Node.js for the operator. */
  readonly nodeOptions?: readonly string[] | undefined;
}

/** Where the SIP router listens; UDP and TCP everywhere. */
export interface SipListeners {
  /** An IPv6 address beside the replica's own address. */
  readonly ipv6?: string;
  /** 5060 unless told. */
  readonly port?: number;
  /** A further port on every address, for the inside alone. */
  readonly insidePort?: number;
}

/** One of the SIP listeners: the one for everybody at the replica's own address unless told. */
export interface SipListener {
  readonly family?: "IPv4" | "IPv6";
  readonly side?: "inside";
}

const SIP_PORT = 5060;
const TLS_PORT = 5061;
const ADMIN_PORT = 8064;
/** What src/operator-run gives to Node.js too. */
const OPERATOR_OPTIONS = ["--max-semi-space-size=8"];

export class Replica {
  readonly address: string;
  /** Where `/readyz`, `/metrics` and `/explain` are. */
  readonly adminUrl: string;
  readonly router: RestartableProcess;
  readonly operator: RestartableProcess;
  /** The file from which the router starts. */
  readonly snapshot: string;
  /** JSON-RPC of the router, over UDP. */
  readonly rpc: { readonly host: string; readonly port: number };
  /** The control listener of the router. */
  readonly control: { readonly host: string; readonly port: number };
  readonly #sip: SipListeners;

  constructor(options: ReplicaOptions) {
    const { address, directory, sip = {} } = options;
    this.address = address;
    this.#sip = sip;
    this.adminUrl = `http://${address}:${ADMIN_PORT}`;
    this.snapshot = join(directory, "snapshot", "t");
    this.rpc = { host: address, port: PORTS.rpc };
    this.control = { host: address, port: PORTS.control };
    mkdirSync(join(directory, "snapshot"), { recursive: true });
    this.router = createRouter(options);
    this.operator = createOperator(options, `${this.adminUrl}/healthz`);
  }

  /** A SIP listener. */
  target(transport: "udp" | "tcp" | "tls", { family, side }: SipListener = {}): SipTarget {
    const { ipv6, port = SIP_PORT, insidePort } = this.#sip;
    const host = family === "IPv6" ? ipv6 : this.address;
    const chosen = side === "inside" ? insidePort : transport === "tls" ? TLS_PORT : port;
    if (host === undefined || chosen === undefined) throw new Error("the router has no such listener");
    return { host, port: chosen, transport };
  }

  /** Starts both, and waits until the router holds the full table. */
  async start(): Promise<void> {
    await Promise.all([this.router.start(), this.operator.start()]);
    await waitFor("the replica to be ready", () => answersOk(`${this.adminUrl}/readyz`), { timeout: 30_000 });
  }

  /** Stops both in the order of a pod: the operator writes what was learned until the router has gone. */
  async stop(): Promise<void> {
    await this.operator.stop();
    await this.router.stop();
  }
}

function createRouter(options: ReplicaOptions): RestartableProcess {
  const { address, directory, kamailio, sip = {}, tlsDirectory, routerEnv } = options;
  const env = {
    SIP_PORT: String(sip.port ?? SIP_PORT),
    ...(sip.ipv6 !== undefined && { SIP_IPV6: `[${sip.ipv6}]` }),
    ...(sip.insidePort !== undefined && { SIP_INSIDE_PORT: String(sip.insidePort) }),
    SNAPSHOT_DIRECTORY: join(directory, "snapshot"),
    ...(tlsDirectory !== undefined && { TLS_DIRECTORY: tlsDirectory }),
    ...routerEnv,
  };
  const spec = kamailioSpec(kamailio, address, directory, env);
  return new RestartableProcess(spec, () => answersOk(`http://${address}:${PORTS.health}/healthz`));
}

function createOperator(options: ReplicaOptions, healthUrl: string): RestartableProcess {
  const { name, address, directory, kubeconfig, namespace, config, installation, nodeOptions = [] } = options;
  const file = join(directory, "config.yaml");
  const whole = {
    sip: { listeners: listenersOf(options) },
    admin: { host: address, port: ADMIN_PORT },
    ...(options.tlsDirectory !== undefined && { tls: { directory: options.tlsDirectory } }),
    ...config,
    kubernetes: { namespace, kubeconfig, ...(installation !== undefined && { installation }) },
    router: {
      host: address,
      controlPort: PORTS.control,
      rpcPort: PORTS.rpc,
      eventPort: PORTS.event,
      snapshotDirectory: join(directory, "snapshot"),
    },
  };
  writeFileSync(file, JSON.stringify(whole, null, 2)); // JSON is YAML
  const spec = {
    name: `operator ${name}`,
    command: process.execPath,
    args: [...OPERATOR_OPTIONS, ...nodeOptions, join(repositoryRoot, "src/main.ts"), "--config", file],
    env: { POD_NAME: name },
    logFile: join(directory, "operator.log"),
  };
  return new RestartableProcess(spec, () => answersOk(healthUrl));
}

function listenersOf({ address, sip = {}, tlsDirectory }: ReplicaOptions): { host: string; port: number }[] {
  const hosts = [address, sip.ipv6].filter((host) => host !== undefined);
  const tlsPort = tlsDirectory === undefined ? undefined : TLS_PORT;
  const ports = [sip.port ?? SIP_PORT, sip.insidePort, tlsPort].filter((port) => port !== undefined);
  return hosts.flatMap((host) => ports.map((port) => ({ host, port })));
}

/** Whether a GET is answered with 200. */
async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}
