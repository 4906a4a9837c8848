/** How the servers of the control plane are started: as few parts as a real API needs, nothing synced to disk. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { get as httpGet } from "node:http";
import { get as httpsGet } from "node:https";
import { join } from "node:path";
import { controlPlaneProgram } from "../../../tools/setup/control-plane.ts";
import { RestartableProcess } from "../restartable-process.ts";

export interface ServerOptions {
  /** Loopback address that nobody else uses. */
  readonly address: string;
  /** Data, keys and logs go here. */
  readonly directory: string;
  /** Of the administrator (`system:masters`). */
  readonly token: string;
  /** Added to the API server's arguments. */
  readonly apiServerArgs: readonly string[];
}

const PORT = { etcd: 2379, etcdPeer: 2380, apiServer: 6443 };
const PROBE_TIMEOUT = 2_000;

export function apiServerUrl(address: string): string {
  return `https://${address}:${PORT.apiServer}`;
}

/** PEM of the authority that the API server made for itself at its first start. */
export function apiServerCa(directory: string): string {
  return readFileSync(certificateFile(directory), "utf8");
}

export function createEtcd({ address, directory }: ServerOptions): RestartableProcess {
  const client = `http://${address}:${PORT.etcd}`;
  const peer = `http://${address}:${PORT.etcdPeer}`;
  const args = [
    ...[`--name=etcd`, `--data-dir=${join(directory, "etcd")}`, "--unsafe-no-fsync", "--log-level=warn"],
    ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
    ...[
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=etcd=${peer}`,
    ],
    `--quota-backend-bytes=${4 * 1024 ** 3}`,
  ];
  return new RestartableProcess(spec("etcd", args, directory), () => answers(`${client}/health`));
}

export function createApiServer(options: ServerOptions): RestartableProcess {
  const { address, directory, token } = options;
  const serviceAccountKey = serviceAccountKeyFile(directory);
  const tokens = join(directory, "tokens.csv");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(serviceAccountKey, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const args = [
    `--etcd-servers=http://${address}:${PORT.etcd}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${PORT.apiServer}`,
    `--cert-dir=${directory}`,
    "--authorization-mode=RBAC",
    `--token-auth-file=${tokens}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${serviceAccountKey}`,
    `--service-account-signing-key-file=${serviceAccountKey}`,
    "--disable-admission-plugins=ServiceAccount", // nobody makes the account `default` that pods would get
    "--service-cluster-ip-range=10.0.0.0/24",
    "--endpoint-reconciler-type=none", // refuses loopback addresses
    ...options.apiServerArgs,
  ];
  const ready = async (): Promise<boolean> =>
    existsSync(certificateFile(directory)) &&
    (await answers(`${apiServerUrl(address)}/readyz`, { token, ca: apiServerCa(directory) }));
  return new RestartableProcess(spec("kube-apiserver", args, directory), ready);
}

/** Garbage collection, the deletion of namespaces, and tokens for Secrets that ask for one, nothing else. */
export function createControllerManager(directory: string, kubeconfig: string): RestartableProcess {
  const args = [
    `--kubeconfig=${kubeconfig}`,
    "--controllers=garbage-collector-controller,namespace-controller,serviceaccount-token-controller",
    `--service-account-private-key-file=${serviceAccountKeyFile(directory)}`,
    "--leader-elect=false",
    "--secure-port=0",
  ];
  return new RestartableProcess(spec("kube-controller-manager", args, directory), () =>
    Promise.resolve(true),
  );
}

function spec(
  name: "etcd" | "kube-apiserver" | "kube-controller-manager",
  args: readonly string[],
  directory: string,
): ConstructorParameters<typeof RestartableProcess>[0] {
  return { name, command: controlPlaneProgram(name), args, logFile: join(directory, `${name}.log`) };
}

function serviceAccountKeyFile(directory: string): string {
  return join(directory, "service-account.pem");
}

function certificateFile(directory: string): string {
  return join(directory, "apiserver.crt");
}

/** Whether a GET is answered with 200. */
async function answers(url: string, secret?: { token: string; ca: string }): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options = {
    agent: false,
    timeout: PROBE_TIMEOUT,
    ...(secret && { ca: secret.ca, headers: { authorization: `Bearer ${secret.token}` } }),
  };
  const request = (secret ? httpsGet : httpGet)(url, options, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  });
  request.on("timeout", () => request.destroy());
  request.on("error", () => {
    resolve(false);
  });
  return promise;
}
