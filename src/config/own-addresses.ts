import type { HostPort } from "../federation/types.ts";
import type { ConfigFile } from "./file.ts";

const WILDCARDS = new Set(["0.0.0.0", "::"]);
/** Every address that is this system itself, and so never a next hop: SIP listeners, advertised, control ports, those between router and XMPP gateway. */
export function ownAddresses(file: ConfigFile, addresses: readonly string[]): readonly HostPort[] {
  const { host, controlPort, rpcPort, eventPort } = file.router;
  const gateway = file.xmpp.enabled ? [file.xmpp.sipPort, file.xmpp.routerSipPort] : [];
  const all = [
    ...file.sip.listeners.flatMap((listener) => expand(listener, addresses)),
    ...file.sip.advertised,
    ...[controlPort, rpcPort, eventPort, ...gateway].flatMap((port) => named({ host, port })),
    ...[file.admin, ...(file.monitoring ? [file.monitoring] : [])].flatMap((it) => expand(it, addresses)),
  ];
  return [...new Map(all.map((it) => [`${it.host} ${it.port}`, it])).values()];
}

/** A wildcard listener answers at every address of the machine. */
function expand(listener: HostPort, addresses: readonly string[]): readonly HostPort[] {
  if (!WILDCARDS.has(listener.host)) return named(listener);
  return [...addresses, "localhost"].map((host) => ({ host, port: listener.port }));
}

/** An address, and the name that stands for it. */
function named(listener: HostPort): readonly HostPort[] {
  const isLocalhost = listener.host === "127.0.0.1" || listener.host === "::1";
  return isLocalhost ? [listener, { ...listener, host: "localhost" }] : [listener];
}
