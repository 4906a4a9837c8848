import { V1MicroTime } from "@kubernetes/client-node";
import type { ObjectMeta } from "../api/metadata.ts";

/** A Lease (coordination.k8s.io/v1), as the API server sends it: what is used here. */
export interface Lease {
  readonly metadata: ObjectMeta;
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  /** Empty once it was released. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** Times of Leases and Events have microseconds (meta/v1 MicroTime); others are refused. */
export function microTime(date: Date = new Date()): string {
  return new V1MicroTime(date).toISOString();
}

/**
 * Tells whether a Lease is kept alive, by our own clock alone: clocks of different nodes may disagree, so what counts
 * is how long ago we last saw it change.
 */
export class LeaseObserver {
  readonly #now: () => number;
  #spec = "";
  #changedAt = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  observe(spec: LeaseSpec | undefined): void {
    const text = JSON.stringify(spec);
    if (text === this.#spec) return;
    this.#spec = text;
    this.#changedAt = this.#now();
  }

  /** Milliseconds for which it has not changed. */
  get idleMs(): number {
    return this.#now() - this.#changedAt;
  }
}
