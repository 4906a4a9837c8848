import type { NextHop } from "./types.ts";

/** Orders of one set at most. 1/128 < 1 %: no share of the first place is off by more. */
export const MAX_ORDERS = 128;

/**
 * Serial orders of next hops, of which a request takes any one with equal chance: the first place then goes to each
 * hop of the first priority by its weight within 1 %, the following places by the weights of the rest (as RFC 2782
 * asks for SRV), and lower priorities follow. 1 to 128 orders; equal input gives equal output.
 */
export function orders(hops: readonly NextHop[]): NextHop[][] {
  const tiers = tiersOf(hops);
  const count = exactCount(tiers) ?? MAX_ORDERS;
  const spread = new Spread();
  const parts = tiers.map((tier) => arrange(tier, count, spread));
  return Array.from({ length: count }, (_, index) => parts.flatMap((part) => part[index] ?? []));
}

/** The hops of each priority, in one fixed order whatever the order of the input. */
function tiersOf(hops: readonly NextHop[]): NextHop[][] {
  const sorted = hops.toSorted((a, b) => a.priority - b.priority || (a.route < b.route ? -1 : 1));
  return [...Map.groupBy(sorted, (hop) => hop.priority).values()];
}

/** The smallest number of orders that gives every weight its exact share in every place. */
function exactCount(tiers: readonly NextHop[][]): number | undefined {
  for (let count = 1; count <= MAX_ORDERS; count++) {
    if (tiers.every((tier) => dividesExactly(tier, count))) return count;
  }
  return undefined;
}

function dividesExactly(hops: readonly NextHop[], count: number): boolean {
  if (hops.length <= 1) return true;
  const total = totalWeight(hops);
  return hops.every((hop) => {
    const share = (count * hop.weight) / total;
    return Number.isInteger(share) && dividesExactly(without(hops, hop), share);
  });
}

/** `count` permutations: each hop comes first in its share of them, followed by arrangements of the rest. */
function arrange(hops: readonly NextHop[], count: number, spread: Spread): NextHop[][] {
  if (hops.length <= 1) return Array.from({ length: count }, () => [...hops]);
  const counts = apportion(hops, count, spread.next());
  return hops.flatMap((hop, index) => {
    const share = counts[index] ?? 0;
    return share === 0 ? [] : arrange(without(hops, hop), share, spread).map((rest) => [hop, ...rest]);
  });
}

/**
 * Systematic sampling: `count` evenly spaced points over the weights laid end to end. Every hop gets its exact share,
 * rounded up or down.
 * @param offset where the first point lies, as a fraction of the spacing: 0 ≤ offset < 1
 */
function apportion(hops: readonly NextHop[], count: number, offset: number): number[] {
  const total = totalWeight(hops);
  let end = 0;
  let taken = 0;
  return hops.map((hop) => {
    end += hop.weight;
    const before = taken;
    taken = Math.ceil((end * count) / total - offset);
    return taken - before;
  });
}

/** Fractions that fill [0, 1) evenly from the start on (multiples of the golden ratio): rounding favours no hop. */
class Spread {
  #last = 0;

  next(): number {
    this.#last = (this.#last + 0.618_033_988_749_895) % 1;
    return this.#last;
  }
}

function totalWeight(hops: readonly NextHop[]): number {
  return hops.reduce((sum, hop) => sum + hop.weight, 0);
}

function without(hops: readonly NextHop[], hop: NextHop): NextHop[] {
  return hops.filter((other) => other !== hop);
}
