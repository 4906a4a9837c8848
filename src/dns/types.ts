/** The vocabulary of the room: what it is asked to follow, and what it finds. */
import type { Transport } from "../federation/types.ts";

export type { Target } from "../federation/types.ts";

/** A next hop as a route names it. Every `NextHop` of the federation core is one. */
export interface HopName {
  /** Host name or IP address, canonical (lower case, no trailing dot); IPv6 without brackets. */
  readonly host: string;
  /** 0–65535; 0 means: by NAPTR, SRV, or the default port of the transport (RFC 3263 §4). */
  readonly port: number;
  readonly transport: Transport;
}

/** IPv4 or IPv6. */
export type Family = 4 | 6;

/** How a `HopResolver` works and whom it tells. */
export interface HopResolverOptions {
  /**
   * The targets or the problem of these followed hops changed. Never called from inside `follow`, never after `stop`.
   * Must not throw.
   */
  readonly changed: (hops: readonly HopName[]) => void;
  /** DNS servers, such as `10.0.0.10`, `10.0.0.10:5353`, `[2001:db8::1]:5353`; those of the system by default. */
  readonly servers?: readonly string[];
  /** Whose addresses are asked for, one at least; both by default. */
  readonly families?: readonly Family[];
  /** Questions to servers at once, 2 or more; 50 by default. */
  readonly parallel?: number;
  readonly timing?: Partial<Timing>;
}

/** Milliseconds. */
export interface Timing {
  /** How long one server may take for one try. */
  readonly tryMs: number;
  /** No answer counts for less, or for more, whatever its TTL says. */
  readonly ttlMs: readonly [least: number, most: number];
  /** What is wrong is asked again after this at most, however long DNS would have it remembered. */
  readonly problemTtlMs: number;
  /** After the first failure of DNS itself, and at most. */
  readonly retryMs: readonly [initial: number, max: number];
}

export const TIMING: Timing = {
  tryMs: 1000,
  ttlMs: [1000, 3_600_000],
  problemTtlMs: 30_000,
  retryMs: [1000, 30_000],
};
