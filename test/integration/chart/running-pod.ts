import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Authority } from "../../support/authority.ts";
import { type AddressBlock, claimAddressBlock } from "../../support/addresses.ts";
import { type KubernetesApi, applyObjects, createNamespace, kubectl } from "../../support/control-plane.ts";
import { runKubectl } from "../../support/control-plane/kubectl.ts";
import { startProsody } from "../../support/prosody.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import type { TlsOptions } from "../../support/sip/transport.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";
import { XmppDns } from "../../support/xmpp-dns.ts";
import type { XmppServer, XmppServerOptions } from "../../support/xmpp-server.ts";
import { podman } from "./containers.ts";
import { type Target, buildImages } from "./images.ts";
import { podDocuments } from "./pod.ts";
import { type Rendered, render } from "./release.ts";

const CONTAINERS: readonly Target[] = ["operator", "sip-router", "xmpp-gateway"];
/** With an XMPP gateway, which reaches servers on this machine. */
const VALUES = [
  ...["--set", "tls.secretName=edge-tls,replicas=1,xmpp.enabled=true"],
  ...["--set", "xmpp.allowedNetworks={127.0.0.0/8},config.xmpp.askReserved={example}"],
];
const RBAC = ["ServiceAccount", "Role", "RoleBinding"];

interface Parts {
  readonly name: string;
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly block: AddressBlock;
  readonly dns: XmppDns;
}

/** A pod of the chart in podman, against a real API server, with the rights that the chart gives it. */
export class RunningPod {
  readonly address: string;
  /** By which its XMPP gateway finds other domains, and they find it. */
  readonly dns: XmppDns;
  readonly #name: string;
  readonly #api: KubernetesApi;
  readonly #namespace: string;
  readonly #block: AddressBlock;

  private constructor(parts: Parts) {
    this.#name = parts.name;
    this.#api = parts.api;
    this.#namespace = parts.namespace;
    this.#block = parts.block;
    this.dns = parts.dns;
    this.address = parts.block.next();
    this.dns.serve("example.com", this.address);
  }

  /** Builds the images, and starts the pod, with TLS by this authority. */
  static async start(authority: Authority): Promise<RunningPod> {
    const images = await buildImages();
    const api = await sharedControlPlane();
    const namespace = await createNamespace(api);
    const block = await claimAddressBlock();
    const dns = await XmppDns.start(block.next());
    const pod = new RunningPod({ name: `edge-${process.pid}`, api, namespace, block, dns });
    const values = [...VALUES, "--set", `xmpp.dnsServers={${dns.address}}`];
    await pod.#play(await render(namespace, ...values), images, authority);
    return pod;
  }

  /** A Prosody of another domain at an address of its own. */
  async xmppServer(options: Omit<XmppServerOptions, "host" | "dns">): Promise<XmppServer> {
    const host = this.#block.next();
    this.dns.serve(options.domain, host);
    return startProsody({ ...options, host, dns: this.dns.address });
  }

  /** A SIP user agent at an address of its own; `tls`: it speaks TLS too. */
  async userAgent(tls?: TlsOptions): Promise<UserAgent> {
    return UserAgent.open({ host: this.#block.next(), ...(tls && { tls }) });
  }

  async waitUntilReady(): Promise<void> {
    try {
      await waitFor("the pod to get ready", () => this.answers(8060, "/readyz"), { timeout: 60_000 });
    } catch (cause) {
      throw new Error(`the pod is not ready; it says:\n${await podman("pod", "logs", this.#name)}`, {
        cause,
      });
    }
  }

  async get(port: number, path: string): Promise<Response> {
    return fetch(`http://${this.address}:${port}${path}`);
  }

  /** Whether it answers with a 2xx. */
  async answers(port: number, path: string): Promise<boolean> {
    try {
      return (await this.get(port, path)).ok;
    } catch {
      return false;
    }
  }

  /** Whether somebody takes TCP connections, as a probe of the kubelet finds. */
  async accepts(port: number): Promise<boolean> {
    const socket = connect(port, this.address);
    try {
      await once(socket, "connect");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  /** Runs a shell command in a container, and returns what it wrote to stdout. */
  async exec(container: Target, command: string): Promise<string> {
    return podman("exec", this.#container(container), "sh", "-c", command);
  }

  /** What it has written so far. */
  async logs(container: Target): Promise<string> {
    return podman("logs", this.#container(container));
  }

  /** As the administrator, in the namespace of the pod. */
  async kubectl(...args: string[]): Promise<string> {
    return (await kubectl(this.#api, "-n", this.#namespace, ...args)).stdout;
  }

  /** `kubectl apply` of objects, in the namespace of the pod. */
  async apply(...objects: readonly object[]): Promise<void> {
    await applyObjects(this.#api, this.#namespace, objects);
  }

  /** When each container started; changes when one is restarted. */
  async startTimes(): Promise<readonly string[]> {
    return Promise.all(CONTAINERS.map((container) => this.#inspect(container, "{{.State.StartedAt}}")));
  }

  /** Sends SIGTERM, and returns the exit codes. */
  async stop(): Promise<Record<string, number>> {
    await podman("pod", "stop", "--time", "30", this.#name);
    const codes = CONTAINERS.map(async (container) => {
      return [container, Number(await this.#inspect(container, "{{.State.ExitCode}}"))] as const;
    });
    return Object.fromEntries(await Promise.all(codes));
  }

  async remove(): Promise<void> {
    await podman("pod", "rm", "--force", "--time", "10", this.#name);
    await this.dns.stop();
    this.#block.release();
  }

  async #play(
    objects: readonly Rendered[],
    images: Readonly<Record<Target, string>>,
    authority: Authority,
  ): Promise<void> {
    await this.#create(objects.filter(({ kind }) => RBAC.includes(kind)));
    const directory = temporaryDirectory("pod");
    const documents = podDocuments(objects, {
      ...{ name: this.#name, namespace: this.#namespace, address: this.address, images, directory },
      apiServer: new URL(this.#api.server),
      token: (await this.kubectl("create", "token", "edge-sip-federation")).trim(),
      ca: this.#api.ca,
      authority,
    });
    const manifest = join(directory, "pod.yaml");
    writeFileSync(manifest, documents.map((document) => JSON.stringify(document)).join("\n---\n"));
    await podman("kube", "play", "--network", "host", manifest);
  }

  async #create(items: readonly Rendered[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await runKubectl(this.#api.kubeconfig, ["create", "-f", "-"], list);
  }

  #container(container: Target): string {
    return `${this.#name}-${container}`;
  }

  async #inspect(container: Target, format: string): Promise<string> {
    return (await podman("inspect", "--format", format, this.#container(container))).trim();
  }
}
