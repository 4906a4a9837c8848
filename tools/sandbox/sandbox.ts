/** The product on real parts, for a person: what `npm run sandbox` leaves running and `npm run demo` plays in. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Authority } from "../../test/support/authority.ts";
import {
  createNamespace,
  installCrds,
  startControlPlane,
  type ControlPlane,
} from "../../test/support/control-plane.ts";
import { viewerOf } from "../../test/support/console-viewers.ts";
import { writeKubeconfig } from "../../test/support/control-plane/kubeconfig.ts";
import { Environment } from "../../test/support/environment.ts";
import { XMPP_PORTS } from "../../test/support/prosody.ts";
import type { RestartableProcess } from "../../test/support/restartable-process.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import type { XmppServer } from "../../test/support/xmpp-server.ts";
import { controlPlaneProgram, hasControllerManager } from "../setup/control-plane.ts";

/** Milliseconds until what did not start is tried again. */
const RESTART_DELAY = 1_000;
const NAMESPACE = "federation";
/** Somebody who may do anything with routes and domains. */
const CONSOLE_ACCOUNT = "administrator";
/** A domain of XMPP that is not ours, and somebody to talk to there. */
const XMPP_DOMAIN = "chat.example.net";
const XMPP_USER = "juliet";
const XMPP_PASSWORD = "balcony";

/**
 * Shell-style settings by which a person, or a script, finds everything. At NEXT_HOP_IP, PARTNER_IP and PLATFORM_IP is nobody:
 * who plays puts an answering SIP user agent there.
 */
export type SandboxEnv = Readonly<Record<SandboxVariable, string>>;

type SandboxVariable =
  | "KUBECONFIG"
  | "KUBECTL"
  | "NAMESPACE"
  | "LOCAL_DOMAIN"
  | "SIP_UDP"
  | "SIP_TCP"
  | "SIP_TLS"
  | "TLS_DIR"
  | "ADMIN_URL"
  | "CONSOLE_URL"
  | "CONSOLE_ACCOUNT"
  | "INSIDE_IP"
  | "OUTSIDE_IP"
  | "NEXT_HOP_IP"
  | "PARTNER_IP"
  | "PLATFORM_IP"
  | "XMPP_DOMAIN"
  | "XMPP_USER"
  | "XMPP_PASSWORD"
  | "XMPP_HOST"
  | "XMPP_PORT";

interface Parts {
  readonly environment: Environment;
  readonly controlPlane: ControlPlane;
  /** Of XMPP_DOMAIN. */
  readonly foreign: XmppServer;
}

export class Sandbox {
  readonly environment: Environment;
  readonly env: SandboxEnv;
  readonly #directory: string;
  readonly #controlPlane: ControlPlane;
  readonly #foreign: XmppServer;
  #stopping = false;

  private constructor(directory: string, parts: Parts) {
    this.#directory = directory;
    this.environment = parts.environment;
    this.#controlPlane = parts.controlPlane;
    this.#foreign = parts.foreign;
    this.env = describe(parts, directory);
  }

  /**
   * Starts everything, with nothing in it but the predefined route. `say` gets a line for each step.
   * All files go into `directory`, which is there and empty.
   */
  static async start(directory: string, say: (line: string) => void): Promise<Sandbox> {
    say("Starting the Kubernetes API (etcd, kube-apiserver)");
    const controlPlane = await startControlPlane({
      directory: join(directory, "control-plane"),
      controllerManager: hasControllerManager(),
    });
    say("Installing the CRDs");
    await installCrds(controlPlane);
    await createNamespace(controlPlane, NAMESPACE);
    say("Starting the SIP router (Kamailio), the XMPP gateway (Prosody) and the operator");
    mkdirSync(authorityDirectory(directory));
    const authority = new Authority(authorityDirectory(directory));
    const environment = await Environment.start({
      api: controlPlane,
      namespace: NAMESPACE,
      directory,
      authority,
      xmpp: true,
      console: { edits: true },
    });
    await viewerOf(controlPlane, NAMESPACE, ["*"], CONSOLE_ACCOUNT);
    say(`Starting an XMPP server of somebody else: ${XMPP_DOMAIN}`);
    const accounts = { [XMPP_USER]: XMPP_PASSWORD };
    const foreign = await environment.xmpp.server(environment.peerAddress(), {
      domain: XMPP_DOMAIN,
      accounts,
    });
    await waitFor("the predefined route", () => environment.kubectl("get", "staticroute", "default"));
    writeKubeconfig(kubeconfigFile(directory), { ...controlPlane, namespace: NAMESPACE });
    return new Sandbox(directory, { environment, controlPlane, foreign });
  }

  /** Writes the settings as shell-style lines. Whoever waits for the file finds all of it. */
  writeEnv(file: string): void {
    const lines = Object.entries(this.env).map(([name, value]) => `${name}=${quote(value)}\n`);
    writeFileSync(`${file}.partial`, lines.join(""));
    renameSync(`${file}.partial`, file);
  }

  /** Starts every part anew whenever it ends, as the kubelet would. */
  supervise(say: (line: string) => void): void {
    const { router, operator } = this.environment.replica;
    const { etcd, apiServer } = this.#controlPlane;
    const parts = {
      ...{ "SIP router": router, operator, etcd, "kube-apiserver": apiServer },
      "XMPP gateway": this.environment.xmpp.gateway.process,
      [`XMPP server of ${XMPP_DOMAIN}`]: this.#foreign.process,
    };
    for (const [name, part] of Object.entries(parts)) void this.#keepRunning(name, part, say);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.environment.stop();
    await this.#controlPlane.stop();
  }

  async #keepRunning(name: string, part: RestartableProcess, say: (line: string) => void): Promise<void> {
    for (;;) {
      await part.exited;
      if (this.#stopping) return;
      say(`The ${name} has ended: starting it again`);
      await part.start().catch(() => {
        if (!this.#stopping) say(`The ${name} does not start: its log is in ${this.#directory}`);
        return delay(RESTART_DELAY);
      });
    }
  }
}

function kubeconfigFile(directory: string): string {
  return join(directory, "kubeconfig");
}

/** Of the authority that the router and its peers have certificates by. */
function authorityDirectory(directory: string): string {
  return join(directory, "tls");
}

function describe({ environment, foreign }: Parts, directory: string): SandboxEnv {
  const { replica, namespace, localDomain, insideAddress, outsideAddress } = environment;
  const { host, port } = replica.target("udp");
  return {
    KUBECONFIG: kubeconfigFile(directory),
    KUBECTL: controlPlaneProgram("kubectl"),
    NAMESPACE: namespace,
    LOCAL_DOMAIN: localDomain,
    SIP_UDP: `${host}:${port}`,
    SIP_TCP: `${host}:${port}`,
    SIP_TLS: `${host}:${replica.target("tls").port}`,
    TLS_DIR: authorityDirectory(directory),
    ADMIN_URL: replica.adminUrl,
    CONSOLE_URL: `${replica.adminUrl}/console/`,
    CONSOLE_ACCOUNT,
    INSIDE_IP: insideAddress,
    OUTSIDE_IP: outsideAddress,
    NEXT_HOP_IP: environment.peerAddress(),
    PARTNER_IP: environment.peerAddress(),
    PLATFORM_IP: environment.peerAddress(),
    XMPP_DOMAIN,
    XMPP_USER,
    XMPP_PASSWORD,
    XMPP_HOST: foreign.host,
    XMPP_PORT: String(XMPP_PORTS.c2s),
  };
}

function quote(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
