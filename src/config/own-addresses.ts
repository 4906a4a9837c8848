import type { HostPort } from "../federation/types.ts";
import type { ConfigFile } from "./file.ts";

const WILDCARDS = new Set(["0.0.0.0", "::"]);
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

/** Every address that is this system itself, and so never a next hop: SIP listeners, advertised, control ports. */
export function ownAddresses(file: ConfigFile, addresses: readonly string[]): readonly HostPort[] {
  const { controlPort, rpcPort, eventPort } = file.router;
  const all = [
    ...file.sip.listeners.flatMap((listener) => expand(listener, addresses)),
    ...file.sip.advertised,
    ...[controlPort, rpcPort, eventPort].flatMap((port) => LOOPBACK.map((host) => ({ host, port }))),
    ...[file.admin, ...(file.monitoring ? [file.monitoring] : [])].flatMap((it) => expand(it, addresses)),
  ];
  return [...new Map(all.map((it) => [`${it.host} ${it.port}`, it])).values()];
}

/** A wildcard listener answers at every address of the machine. */
function expand(listener: HostPort, addresses: readonly string[]): readonly HostPort[] {
  if (!WILDCARDS.has(listener.host)) return [listener];
  return [...addresses, "localhost"].map((host) => ({ host, port: listener.port }));
}
