import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, type AddressInfo } from "node:net";

/** A port for each name, no two the same, that are free as `freePort` says. */
export async function freePorts<K extends string>(host: string, ...names: K[]): Promise<Record<K, number>> {
  const ports = new Set<number>();
  while (ports.size < names.length) ports.add(await freePort(host));
  return Object.fromEntries([...ports].map((port, index) => [names[index], port])) as Record<K, number>;
}

/** A port that is free for TCP and UDP at this moment, for an address that several processes share. */
export async function freePort(host: string): Promise<number> {
  const tcp = createServer().listen(0, host);
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket(isIPv6(host) ? "udp6" : "udp4");
  udp.bind(port, host);
  const free = await once(udp, "listening").then(
    () => true,
    () => false,
  );
  if (free) udp.close();
  tcp.close();
  await once(tcp, "close");
  return free ? port : freePort(host);
}
