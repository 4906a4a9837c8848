import { isCacheable } from "./domain-name.ts";
import { blockOf } from "./decision/block.ts";
import { explicitSet } from "./lookup.ts";
import type { Direction, RoutingTable } from "./types.ts";

/** How many new domains may be discovered. Each direction has its own rate and burst, so that neither starves the other. */
export interface DiscoveryLimits {
  /** New domains a second, ≥0; 0 is no limit. */
  readonly ratePerSecond: number;
  /** New domains at once, ≥1. */
  readonly burst: number;
  /** Domains of trust Limited, ≥0; 0 is no limit. Inbound discovery fills half of it at most. */
  readonly maxLimitedDomains: number;
}

/** The token buckets, one a direction: how many new domains were left at which time. */
export type DiscoveryState = Readonly<Partial<Record<Direction, Bucket>>>;

interface Bucket {
  readonly left: number;
  /** Milliseconds on the clock of the caller, which never goes back. */
  readonly at: number;
}

/** A limit on discovery: on new domains a second, or on domains of trust Limited. */
export type DiscoveryLimit = "rate" | "limitedDomains";

export interface Admission {
  /** Undefined where the domain was admitted. */
  readonly refusedBy: DiscoveryLimit | undefined;
  /** Pass it to the next call. */
  readonly state: DiscoveryState;
}

/** Strangers may not fill the whole list of discovered domains: the rest of it is for our own users. */
const INBOUND_SHARE = 0.5;

/**
 * May one more unknown domain be discovered, and cached? If not, it is served uncached.
 * @param now milliseconds on a clock that never goes back
 * @param limitedDomains known domains of trust Limited, those on their way to the API included
 */
export function admit(
  state: DiscoveryState,
  limits: DiscoveryLimits,
  direction: Direction,
  now: number,
  limitedDomains: number,
): Admission {
  if (limitedDomains >= mostLimitedDomains(limits, direction)) return refused("limitedDomains", state);
  if (limits.ratePerSecond === 0) return admitted(state);
  const left = refilled(state[direction], limits, now);
  if (left < 1) return refused("rate", state);
  return admitted({ ...state, [direction]: { left: left - 1, at: now } });
}

/**
 * Would a decision of this moment cache the domain on success? Asked when a domain was reached, and again right before
 * it is written, which may be much later.
 * @param domain canonical; inbound it was proven when it was reached
 */
export function shouldRemember(table: RoutingTable, domain: string, direction: Direction): boolean {
  if (direction === "internal" || table.names.has(domain) || !isCacheable(domain)) return false;
  if (blockOf(table, domain) !== undefined) return false;
  return table.open || explicitSet(table.routeSets, domain) !== undefined;
}

/**
 * Is the domain left to the default route, open, and nothing known of it? Then it is asked over XMPP first.
 * @param domain canonical; inbound it was proven
 */
export function isUnknown(table: RoutingTable, domain: string, direction: Direction): boolean {
  return (
    shouldRemember(table, domain, direction) &&
    table.open &&
    explicitSet(table.routeSets, domain) === undefined
  );
}

/** How many domains of trust Limited there may be before this direction adds no more. */
export function mostLimitedDomains({ maxLimitedDomains }: DiscoveryLimits, direction: Direction): number {
  if (maxLimitedDomains === 0) return Infinity;
  return maxLimitedDomains * (direction === "inbound" ? INBOUND_SHARE : 1);
}

function admitted(state: DiscoveryState): Admission {
  return { refusedBy: undefined, state };
}

function refused(refusedBy: DiscoveryLimit, state: DiscoveryState): Admission {
  return { refusedBy, state };
}

function refilled(
  bucket: Bucket | undefined,
  { ratePerSecond, burst }: DiscoveryLimits,
  now: number,
): number {
  if (!bucket) return burst;
  return Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * ratePerSecond);
}
