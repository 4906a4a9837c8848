/** (a) What a relayed message costs, against a Kamailio that only relays. */
import { setTimeout as sleep } from "node:timers/promises";
import { claimAddressBlock } from "../test/support/addresses.ts";
import type { FederationConfig } from "../src/federation/types.ts";
import { orders } from "../src/federation/shares.ts";
import { SipRouter } from "../src/router/sip-router.ts";
import { knownDomain, LOCAL_DOMAIN, measuredModel } from "./federation-objects.ts";
import { silent, startBare, startPeer, startRouter, type Kamailio } from "./kamailio.ts";
import { cpuTimeUs } from "./process-cost.ts";
import { SipLoad, type Target } from "./sip-load.ts";
import { median } from "./statistics.ts";

export interface RelayCost {
  /** CPU of all processes of the router for one transaction, in microseconds. */
  readonly cpuUs: number;
  /** Transactions a second. */
  readonly throughput: number;
  /** Median of the rounds: bare divided by this one, for the CPU of a message. */
  readonly ratio: number;
}

export interface RelayMeasurement {
  readonly bare: RelayCost;
  readonly routers: readonly (RelayCost & { readonly domains: number })[];
}

export interface RelayOptions {
  readonly rounds: number;
  /** Transactions in each burst. */
  readonly requests: number;
}

interface Contestant {
  readonly kamailio: Kamailio;
  readonly domains: number;
  /** Requests so far: each burst goes on where the one before ended, until every domain had its turn. */
  sent: number;
  readonly cpuUs: number[];
  readonly throughput: number[];
}

const CONCURRENCY = 48;
const WARM_UP = 2000;
/** Milliseconds after which the transactions of the warm-up are gone: wt_timer, and a second for the freeing. */
const SETTLED_MS = 6000;
/** Prime to all numbers of domains here: successive requests go all over the table. */
const STRIDE = 7919;

/** Rounds in which the bare relay and the router with each of `sizes` known domains take turns. */
export async function measureRelayCost(
  sizes: readonly number[],
  options: RelayOptions,
): Promise<RelayMeasurement> {
  const block = await claimAddressBlock();
  const load = await SipLoad.open(block.next(), LOCAL_DOMAIN);
  const peer = startPeer(block.next());
  const bare = contestant(startBare(block.next(), peer.target), 1);
  const routers: Contestant[] = [];
  for (const size of sizes)
    routers.push(contestant(await startFilledRouter(block.next(), size, peer.target), size));
  const all = [bare, ...routers];
  try {
    const warmUp = Math.max(WARM_UP, ...sizes);
    for (const one of all) await burst(load, one, warmUp);
    await sleep(SETTLED_MS);
    for (const one of all) one.cpuUs.length = one.throughput.length = 0;
    for (let round = 0; round < options.rounds; round += 1) {
      const turn = round % 2 === 0 ? all : all.toReversed();
      for (const one of turn) await burst(load, one, options.requests);
    }
  } finally {
    load.close();
    await Promise.all(
      [peer, ...all.map(({ kamailio }) => kamailio)].map(({ process }) => process.stop(60_000)),
    );
    block.release();
  }
  return {
    bare: costOf(bare, bare),
    routers: routers.map((router) => ({ domains: router.domains, ...costOf(router, bare) })),
  };
}

function contestant(kamailio: Kamailio, domains: number): Contestant {
  return { kamailio, domains, sent: 0, cpuUs: [], throughput: [] };
}

async function startFilledRouter(host: string, domains: number, peer: Target): Promise<Kamailio> {
  const router = await startRouter(host);
  const config: FederationConfig = {
    localDomains: [LOCAL_DOMAIN],
    insideNetworks: ["127.0.0.0/8"],
    insideCertificateNames: [],
    ownAddresses: [router.target],
    trustedPeers: [],
    unprovenInbound: "serve",
  };
  const model = measuredModel(config, domains, peer);
  const sipRouter = new SipRouter(
    { ...router.control, dialogs: { keys: ["c0ffee"], lifetimeSeconds: 3600 }, orders },
    silent,
  );
  const { promise: programmed, resolve } = Promise.withResolvers<undefined>();
  sipRouter.start(model.table, {
    discover: () => Promise.resolve("uncached"),
    learned: () => undefined,
    programmed: () => {
      resolve(undefined);
    },
  });
  await sipRouter.apply(model.takeChanges());
  await programmed;
  await sipRouter.stop(); // its polling is not the router's cost
  return router;
}

async function burst(load: SipLoad, one: Contestant, requests: number): Promise<void> {
  const { kamailio, domains, sent } = one;
  const domain = (n: number): string => knownDomain(((sent + n) * STRIDE) % domains);
  one.sent += requests;
  kamailio.process.assertRunning();
  const before = cpuTimeUs(kamailio.process.pid);
  const result = await load.run({ target: kamailio.target, requests, concurrency: CONCURRENCY, domain });
  const answered = result.statuses.get(200) ?? 0;
  if (answered < requests * 0.99) {
    const statuses = JSON.stringify([...result.statuses]);
    throw new Error(`${kamailio.process.name} served ${answered} of ${requests} requests: ${statuses}`);
  }
  one.cpuUs.push((cpuTimeUs(kamailio.process.pid) - before) / requests);
  one.throughput.push((requests / result.elapsedMs) * 1000);
}

function costOf(one: Contestant, bare: Contestant): RelayCost {
  const ratios = one.cpuUs.map((cpuUs, round) => (bare.cpuUs[round] ?? Number.NaN) / cpuUs);
  return { cpuUs: median(one.cpuUs), throughput: median(one.throughput), ratio: median(ratios) };
}
