import { MAX_ORDERS, orders } from "./shares.ts";
import type { NextHop, Target } from "./types.ts";

/** What a next hop leads to as of now; nothing where that is not known, or its name leads nowhere. */
export type TargetsOf = (hop: NextHop) => readonly Target[] | undefined;

/**
 * `orders`, with every next hop in the place of its addresses: those of one next hop stay together, in orders of their
 * own by priority and weight of their SRV records. A next hop that leads nowhere is left out. No share of the first place
 * is off by more than 3 %.
 */
export function ordersOfTargets(hops: readonly NextHop[], targetsOf: TargetsOf): NextHop[][] {
  const inner = new Map(hops.map((hop) => [hop, orders(located(hop, targetsOf(hop) ?? []))]));
  const outer = orders(hops.filter((hop) => inner.get(hop)?.some((order) => order.length > 0)));
  const turns = [...inner.values()].map(({ length }) => length).reduce(leastCommonMultiple, 1);
  const all = outer.length * turns;
  const count = Math.min(all, MAX_ORDERS);
  return Array.from({ length: count }, (_, index) => {
    // all combinations, or as many of them as there may be, spread evenly
    const turn = all === count ? (index % turns) / turns : (index * GOLDEN_RATIO) % 1;
    const order = outer[Math.floor((index * outer.length) / count)] ?? [];
    return order.flatMap((hop) => at(inner.get(hop) ?? [], turn));
  });
}

/** Multiples of it fill [0, 1) evenly from any of them on. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

function leastCommonMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return b === 0 ? a : (a / divisor(a, b)) * b;
}

/** @param turn how far along, 0 ≤ turn < 1 */
function at(arrangements: readonly NextHop[][], turn: number): NextHop[] {
  return arrangements[Math.floor(turn * arrangements.length)] ?? [];
}

/** SRV weight 0 is a very small chance beside others (RFC 2782), and an equal one among its like. */
function located(hop: NextHop, targets: readonly Target[]): NextHop[] {
  const someWeigh = targets.some(({ weight }) => weight > 0);
  return targets.map(({ address, port, priority, weight }) => ({
    ...hop,
    // orders are by name where all else is equal
    route: `${hop.route} ${address} ${port}`,
    host: address,
    port,
    priority,
    weight: someWeigh && weight > 0 ? weight * 100 : 1,
  }));
}
