import type { KubernetesClient } from "./client.ts";
import { INSTALLATION_ANNOTATION, LEADER_LEASE, LeaderLease } from "./leader-lease.ts";
import { type Lease, LeaseObserver, type LeaseSpec } from "./lease.ts";
import type { Logger } from "./logger.ts";
import { Outage } from "./outage.ts";
import { pause } from "./pause.ts";

export interface LeaderOptions {
  readonly client: KubernetesClient;
  /** Names the installation: one namespace belongs to one of them. */
  readonly installation: string;
  /** Names this replica: the pod. A container that restarts in it takes its leadership up again at once. */
  readonly identity: string;
  readonly handlers: LeaderHandlers;
  readonly log: Logger;
  readonly timing?: Partial<LeaderTiming>;
}

export interface LeaderHandlers {
  /** The namespace is this installation's own. Called once, before the first `elected`. */
  admitted(): void;
  /** From now on this replica writes what belongs to the cluster. */
  elected(): void;
  /** From now on it must not. */
  deposed(): void;
  /** The namespace belongs to another installation; undefined: no longer. */
  rival(installation: string | undefined): void;
}

/** Milliseconds; the first three are client-go's. */
export interface LeaderTiming {
  /** Another replica may take over when the Lease has not changed for this long. */
  readonly leaseMs: number;
  /** The leader gives up when it could not renew for this long. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
  /** Another installation may take over the namespace when the Lease has not changed for this long. */
  readonly claimMs: number;
}

const TIMING: LeaderTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, claimMs: 60_000 };

const NO_LEASE = "the Lease of the leader cannot be read or written";
const NOT_ADMITTED = `${NO_LEASE}: until it can, nothing is listed or watched`;

/**
 * Leader election as in client-go, among the replicas of one installation. The Lease also says which installation the
 * namespace belongs to: a second one finds another's name on it, and stays out for as long as the first is alive.
 */
export class LeaderElection {
  readonly #options: LeaderOptions;
  readonly #timing: LeaderTiming;
  readonly #lease: LeaderLease;
  readonly #observer = new LeaseObserver();
  readonly #outage: Outage;
  readonly #stopping = new AbortController();
  #leader = false;
  #admitted = false;
  /** The Lease may name us. */
  #holds = false;
  #rival: string | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LeaderOptions) {
    const { client, installation, identity } = options;
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#outage = new Outage(options.log);
    const { leaseMs, renewDeadlineMs } = this.#timing;
    this.#lease = new LeaderLease({
      client,
      installation,
      identity,
      leaseMs,
      deadlineMs: renewDeadlineMs / 2,
    });
  }

  get leader(): boolean {
    return this.#leader;
  }

  /** The other installation that the namespace belongs to. */
  get rival(): string | undefined {
    return this.#rival;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives the leadership up, so that another replica can take over at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#depose();
    if (!this.#holds) return;
    try {
      await this.#lease.release();
    } catch (error) {
      this.#options.log.warn({ err: error }, "the leadership could not be released: it expires by itself");
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#tryToLead();
        this.#outage.over({ lease: LEADER_LEASE }, "the Lease of the leader can be read and written");
      } catch (error) {
        this.#outage.failed({ lease: LEADER_LEASE, err: error }, this.#admitted ? NO_LEASE : NOT_ADMITTED);
      }
      const { retryMs } = this.#timing;
      // Those who wait for the leadership must not all ask at the same moment.
      await pause(this.#leader ? retryMs : retryMs * (1 + 1.2 * Math.random()), signal);
    }
  }

  async #tryToLead(): Promise<void> {
    const lease = await this.#lease.read();
    if (lease === undefined) {
      if (await this.#lease.create()) this.#renewed();
      return;
    }
    this.#observer.observe(lease.spec);
    if (this.#belongsToAnother(lease)) return;
    if (this.#isHeldByAnother(lease.spec)) {
      this.#admit();
      this.#depose();
      return;
    }
    if (await this.#lease.take(lease)) this.#renewed();
  }

  #belongsToAnother(lease: Lease): boolean {
    const owner = lease.metadata.annotations?.[INSTALLATION_ANNOTATION] ?? "(unnamed)";
    const another = owner !== this.#options.installation && this.#observer.idleMs < this.#timing.claimMs;
    this.#setRival(another ? owner : undefined);
    return another;
  }

  #isHeldByAnother(spec: LeaseSpec | undefined): boolean {
    const holder = spec?.holderIdentity ?? "";
    if (holder === "" || holder === this.#options.identity) return false;
    const durationMs = (spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#observer.idleMs < durationMs;
  }

  #renewed(): void {
    this.#holds = true;
    if (this.#stopping.signal.aborted) return;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.#options.log.error({}, "the leadership could not be renewed in time");
      this.#depose();
    }, this.#timing.renewDeadlineMs).unref();
    this.#admit();
    if (this.#leader) return;
    this.#leader = true;
    this.#options.log.info({ identity: this.#options.identity }, "this replica leads");
    this.#options.handlers.elected();
  }

  #depose(): void {
    clearTimeout(this.#deadline);
    if (!this.#leader) return;
    this.#leader = false;
    this.#options.log.info({ identity: this.#options.identity }, "this replica leads no more");
    this.#options.handlers.deposed();
  }

  #admit(): void {
    if (this.#admitted) return;
    this.#admitted = true;
    this.#options.handlers.admitted();
  }

  #setRival(installation: string | undefined): void {
    if (installation === this.#rival) return;
    this.#rival = installation;
    if (installation !== undefined) {
      this.#depose();
      this.#options.log.error(
        { installation },
        "this namespace belongs to another installation: staying out of it",
      );
    }
    this.#options.handlers.rival(installation);
  }
}
