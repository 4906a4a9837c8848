/** (b) From a change of a route to the first request that goes by it, beside the watch of the API server. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Replica } from "../test/support/replica.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { API_VERSION } from "./bare-client.ts";
import { LOCAL_DOMAIN } from "./federation-objects.ts";
import type { Installation } from "./installation.ts";
import { SipLoad, type Target } from "./sip-load.ts";

export interface ApplyLatency {
  /** From the apply to the event of a plain watch, for each change, in milliseconds. */
  readonly watchMs: readonly number[];
  /** From that event to the first response of the next hop that was applied, in milliseconds. */
  readonly overWatchMs: readonly number[];
}

const DOMAIN = "moving.example";
const ROUTE = "moving";
const WARM_UP = 10;
const PROBE_INTERVAL_MS = 1;

export async function measureApplyToRouted(
  installation: Installation,
  replica: Replica,
  samples: number,
): Promise<ApplyLatency> {
  const { client, namespace, peer, otherPeer, insideAddress } = installation;
  const seenAt = new Map<number, number>();
  let observed: number | undefined;
  const stopWatch = await client.watch(namespace, "staticroutes", ({ object: { metadata, status } }) => {
    if (metadata.name !== ROUTE) return;
    if (!seenAt.has(metadata.generation)) seenAt.set(metadata.generation, performance.now());
    observed = status?.observedGeneration ?? observed;
  });
  const load = await SipLoad.open(insideAddress, LOCAL_DOMAIN);
  const watchMs: number[] = [];
  const overWatchMs: number[] = [];
  for (let n = 0; n < WARM_UP + samples; n += 1) {
    const [nextHop, status] = n % 2 === 0 ? [otherPeer.target, 202] : [peer.target, 200];
    const appliedAt = performance.now();
    const [{ metadata }, routedAt] = await Promise.all([
      client.apply(namespace, "staticroutes", ROUTE, routeTo(nextHop)),
      firstRouted(load, replica.target("udp"), status),
    ]);
    const watchedAt = await waitFor("the watch", () => seenAt.get(metadata.generation));
    await waitFor("the status", () => observed === metadata.generation);
    if (n < WARM_UP) continue;
    watchMs.push(watchedAt - appliedAt);
    overWatchMs.push(routedAt - watchedAt);
  }
  load.close();
  stopWatch();
  return { watchMs, overWatchMs };
}

function routeTo({ host, port }: Target): object {
  return {
    apiVersion: API_VERSION,
    kind: "StaticRoute",
    metadata: { name: ROUTE },
    spec: { destinationPattern: DOMAIN, nextHop: host, nextHopPort: port, protocolType: "UDP" },
  };
}

/** When the first response with this status arrived. */
async function firstRouted(load: SipLoad, target: Target, status: number): Promise<number> {
  for (;;) {
    const { statuses } = await load.run({ target, requests: 1, concurrency: 1, domain: () => DOMAIN });
    if (statuses.has(status)) return performance.now();
    await sleep(PROBE_INTERVAL_MS);
  }
}
