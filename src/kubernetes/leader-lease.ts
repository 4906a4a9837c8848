import { GROUP } from "../api/names.ts";
import { isAlreadyExists, isConflict, isNotFound } from "./api-error.ts";
import type { KubernetesClient } from "./client.ts";
import { type Lease, type LeaseSpec, microTime } from "./lease.ts";
import { apiVersion, LEASES } from "./resources.ts";

/** One for the namespace, whatever the installation is called. */
export const LEADER_LEASE = "sip-federation";
/** On the Lease of the leader: the installation that the namespace belongs to. */
export const INSTALLATION_ANNOTATION = `${GROUP}/installation`;

export interface LeaderLeaseOptions {
  readonly client: KubernetesClient;
  readonly installation: string;
  readonly identity: string;
  readonly leaseMs: number;
  /** For each call. */
  readonly deadlineMs: number;
}

/** Reads and writes the Lease of the leader. Writing yields false where another replica was faster. */
export class LeaderLease {
  readonly #options: LeaderLeaseOptions;

  constructor(options: LeaderLeaseOptions) {
    this.#options = options;
  }

  async read(): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get<Lease>(LEASES, LEADER_LEASE, this.#options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async create(): Promise<boolean> {
    const lease = this.#lease({ ...this.#held(), acquireTime: microTime(), leaseTransitions: 0 });
    try {
      await this.#options.client.create(LEASES, lease, this.#options);
      return true;
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    }
  }

  /** Renews it, or takes it over. */
  async take({ metadata, spec }: Lease): Promise<boolean> {
    const changesHands = spec?.holderIdentity !== this.#options.identity;
    const leaseTransitions = (spec?.leaseTransitions ?? 0) + 1;
    const taken = {
      ...spec,
      ...this.#held(),
      ...(changesHands && { acquireTime: microTime(), leaseTransitions }),
    };
    return this.#replace(taken, metadata.resourceVersion);
  }

  /** Nobody needs to wait until it expires. */
  async release(): Promise<void> {
    const lease = await this.read();
    if (lease?.spec?.holderIdentity !== this.#options.identity) return;
    const released = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime() };
    await this.#replace(released, lease.metadata.resourceVersion);
  }

  async #replace(spec: LeaseSpec, resourceVersion: string): Promise<boolean> {
    try {
      const lease = this.#lease(spec, resourceVersion);
      await this.#options.client.replace(LEASES, LEADER_LEASE, lease, this.#options);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  #lease(spec: LeaseSpec, resourceVersion?: string): object {
    const annotations = { [INSTALLATION_ANNOTATION]: this.#options.installation };
    const metadata = { name: LEADER_LEASE, annotations, resourceVersion };
    return { apiVersion: apiVersion(LEASES), kind: LEASES.kind, metadata, spec };
  }

  #held(): LeaseSpec {
    const leaseDurationSeconds = Math.ceil(this.#options.leaseMs / 1000);
    return { holderIdentity: this.#options.identity, leaseDurationSeconds, renewTime: microTime() };
  }
}
