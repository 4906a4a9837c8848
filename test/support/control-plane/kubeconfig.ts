import { writeFileSync } from "node:fs";

export interface Credentials {
  /** `https://address:port`. */
  readonly server: string;
  /** PEM of the API server's authority. */
  readonly ca: string;
  readonly token: string;
  /** The namespace of commands that name none. */
  readonly namespace?: string;
}

/** Writes a kubeconfig of one cluster, one user and one context. JSON is YAML. */
export function writeKubeconfig(path: string, { server, ca, token, namespace }: Credentials): void {
  const name = "test";
  const certificate = Buffer.from(ca).toString("base64");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": certificate } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: namespace ?? "default" } }],
    "current-context": name,
  };
  writeFileSync(path, JSON.stringify(kubeconfig, null, 2), { mode: 0o600 });
}
