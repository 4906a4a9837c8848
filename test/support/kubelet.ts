/** Pods that an API server believes in, and a kubelet that forwards their ports to what plays them. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Authority } from "./authority.ts";
import { applyObjects, kubectl, type KubernetesApi } from "./control-plane.ts";
import { type ForwardTo, servePortForward } from "./port-forward.ts";
import type { Scope } from "./sipfed.ts";

/** A pod as the chart makes it, as far as anybody looks. */
export interface PlayedPod {
  readonly name: string;
  readonly ready: boolean;
  readonly serviceAccount?: string;
  readonly configMap?: string;
  /** Tag of the operator's image. */
  readonly version?: string;
  /** In place of a running operator and router. */
  readonly containerStatuses?: readonly object[];
}

/** A node of a real API server whose kubelet is played. */
export class Kubelet {
  readonly #api: KubernetesApi;
  readonly #namespace: string;
  readonly #node: string;

  private constructor(api: KubernetesApi, namespace: string, node: string) {
    this.#api = api;
    this.#namespace = namespace;
    this.#node = node;
  }

  /** @param target what plays the port of a pod */
  static async start(
    scope: Scope,
    api: KubernetesApi,
    namespace: string,
    target: ForwardTo,
  ): Promise<Kubelet> {
    // the API server does not look at the certificate of a kubelet
    const server = createServer(new Authority().issue({ names: ["IP:127.0.0.1"] }));
    servePortForward(server, target);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const kubelet = new Kubelet(api, namespace, `node-${randomUUID().slice(0, 8)}`);
    scope.after(async () => {
      server.closeAllConnections();
      server.close();
      await kubectl(api, "delete", "node", kubelet.#node);
    });
    await kubelet.#register(server.address() as AddressInfo);
    return kubelet;
  }

  /** Creates a pod on the node, and says what became of it. */
  async run(pod: PlayedPod): Promise<void> {
    const { name, ready, serviceAccount, configMap, version = "0.0.0", containerStatuses } = pod;
    const object = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        labels: { "app.kubernetes.io/name": "sip-federation", "app.kubernetes.io/instance": "edge" },
      },
      spec: {
        nodeName: this.#node,
        automountServiceAccountToken: false,
        ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
        initContainers: [{ name: "operator", image: `operator:${version}`, restartPolicy: "Always" }],
        containers: [{ name: "sip-router", image: `sip-router:${version}` }],
        ...(configMap !== undefined && { volumes: [{ name: "config", configMap: { name: configMap } }] }),
      },
    };
    await applyObjects(this.#api, this.#namespace, [object]);
    await this.#setStatus("pod", name, {
      phase: "Running",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      ...(containerStatuses !== undefined && { containerStatuses }),
    });
  }

  async #register({ address, port: Port }: AddressInfo): Promise<void> {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: this.#node } };
    await applyObjects(this.#api, this.#namespace, [node]);
    await this.#setStatus("node", this.#node, {
      addresses: [{ type: "InternalIP", address }],
      daemonEndpoints: { kubeletEndpoint: { Port } },
    });
  }

  async #setStatus(kind: string, name: string, status: object): Promise<void> {
    const how = ["-n", this.#namespace, "--subresource=status", "--type=merge"];
    await kubectl(this.#api, "patch", kind, name, ...how, "-p", JSON.stringify({ status }));
  }
}
