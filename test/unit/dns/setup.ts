import type { TestContext } from "node:test";
import { HopResolver } from "../../../src/dns/hop-resolver.ts";
import type { HopName, HopResolverOptions, Target, Timing } from "../../../src/dns/types.ts";
import { type AddressBlock, claimAddressBlock } from "../../support/addresses.ts";
import { DnsServer } from "../../support/dns-server.ts";

const DNS_PORT = 53;

/** TTLs may be a fiftieth of a second, which is what a TTL of 0 in a zone is then. */
export const QUICK: Partial<Timing> = {
  ttlMs: [20, 3_600_000],
  problemTtlMs: 50,
  retryMs: [20, 60],
};

export interface Bed {
  readonly block: AddressBlock;
  readonly server: DnsServer;
  readonly resolver: HopResolver;
  /** What `changed` was called with, hop by hop. */
  readonly news: string[];
  /** How often `changed` was called. */
  readonly calls: () => number;
}

/** A DNS server with an empty zone, and a resolver that asks it. */
export async function setup(t: TestContext, options: Partial<HopResolverOptions> = {}): Promise<Bed> {
  const block = await claimAddressBlock();
  const server = await startServer(t, block);
  const news: string[] = [];
  let calls = 0;
  const resolver = new HopResolver({
    servers: [server.address],
    timing: QUICK,
    changed: (hops) => {
      calls += 1;
      news.push(...hops.map(({ host }) => host));
    },
    ...options,
  });
  t.after(() => {
    resolver.stop();
    block.release();
  });
  return { block, server, resolver, news, calls: () => calls };
}

export async function startServer(t: TestContext, block: AddressBlock): Promise<DnsServer> {
  const server = await DnsServer.start(block.next(), DNS_PORT);
  t.after(() => server.stop());
  return server;
}

/** A server of another machine, at which nobody answers and nobody says so. */
export async function startSilentServer(t: TestContext, block: AddressBlock): Promise<DnsServer> {
  const server = await startServer(t, block);
  server.network = () => [];
  return server;
}

export function hop(host: string, port = 5060, transport: HopName["transport"] = "UDP"): HopName {
  return { host, port, transport };
}

/** `192.0.2.1:5060` for targets without SRV, `192.0.2.1:5060/10/60` with priority and weight for others. */
export function written(targets: readonly Target[] | undefined): string[] | undefined {
  return targets?.map(({ address, port, priority, weight }) => {
    const where = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
    return priority === 0 && weight === 1 ? where : `${where}/${priority}/${weight}`;
  });
}

/** Follows one hop and waits for its first result. */
export async function resolve(
  { resolver }: Bed,
  one: HopName,
): Promise<{ targets: string[] | undefined; problem: string | undefined }> {
  resolver.follow([one]);
  await resolver.ready(10_000);
  return { targets: written(resolver.targets(one)), problem: resolver.problem(one) };
}
