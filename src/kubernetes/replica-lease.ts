import { isNotFound } from "./api-error.ts";
import { Backoff } from "../timing/backoff.ts";
import type { KubernetesClient } from "./client.ts";
import { type LeaseSpec, microTime } from "./lease.ts";
import type { Logger } from "./logger.ts";
import { Outage } from "./outage.ts";
import { EMPTY_REPORT, REPLICA_LABEL, type ReplicaReport, toAnnotations } from "./replica-report.ts";
import { apiVersion, LEASES } from "./resources.ts";
import { retryDelay } from "./retry-delay.ts";

export interface Pod {
  readonly name: string;
  /** Undefined outside a pod: then nothing deletes what the pod would own. */
  readonly uid?: string | undefined;
}

export interface ReplicaLeaseOptions {
  readonly client: KubernetesClient;
  readonly installation: string;
  readonly pod: Pod;
  readonly log: Logger;
  readonly timing?: Partial<ReplicaLeaseTiming>;
}

/** Milliseconds. */
export interface ReplicaLeaseTiming {
  /** A replica whose Lease has not changed for this long does not count. */
  readonly leaseMs: number;
  readonly renewMs: number;
  /** Between two writes. */
  readonly spacingMs: number;
}

const TIMING: ReplicaLeaseTiming = { leaseMs: 15_000, renewMs: 5_000, spacingMs: 200 };

const NO_LEASE =
  "the Lease of this replica cannot be written: the leader does not know what is in force here";

/**
 * The Lease on which a replica tells the leader what it has programmed: named like its pod and owned by it. A change
 * is written at once, further ones at most five times a second.
 */
export class ReplicaLease {
  readonly #options: ReplicaLeaseOptions;
  readonly #timing: ReplicaLeaseTiming;
  readonly #backoff = new Backoff({ initialMs: 400, maxMs: 5_000 });
  readonly #outage: Outage;
  #report = EMPTY_REPORT;
  /** The report as it was last written, or is being written. */
  #written: ReplicaReport | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #notBefore = 0;
  #started = false;
  #stopped = false;

  constructor(options: ReplicaLeaseOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#outage = new Outage(options.log);
  }

  /** What this replica says of itself, written or not. */
  get report(): ReplicaReport {
    return this.#report;
  }

  get name(): string {
    return this.#options.pod.name;
  }

  start(): void {
    this.#started = true;
    this.#writeIn(0);
  }

  publish(report: Partial<ReplicaReport>): void {
    this.#report = { ...this.#report, ...report };
    if (this.#started) this.#writeIn(0);
  }

  /** Says that this replica is gone, so that the leader does not wait for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#writing;
    if (!this.#started) return;
    try {
      await this.#write({ holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime() });
    } catch (error) {
      this.#options.log.debug(
        { err: error },
        "the Lease of this replica could not be released: it expires by itself",
      );
    }
  }

  #writeIn(delayMs: number): void {
    if (this.#stopped || this.#writing !== undefined) return;
    const at = Math.max(performance.now() + delayMs, this.#notBefore);
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.#writing = this.#renew();
      },
      Math.max(0, at - performance.now()),
    ).unref();
  }

  async #renew(): Promise<void> {
    this.#written = this.#report;
    const { renewMs, spacingMs } = this.#timing;
    let nextMs = renewMs;
    this.#notBefore = performance.now() + spacingMs;
    try {
      await this.#write(this.#held());
      this.#backoff.reset();
      this.#outage.over({ lease: this.name }, "the Lease of this replica can be written");
    } catch (error) {
      nextMs = retryDelay(error, this.#backoff);
      this.#notBefore = performance.now() + nextMs;
      this.#outage.failed({ lease: this.name, err: error }, NO_LEASE);
    }
    this.#writing = undefined;
    this.#writeIn(this.#report === this.#written ? nextMs : 0);
  }

  async #write(spec: LeaseSpec): Promise<void> {
    const { client } = this.#options;
    const body = { metadata: this.#metadata(), spec };
    const options = { deadlineMs: this.#timing.leaseMs / 3 };
    try {
      await client.mergePatch(LEASES, this.name, body, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await client.create(LEASES, { apiVersion: apiVersion(LEASES), kind: LEASES.kind, ...body }, options);
    }
  }

  #metadata(): object {
    const { installation, pod } = this.#options;
    const owner = { apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid };
    return {
      name: pod.name,
      labels: { [REPLICA_LABEL]: installation },
      annotations: toAnnotations(this.#report),
      ...(pod.uid !== undefined && { ownerReferences: [owner] }),
    };
  }

  #held(): LeaseSpec {
    const leaseDurationSeconds = Math.ceil(this.#timing.leaseMs / 1000);
    return { holderIdentity: this.name, leaseDurationSeconds, renewTime: microTime() };
  }
}
