/** A pod of the rendered Deployment, as podman can play it. */
import { chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Authority } from "../../support/authority.ts";
import type { Target } from "./images.ts";
import { type Container, type Rendered, find, podOf } from "./release.ts";

/** What the kubelet and the scheduler would know. */
export interface Placement {
  readonly name: string;
  readonly namespace: string;
  /** Every port of the pod is on it. */
  readonly address: string;
  readonly images: Readonly<Record<Target, string>>;
  readonly apiServer: URL;
  /** Bearer token and authority of the ServiceAccount. */
  readonly token: string;
  readonly ca: string;
  /** Signs what the Secret of the certificate holds. */
  readonly authority: Authority;
  /** What volumes hold goes here. */
  readonly directory: string;
}

const USER = 10_001;

/**
 * The documents to play: podman 4.3 knows neither native sidecars nor projected volumes, the downward API in parts and
 * no fsGroup, and runs pods in the network of the host. Everything else stays as the chart renders it.
 */
export function podDocuments(objects: readonly Rendered[], placement: Placement): readonly object[] {
  const { initContainers, containers, volumes, ...spec } = podOf(objects);
  const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === "Always";
  const toPlay = (some: readonly Container[]): object[] => some.map((it) => playable(it, placement));
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: placement.name },
    spec: {
      ...spec,
      // podman would start init containers again and again
      restartPolicy: "OnFailure",
      hostNetwork: true,
      initContainers: toPlay(initContainers.filter((it) => !isSidecar(it))),
      containers: toPlay([...initContainers.filter(isSidecar), ...containers]),
      volumes: (volumes as Volume[]).map((it) => onHost(it, placement)),
    },
  };
  return [configMapFor(find(objects, "ConfigMap"), placement), pod];
}

interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

/** What podman does not know, or takes for something else: it would run probes by a curl inside of the container. */
const KUBELETS = new Set([
  "restartPolicy",
  "startupProbe",
  "livenessProbe",
  "readinessProbe",
  "lifecycle",
  "ports",
]);

function playable(container: Container, placement: Placement): object {
  const rest = Object.fromEntries(Object.entries(container).filter(([field]) => !KUBELETS.has(field)));
  const { name, namespace, address, images, apiServer } = placement;
  const downward: Record<string, string> = {
    POD_NAME: name,
    POD_NAMESPACE: namespace,
    POD_UID: "",
    POD_IPS: address,
  };
  const given = (container.env ?? []).map((it) => ({ name: it.name, value: it.value ?? downward[it.name] }));
  const ofThePlace = {
    KUBERNETES_SERVICE_HOST: apiServer.hostname,
    KUBERNETES_SERVICE_PORT: apiServer.port,
    CONTROL_HOST: address,
    HEALTH_HOST: address,
    XMPP_COMPONENT_HOST: address,
  };
  const added = Object.entries(ofThePlace).map(([key, value]) => ({ name: key, value }));
  return {
    ...rest,
    image: images[targetOf(container)],
    imagePullPolicy: "Never",
    env: [...given, ...added],
  };
}

/** The chart names images as the Dockerfile names its targets. */
function targetOf({ image }: Container): Target {
  return (/([^/]+):/.exec(image)?.[1] ?? "") as Target;
}

/** Emptied directories of the host; the token and the certificate are written as the kubelet would. */
function onHost(volume: Volume, placement: Placement): object {
  const { directory, token, ca, namespace, authority } = placement;
  if (volume.name === "config") return volume;
  const path = join(directory, volume.name);
  mkdirSync(path, { mode: 0o700 });
  if (volume.name === "token") {
    for (const [file, content] of Object.entries({ token, "ca.crt": ca, namespace })) {
      writeFileSync(join(path, file), content);
    }
  }
  if (volume.name === "tls") authority.install(path, { names: ["DNS:sip.example.com"] });
  if (volume.name === "xmpp-tls") authority.install(path, { names: ["DNS:example.com"] });
  for (const file of readdirSync(path)) chownSync(join(path, file), USER, USER);
  chownSync(path, USER, USER);
  return { name: volume.name, hostPath: { path, type: "Directory" } };
}

/** All that listens does so on the address of the pod: the network is the host's. */
function configMapFor(configMap: Rendered, { address }: Placement): object {
  const text = configMap.data?.["config.yaml"] ?? "";
  const config = text
    .replace(/host: '?::'?/, `host: ${address}`)
    .replaceAll("host: 0.0.0.0", `host: ${address}`)
    .replace(/^xmpp:$/m, `$&\n  componentHost: ${address}`);
  const control = `router:\n  host: ${address}\nadmin:\n  host: ${address}\n`;
  return { ...configMap, data: { "config.yaml": config + control } };
}
