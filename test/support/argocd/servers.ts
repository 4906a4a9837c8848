/** How the parts of Argo CD are started outside of a cluster, each at an address of its own. */
import { mkdirSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { argoCdProgram } from "../../../tools/setup/argocd.ts";
import { helmProgram } from "../../../tools/setup/helm.ts";
import type { AddressBlock } from "../addresses.ts";
import { freePort } from "../free-port.ts";
import { RestartableProcess } from "../restartable-process.ts";

const PORT = { redis: 6379, repositories: 8081, repositoriesMetrics: 8084 };
const PROBE_TIMEOUT = 2_000;

export interface Servers {
  readonly redis: RestartableProcess;
  readonly repositories: RestartableProcess;
  readonly controller: RestartableProcess;
  /** Of the controller, `http://address:port/metrics`. */
  readonly metrics: string;
}

export interface ServersOptions {
  readonly block: AddressBlock;
  /** Caches and logs go here. */
  readonly directory: string;
  /** Of somebody who may do everything. */
  readonly kubeconfig: string;
  /** Where Argo CD's own objects are. */
  readonly namespace: string;
}

export async function createServers(options: ServersOptions): Promise<Servers> {
  const [redis, repositories, controller] = [
    options.block.next(),
    options.block.next(),
    options.block.next(),
  ];
  const metricsPort = await freePort(controller); // it listens on all addresses
  return {
    redis: createRedis(options, redis),
    repositories: await createRepositories(options, repositories, redis),
    controller: createController(options, { repositories, redis, metricsPort }),
    metrics: `http://127.0.0.1:${metricsPort}/metrics`,
  };
}

function createRedis({ directory }: ServersOptions, address: string): RestartableProcess {
  const args = ["--bind", address, "--port", String(PORT.redis), "--save", "", "--dir", directory];
  const spec = { name: "redis-server", command: "redis-server", args, logFile: join(directory, "redis.log") };
  return new RestartableProcess(spec, () => accepts(address, PORT.redis));
}

async function createRepositories(
  { directory }: ServersOptions,
  address: string,
  redis: string,
): Promise<RestartableProcess> {
  const home = join(directory, "repositories");
  mkdirSync(home, { recursive: true });
  const args = [
    ...["--address", address, "--port", String(PORT.repositories), "--disable-tls"],
    ...["--metrics-address", address, "--metrics-port", String(PORT.repositoriesMetrics)],
    ...["--redis", `${redis}:${PORT.redis}`],
  ];
  const spec = {
    name: "argocd-repo-server",
    command: argoCdProgram("argocd-repo-server"),
    args,
    env: {
      ...common(home),
      ARGOCD_ASK_PASS_SOCK: join(home, "ask-pass.sock"),
      ARGOCD_GPG_ENABLED: "false",
      PATH: [dirname(await helmProgram()), process.env.PATH ?? ""].join(delimiter),
    },
    logFile: join(directory, "repositories.log"),
  };
  const health = `http://${address}:${PORT.repositoriesMetrics}/healthz`;
  return new RestartableProcess(spec, () => answersOk(health));
}

function createController(
  { directory, kubeconfig, namespace }: ServersOptions,
  others: { repositories: string; redis: string; metricsPort: number },
): RestartableProcess {
  const home = join(directory, "controller");
  mkdirSync(home, { recursive: true });
  const args = [
    ...["--kubeconfig", kubeconfig, "--namespace", namespace],
    ...["--repo-server", `${others.repositories}:${PORT.repositories}`, "--repo-server-plaintext"],
    ...["--redis", `${others.redis}:${PORT.redis}`, "--metrics-port", String(others.metricsPort)],
    // healing again and again is what some tests ask for
    ...["--self-heal-backoff-timeout-seconds", "1", "--self-heal-backoff-factor", "1"],
    "--persist-resource-health", // where it can be read without the server
  ];
  const spec = {
    name: "argocd-application-controller",
    command: argoCdProgram("argocd-application-controller"),
    args,
    env: common(home),
    logFile: join(directory, "controller.log"),
  };
  const health = `http://127.0.0.1:${others.metricsPort}/healthz`;
  return new RestartableProcess(spec, () => answersOk(health));
}

function common(home: string): Record<string, string> {
  return { HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}

async function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: PROBE_TIMEOUT });
  socket
    .once("connect", () => {
      resolve(true);
    })
    .once("timeout", () => {
      resolve(false);
    })
    .once("error", () => {
      resolve(false);
    });
  const connected = await promise;
  socket.destroy();
  return connected;
}

async function answersOk(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  get(url, { timeout: PROBE_TIMEOUT }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  })
    .once("timeout", () => {
      resolve(false);
    })
    .once("error", () => {
      resolve(false);
    });
  return promise;
}
