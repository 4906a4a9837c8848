/** Routers under the same load in turns, each beside the baseline of its round. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Kamailio } from "./kamailio.ts";
import { cpuTimeUs, minorFaults } from "./process-cost.ts";
import type { SipLoad, Target } from "./sip-load.ts";
import { median } from "./statistics.ts";

export interface Contestant {
  /** Whose CPU time is measured. */
  readonly kamailio: Kamailio;
  /** Where the load is sent to, if not to itself. */
  readonly entry?: Target;
  readonly load: SipLoad;
  /** Domain of its n-th request: each burst goes on where the one before ended. */
  readonly domain: (n: number) => string;
  /** What else goes on during each burst. */
  readonly meanwhile?: () => Promise<unknown>;
}

export interface RelayCost {
  /** CPU of all processes of the router for one transaction, in microseconds: median of the rounds. */
  readonly cpuUs: number;
  /** Transactions a second: median of the rounds. */
  readonly throughput: number;
  /** CPU of a transaction in each round. */
  readonly rounds: readonly number[];
}

export interface TurnsOptions {
  readonly rounds: number;
  /** Transactions in each burst. */
  readonly requests: number;
  /** Transactions of each contestant before the first round. */
  readonly warmUp: number;
}

interface Account {
  readonly contestant: Contestant;
  /** Transactions so far. */
  sent: number;
  readonly cpuUs: number[];
  readonly throughput: number[];
}

const CONCURRENCY = 48;
/** Milliseconds after which the transactions of the warm-up are gone: wt_timer, and a second for the freeing. */
const SETTLED_MS = 6000;
/**
 * What is measured is the use of memory, not its first touch: each process maps each page of shared memory once. Pages
 * that may still be mapped for a transaction; and bursts after which it begins anyway.
 */
const FEW_FAULTS = 0.1;
const MAX_BURSTS = 40;

/** What each of them costs, in their order. */
export async function takeTurns<const Contestants extends readonly Contestant[]>(
  contestants: Contestants,
  options: TurnsOptions,
): Promise<{ [Place in keyof Contestants]: RelayCost }> {
  const all = contestants.map((contestant): Account => {
    return { contestant, sent: 0, cpuUs: [], throughput: [] };
  });
  for (const one of all) await burst(one, options.warmUp);
  await sleep(SETTLED_MS);
  for (const one of all) await settle(one, options.requests);
  for (const one of all) one.cpuUs.length = one.throughput.length = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    const turn = round % 2 === 0 ? all : all.toReversed();
    for (const one of turn) await burst(one, options.requests);
  }
  return all.map(costOf) as { [Place in keyof Contestants]: RelayCost };
}

/** CPU of a message of one, divided by that of the other: median of the rounds. */
export function ratio(one: RelayCost, other: RelayCost): number {
  return median(one.rounds.map((cpuUs, round) => cpuUs / (other.rounds[round] ?? Number.NaN)));
}

async function settle(one: Account, requests: number): Promise<void> {
  const { pid } = one.contestant.kamailio.process;
  for (let bursts = 0; bursts < MAX_BURSTS; bursts += 1) {
    const before = minorFaults(pid);
    await burst(one, requests);
    if (minorFaults(pid) - before < FEW_FAULTS * requests) return;
  }
}

async function burst(one: Account, requests: number): Promise<void> {
  const { kamailio, entry, load, domain, meanwhile } = one.contestant;
  const { sent } = one;
  one.sent += requests;
  kamailio.process.assertRunning();
  const before = cpuTimeUs(kamailio.process.pid);
  const [result] = await Promise.all([
    load.run({
      target: entry ?? kamailio.target,
      requests,
      concurrency: CONCURRENCY,
      domain: (n) => domain(sent + n),
    }),
    meanwhile?.(),
  ]);
  const answered = result.statuses.get(200) ?? 0;
  if (answered < requests * 0.99) {
    const statuses = JSON.stringify([...result.statuses]);
    throw new Error(`${kamailio.process.name} served ${answered} of ${requests} requests: ${statuses}`);
  }
  one.cpuUs.push((cpuTimeUs(kamailio.process.pid) - before) / requests);
  one.throughput.push((requests / result.elapsedMs) * 1000);
}

function costOf({ cpuUs, throughput }: Account): RelayCost {
  return { cpuUs: median(cpuUs), throughput: median(throughput), rounds: cpuUs };
}
