import type { TlsFiles } from "./tls-files.ts";
import type { Direction, DomainLimit, NextHop, SourceLimit, StrangerLimits } from "../federation/types.ts";
import type { DialogSettings } from "./standing-entries.ts";

/**
 * How held requests go on: default route and remembered, default route and not remembered, refused with 403, or to the
 * XMPP gateway.
 */
export type Verdict = "default" | "uncached" | "refused" | "gateway";

/** Side of a question or a report: the domain is the host of the Request-URI, or of From. */
export type ExternalDirection = Exclude<Direction, "internal">;

/** What the owner of the router does with what the router asks and reports. */
export interface RouterHandlers {
  /** An unknown domain waits for a verdict. Rejecting or taking too long never holds the request for longer. */
  discover(domain: string, direction: ExternalDirection): Promise<Verdict>;
  /**
   * A domain answered with a 2xx. `remembered`: the router already treats it as known; otherwise it was reached
   * while no operator was there. Reported again after every reconnect, until `forget`.
   * `overXmpp`: the request came from the XMPP gateway; inbound, and never remembered.
   */
  learned(domain: string, direction: ExternalDirection, remembered: boolean, overXmpp: boolean): void;
  /** The whole table came into force: at first, and after every restart of the router. */
  programmed(): void;
  /** A next hop, by URI, answers probes from now on, or does no longer. */
  hopChanged?(uri: string): void;
  /** A known domain has met a limit for strangers: told every ten seconds at most. */
  domainLimited?(domain: string, limit: DomainLimit): void;
  /** A source has met one: a sample, one a minute for each limit. */
  sourceLimited?(address: string, limit: SourceLimit): void;
  /**
   * A known domain has requests that are served, to it or from it, over SIP or XMPP: told every ten minutes at most for
   * each direction.
   */
  active?(domain: string, direction: ExternalDirection): void;
}

/** Orders in which the next hops of a set are tried, as many as their weights need. */
export type Orders = (hops: readonly NextHop[]) => readonly (readonly NextHop[])[];

/** Where and how the router of this pod is driven. */
export interface RouterOptions {
  /** Loopback address of the three control ports; 127.0.0.1 by default. */
  readonly host?: string;
  /** HTTP control listener, 1–65535. */
  readonly controlPort: number;
  /** JSON-RPC over UDP, 1–65535. */
  readonly rpcPort: number;
  /** evapi event stream, 1–65535. */
  readonly eventPort: number;
  /** Shared with the router, which loads its table from there when it starts; undefined: no snapshot. */
  readonly snapshotDirectory?: string | undefined;
  readonly dialogs: DialogSettings;
  readonly orders: Orders;
  /** The files by which the router speaks TLS, so that it takes new ones; undefined where it does not. */
  readonly tls?: TlsFiles | undefined;
  /** For strangers; absent: none. */
  readonly limits?: StrangerLimits;
  /** How long a discovery may take, in milliseconds; 2000 by default. */
  readonly discoveryTimeoutMs?: number;
  /** Discoveries at once; 5000 by default. */
  readonly maxQuestions?: number;
  /** How often each next hop is probed, in milliseconds; 10,000 by default. */
  readonly probeIntervalMs?: number;
  /** Silence after which a probe counts as failed, in milliseconds, below the interval; 2000 by default. */
  readonly probeTimeoutMs?: number;
  /** How often the router is asked for its state, in milliseconds; 300 by default. */
  readonly pollMs?: number;
  /** How often the entries of its table are counted, in milliseconds; 10,000 by default. */
  readonly auditMs?: number;
  /** Quiet time before the snapshot is written, in milliseconds; 3000 by default. */
  readonly snapshotDelayMs?: number;
  /** How long requests in flight may still walk what is gone from the table. */
  readonly grace?: Grace;
}

/** Milliseconds for which the router keeps what requests in flight may still read. */
export interface Grace {
  /** Deleted sets and old epochs: the longest time a request walks from hop to hop. */
  readonly setsMs: number;
  /** Orders that no set names any more: read right after their set. */
  readonly ordersMs: number;
}

/** A snapshot of what is going on, for readiness and metrics. */
export interface RouterState {
  /** The control listener answers. */
  readonly reachable: boolean;
  /** The event stream is up: questions and reports arrive. */
  readonly connected: boolean;
  /** Random per start of the router; undefined until first seen. */
  readonly instance: string | undefined;
  /** The router routes by the table of this operator. */
  readonly inForce: boolean;
  /** Entries acknowledged by the router. */
  readonly entries: number;
  /** Names and sets whose last change is not in force yet. */
  readonly pending: number;
  /** Full programmings since start. */
  readonly programmings: number;
  /** How long the last full programming took, in milliseconds. */
  readonly programmingMs: number | undefined;
  /** Questions without a verdict yet. */
  readonly questions: number;
  /** Names and sets that cannot be expressed in the router's table, since start. */
  readonly rejected: number;
  /** Why the last attempt failed; undefined after a success. */
  readonly error: string | undefined;
}
