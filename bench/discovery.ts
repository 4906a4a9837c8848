/** (d) What it costs to discover a domain: for the request that waits, and for the API server. */
import { setTimeout as sleep } from "node:timers/promises";
import { SOME_STATUS } from "../test/support/etcd-objects.ts";
import type { Replica } from "../test/support/replica.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { API_VERSION, type StoredObject } from "./bare-client.ts";
import { knownDomain, LOCAL_DOMAIN } from "./federation-objects.ts";
import type { Installation } from "./installation.ts";
import { SipLoad } from "./sip-load.ts";

export interface FirstRequests {
  /** Milliseconds to the final response. */
  readonly knownMs: readonly number[];
  readonly unknownMs: readonly number[];
}

export interface DiscoveryRate {
  /** Objects a second. */
  readonly bareCreates: number;
  /** Objects a second, each with a status like those that the operator writes. */
  readonly bareCreatesWithStatus: number;
  /** Domains a second, from the first request to the last status. */
  readonly discoveries: number;
}

const PAUSE_MS = 10;
const CONCURRENCY = 64;
const WRITTEN = { timeout: 120_000, interval: 5 };

/** Requests to known and to unknown domains take turns. */
export async function measureFirstRequests(
  { insideAddress }: Installation,
  replica: Replica,
  samples: number,
): Promise<FirstRequests> {
  const load = await SipLoad.open(insideAddress, LOCAL_DOMAIN);
  const first = async (domain: string): Promise<readonly number[]> => {
    await sleep(PAUSE_MS);
    const target = replica.target("udp");
    const result = await load.run({ target, requests: 1, concurrency: 1, domain: () => domain });
    if (!result.statuses.has(200)) throw new Error(`${domain}: ${JSON.stringify([...result.statuses])}`);
    return result.latenciesMs;
  };
  const knownMs: number[] = [];
  const unknownMs: number[] = [];
  for (let n = 0; n < samples; n += 1) {
    knownMs.push(...(await first(knownDomain(n * 14)))); // of those below no pattern
    unknownMs.push(...(await first(`stranger-${n}.example`)));
  }
  load.close();
  return { knownMs, unknownMs };
}

/**
 * Bare creates of as many objects come before and after the discoveries; their rate is that of both. Those with a
 * status come last: they are the floor of what the API server can take.
 */
export async function measureDiscoveryRate(
  installation: Installation,
  replica: Replica,
  domains: number,
): Promise<DiscoveryRate> {
  const before = await bareCreatesMs(installation, "before", domains);
  const discovered = await discoveriesMs(installation, replica, domains);
  const after = await bareCreatesMs(installation, "after", domains);
  const withStatus = await bareCreatesMs(installation, "with-status", domains, SOME_STATUS);
  return {
    bareCreates: (2000 * domains) / (before + after),
    bareCreatesWithStatus: (1000 * domains) / withStatus,
    discoveries: (1000 * domains) / discovered,
  };
}

async function bareCreatesMs(
  { client, otherNamespace }: Installation,
  label: string,
  count: number,
  status?: object,
): Promise<number> {
  const startedAt = performance.now();
  const creates = Array.from({ length: count }, async (_, n) => {
    const created = await client.create(otherNamespace, "federateddomains", {
      apiVersion: API_VERSION,
      kind: "FederatedDomain",
      metadata: { name: `${label}-${n}.example`, labels: { "sipfederation.io/origin": "discovered" } },
      spec: { trust: "Limited" },
    });
    if (status !== undefined) await client.mergeStatus(otherNamespace, "federateddomains", created, status);
  });
  await Promise.all(creates);
  return performance.now() - startedAt;
}

async function discoveriesMs(installation: Installation, replica: Replica, count: number): Promise<number> {
  const { client, namespace, insideAddress } = installation;
  const written = new Set<string>();
  const stopWatch = await client.watch(namespace, "federateddomains", ({ object }) => {
    if (object.metadata.name.startsWith("found-") && isProgrammed(object)) written.add(object.metadata.name);
  });
  const load = await SipLoad.open(insideAddress, LOCAL_DOMAIN);
  const startedAt = performance.now();
  await load.run({
    target: replica.target("udp"),
    requests: count,
    concurrency: CONCURRENCY,
    domain: (n) => `found-${n}.example`,
  });
  await waitFor("the statuses of all discovered domains", () => written.size === count, WRITTEN);
  const elapsedMs = performance.now() - startedAt;
  load.close();
  stopWatch();
  return elapsedMs;
}

function isProgrammed({ status }: StoredObject): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Programmed" && status === "True") ?? false;
}
