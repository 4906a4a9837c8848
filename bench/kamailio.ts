/** The Kamailios that are measured, all of the same version. */
import { join } from "node:path";
import { pino } from "pino";
import { repositoryRoot } from "../tools/setup/paths.ts";
import { defaultKamailio } from "../test/support/kamailio-binaries.ts";
import { ManagedProcess } from "../test/support/processes.ts";
import { temporaryDirectory } from "../test/support/temporary.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { ControlClient } from "../src/router/control-client.ts";
import type { RouterOptions } from "../src/router/types.ts";
import type { Target } from "./sip-load.ts";

export const SIP_PORT = 5060;
export const TLS_PORT = 5061;
const PORTS = { controlPort: 8061, rpcPort: 8062, eventPort: 8063 };
/** A transaction takes 13 kB for its 5 seconds: enough for a warm-up of a request to each of 100,000 domains. */
const SHARED_MEMORY_MB = "2048";
/** The memory manager of kamailio-run: Debian's default is far slower. */
const TLSF = ["-x", "tlsf", "-X", "tlsf"];

export const silent = pino({ level: "silent" });

/** A running Kamailio. */
export interface Kamailio {
  readonly process: ManagedProcess;
  readonly target: Target;
}

/** The product's router, and how the operator drives it. */
export interface Router extends Kamailio {
  readonly control: Pick<RouterOptions, "controlPort" | "rpcPort" | "eventPort"> & { readonly host: string };
  /** By which it speaks TLS, if it does. */
  readonly tlsConfig: string;
}

/** As the router writes a next hop. */
export function udpUri({ host, port }: Target): string {
  return `sip:${host}:${port};transport=udp`;
}

/** Over TLS at the same host, at the usual port unless the target has another than that of UDP. */
export function tlsUri({ host, port }: Target): string {
  return `sip:${host}:${port === SIP_PORT ? TLS_PORT : port};transport=tls`;
}

/** Answers everything; over TLS too where told by which configuration. */
export function startPeer(host: string, { status = 200, tlsConfig }: PeerOptions = {}): Kamailio {
  return startPlain("peer", host, [...TLSF, "-A", `STATUS="${status}"`], tlsConfig);
}

export interface PeerOptions {
  /** 200 unless told. */
  readonly status?: number;
  /** File that names the certificates; it speaks UDP alone unless told. */
  readonly tlsConfig?: string;
}

export interface BareOptions {
  /** File that names the certificates; it speaks no TLS unless told. */
  readonly tlsConfig?: string;
  /** With the memory manager that Debian's Kamailio starts with; with the router's unless told. */
  readonly isStock?: boolean;
}

/** Relays everything to this URI. */
export function startBare(
  host: string,
  to: string,
  { tlsConfig, isStock = false }: BareOptions = {},
): Kamailio {
  return startPlain("bare", host, [...(isStock ? [] : TLSF), "-A", `PEER="${to}"`], tlsConfig);
}

/** @param env added to the environment of kamailio-run */
export async function startRouter(host: string, env: Readonly<Record<string, string>> = {}): Promise<Router> {
  const directory = temporaryDirectory("bench-router");
  const process = new ManagedProcess({
    name: "SIP router",
    command: join(repositoryRoot, "src", "router", "kamailio-run"),
    args: [],
    deathSignal: "TERM", // to the main process, which ends its workers
    env: {
      KAMAILIO: defaultKamailio().command,
      SIP_IPV4: host,
      SIP_PORT: `${SIP_PORT}`,
      HEALTH_HOST: host,
      CONTROL_HOST: host,
      SHARED_MEMORY_MB,
      RUN_DIRECTORY: directory,
      ...env,
    },
    logFile: join(directory, "log"),
  });
  const control = { host, ...PORTS };
  const client = new ControlClient({ host, port: PORTS.controlPort });
  await waitFor("the SIP router", async () => {
    process.assertRunning();
    return client.status();
  });
  await client.close();
  return { process, target: { host, port: SIP_PORT }, control, tlsConfig: join(directory, "tls.cfg") };
}

function startPlain(name: string, host: string, args: readonly string[], tlsConfig?: string): Kamailio {
  const directory = temporaryDirectory(`bench-${name}`);
  const process = new ManagedProcess({
    name,
    command: defaultKamailio().command,
    deathSignal: "TERM",
    args: [
      ...["-DD", "-E", "-f", join(import.meta.dirname, `${name}.cfg`)],
      ...["-m", SHARED_MEMORY_MB],
      ...["-Y", directory, "-w", directory, "-A", `SIP_IPV4=${host}`, "-A", `SIP_PORT=${SIP_PORT}`],
      ...(tlsConfig === undefined ? [] : ["-A", `TLS_CONFIG="${tlsConfig}"`, "-A", `TLS_PORT=${TLS_PORT}`]),
      ...args,
    ],
    logFile: join(directory, "log"),
  });
  return { process, target: { host, port: SIP_PORT } };
}
