import { DEFAULT_ROUTE_PATTERN } from "../api/names.ts";
import type { VerdictChanges } from "../federation/types.ts";

/** What the limits are about: a domain, or the default routes together, as `.*`. */
export type Subject = string;

export interface ThrottlingPorts {
  /** The limits that bite on other ready replicas, by subject. */
  others(): Iterable<readonly [subject: Subject, limits: readonly string[]]>;
  /** The limits that bite on this replica, by subject, for the others. */
  publish(throttled: Readonly<Record<Subject, readonly string[]>>): void;
  /** The default routes that are open. */
  openRoutes(): readonly string[];
  /** Conditions that may have changed. */
  changed(objects: VerdictChanges): void;
}

/** What has not bitten for this long does no longer: a condition that says so for less nobody would see. */
const HOLD_MS = 300_000;

/**
 * Which limits bite for whom, on any replica. A stranger that keeps hitting limits changes a condition every five minutes
 * at most.
 */
export class Throttling {
  readonly #ports: ThrottlingPorts;
  /** Of this replica: by subject and limit when it bit last, by the clock of the caller. */
  readonly #own = new Map<Subject, Map<string, number>>();
  /** Of all replicas, as it was last told. */
  #told: ReadonlyMap<Subject, readonly string[]> = new Map();

  constructor(ports: ThrottlingPorts) {
    this.#ports = ports;
  }

  /**
   * A limit bites on this replica. True where that is news.
   * @param now milliseconds on a clock that never goes back
   */
  bites(subject: Subject, limit: string, now: number): boolean {
    const limits = this.#own.get(subject) ?? new Map<string, number>();
    const isNews = !limits.has(limit);
    this.#own.set(subject, limits.set(limit, now));
    if (isNews) this.#publish();
    return isNews;
  }

  /** Limits that bite for a subject on any replica, sorted. */
  limits(subject: Subject): readonly string[] {
    return this.#told.get(subject) ?? [];
  }

  /** Called every now and then: what has not bitten for a while ends. */
  expire(now: number): void {
    let ended = false;
    for (const [subject, limits] of this.#own) {
      for (const [limit, at] of limits) if (now - at >= HOLD_MS) ended = limits.delete(limit) || ended;
      if (limits.size === 0) this.#own.delete(subject);
    }
    if (ended) this.#publish();
  }

  /** The other replicas may say something else. */
  look(): void {
    const before = this.#told;
    this.#told = this.#overall();
    const subjects = [...new Set([...before.keys(), ...this.#told.keys()])];
    const changed = subjects.filter(
      (subject) => before.get(subject)?.join() !== this.#told.get(subject)?.join(),
    );
    if (changed.length > 0) this.#ports.changed(this.#objectsOf(new Set(changed)));
  }

  #publish(): void {
    this.#ports.publish(
      Object.fromEntries([...this.#own].map(([subject, limits]) => [subject, [...limits.keys()]])),
    );
    this.look();
  }

  #overall(): ReadonlyMap<Subject, readonly string[]> {
    const all = new Map<Subject, Set<string>>();
    const add = (subject: Subject, limits: Iterable<string>): void => {
      all.set(subject, new Set([...(all.get(subject) ?? []), ...limits]));
    };
    for (const [subject, limits] of this.#own) add(subject, limits.keys());
    for (const [subject, limits] of this.#ports.others()) add(subject, limits);
    return new Map([...all].map(([subject, limits]) => [subject, [...limits].sort()]));
  }

  #objectsOf(subjects: Set<Subject>): VerdictChanges {
    const routes = subjects.delete(DEFAULT_ROUTE_PATTERN) ? this.#ports.openRoutes() : [];
    return { routes: new Set(routes), domains: subjects };
  }
}
