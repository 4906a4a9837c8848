import { ListWatch } from "./list-watch.ts";
import type { ListWatchMetrics, ListWatchTiming } from "./list-watch-options.ts";
import type { KubernetesClient } from "./client.ts";
import type { Lease } from "./lease.ts";
import type { Logger } from "./logger.ts";
import type { CacheEntry } from "./object-cache.ts";
import type { ReplicaLease } from "./replica-lease.ts";
import { fromAnnotations, REPLICA_LABEL, type ReplicaReport } from "./replica-report.ts";
import { type ApiObject, type Kind, LEASES } from "./resources.ts";

export interface ReplicaViewOptions {
  readonly client: KubernetesClient;
  readonly installation: string;
  /** Of this replica: what it says counts at once, before it is written. */
  readonly own: Pick<ReplicaLease, "name" | "report">;
  /** What all replicas have programmed may have changed. */
  readonly changed: () => void;
  readonly log: Logger;
  readonly metrics?: ListWatchMetrics | undefined;
  readonly timing?: Partial<ListWatchTiming>;
}

export interface ReplicaFailure {
  readonly replica: string;
  readonly message: string;
}

interface Replica extends CacheEntry {
  readonly report: ReplicaReport;
  readonly renewTime: string | undefined;
  /** By our own clock. The Lease counts until then. */
  readonly freshUntil: number;
}

/** What the replicas of this installation say of themselves: those whose Lease is kept alive and that are ready. */
export class ReplicaView {
  readonly #options: ReplicaViewOptions;
  readonly #leases: ListWatch<Replica>;
  #expiry: NodeJS.Timeout | undefined;

  constructor(options: ReplicaViewOptions) {
    const { client, installation, log, metrics, timing } = options;
    this.#options = options;
    const changed = (): void => {
      this.#leasesChanged();
    };
    this.#leases = new ListWatch({
      client,
      resource: LEASES,
      labelSelector: `${REPLICA_LABEL}=${installation}`,
      trim: toReplica,
      handlers: { upserted: changed, deleted: changed, synced: changed },
      log,
      metrics,
      timing,
    });
  }

  start(): void {
    this.#leases.start();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#expiry);
    await this.#leases.stop();
    clearTimeout(this.#expiry);
  }

  /**
   * The resourceVersion of a kind up to which every fresh, ready replica is programmed; undefined where there is no
   * such replica, one has said nothing yet, or the replicas are not known yet.
   */
  programmedUpTo(kind: Kind): bigint | undefined {
    if (!this.#leases.synced) return undefined;
    let lowest: bigint | undefined;
    for (const { report } of this.#ready()) {
      const applied = report.applied[kind];
      if (applied === undefined) return undefined;
      const version = BigInt(applied);
      if (lowest === undefined || version < lowest) lowest = version;
    }
    return lowest;
  }

  /** Why an object is not in force on some replica. */
  failure(kind: Kind, name: string): ReplicaFailure | undefined {
    for (const { replica, report } of this.#ready()) {
      const message = report.failed[`${kind}/${name}`];
      if (message !== undefined) return { replica, message };
    }
    return undefined;
  }

  /** Whether every other fresh, ready replica says that its router reaches nobody by this StaticRoute. */
  othersReachNobody(route: string): boolean {
    const { own } = this.#options;
    return [...this.#ready()].every(
      ({ replica, report }) => replica === own.name || report.unreachable.includes(route),
    );
  }

  /** Whether every fresh, ready replica accepts the dialog key with this fingerprint; false while they are not known. */
  allAcceptDialogKey(fingerprint: string): boolean {
    return (
      this.#leases.synced && [...this.#ready()].every(({ report }) => report.dialogKeys.includes(fingerprint))
    );
  }

  /** The limits that bite on other fresh, ready replicas, by domain, and by `.*` those on discovery. */
  *othersThrottled(): Generator<readonly [subject: string, limits: readonly string[]]> {
    const { own } = this.#options;
    for (const { replica, report } of this.#ready()) {
      if (replica !== own.name) yield* Object.entries(report.throttled);
    }
  }

  *#ready(): Generator<{ readonly replica: string; readonly report: ReplicaReport }> {
    const { own } = this.#options;
    if (own.report.ready) yield { replica: own.name, report: own.report };
    const now = performance.now();
    for (const { name, report, freshUntil } of this.#leases.entries()) {
      if (name !== own.name && report.ready && freshUntil > now) yield { replica: name, report };
    }
  }

  #leasesChanged(): void {
    if (!this.#leases.synced) return;
    clearTimeout(this.#expiry);
    const now = performance.now();
    const next = Math.min(
      ...[...this.#leases.entries()].map(({ freshUntil }) => freshUntil).filter((at) => at > now),
    );
    if (next !== Infinity) {
      this.#expiry = setTimeout(
        () => {
          this.#leasesChanged();
        },
        next - now + 1,
      ).unref();
    }
    this.#options.changed();
  }
}

function toReplica(object: ApiObject, previous: Replica | undefined): Replica {
  const { metadata, spec } = object as ApiObject & Lease;
  const renewTime = spec?.renewTime;
  const released = (spec?.holderIdentity ?? "") === "";
  const durationMs = (spec?.leaseDurationSeconds ?? 0) * 1000;
  const renewed = previous === undefined || previous.renewTime !== renewTime;
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    report: fromAnnotations(metadata.annotations),
    renewTime,
    freshUntil: released ? 0 : renewed ? performance.now() + durationMs : previous.freshUntil,
  };
}
