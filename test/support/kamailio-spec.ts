import { join } from "node:path";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import type { KamailioBinary } from "./kamailio-binaries.ts";
import type { ProcessSpec } from "./processes.ts";

/** Every router has a loopback address of its own, so all of them take the same ports. */
export const PORTS = { health: 8060, control: 8061, rpc: 8062, event: 8063 } as const;

/**
 * How Kamailio is started with the product's configuration, every listener at `host`.
 * @param directory for what it writes, its log `router.log` included
 * @param env added to the environment of kamailio-run
 */
export function kamailioSpec(
  binary: KamailioBinary,
  host: string,
  directory: string,
  env: Readonly<Record<string, string>> = {},
): ProcessSpec {
  return {
    name: `Kamailio ${binary.version}`,
    command: join(repositoryRoot, "src/router/kamailio-run"),
    args: [],
    env: {
      KAMAILIO: binary.command,
      SIP_IPV4: host,
      HEALTH_HOST: host,
      HEALTH_PORT: String(PORTS.health),
      CONTROL_HOST: host,
      CONTROL_PORT: String(PORTS.control),
      RPC_PORT: String(PORTS.rpc),
      EVENT_PORT: String(PORTS.event),
      SHARED_MEMORY_MB: "256",
      RUN_DIRECTORY: directory,
      ...env,
    },
    logFile: join(directory, "router.log"),
    deathSignal: "TERM",
  };
}
