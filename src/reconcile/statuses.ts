import { NOT_ACCEPTED } from "../api/names.ts";
import type { Finding, VerdictChanges } from "../federation/types.ts";

export type Kind = "StaticRoute" | "FederatedDomain";

/** What the cache knows of an object, as far as its status goes. */
export interface StatusSubject {
  /** The resourceVersion from which on a replica has this generation. */
  readonly specVersion: string;
  /** The status says that every ready replica has this generation: `Programmed` is True, or False as `NotAccepted`. */
  readonly programmed: boolean;
}

export interface StatusPorts {
  /** Undefined when there is no such object. */
  subject(kind: Kind, name: string): StatusSubject | undefined;
  /** The resourceVersion up to which every ready replica routes; undefined while unknown. */
  programmedUpTo(kind: Kind): bigint | undefined;
  /** Why an object is not in force on some replica. */
  failure(kind: Kind, name: string): { readonly replica: string; readonly message: string } | undefined;
  /** Looks at the status of an object, and writes it if it is not what it should be. */
  enqueue(kind: Kind, name: string, urgent: boolean): void;
  /** Something of these objects, or what they mean, may have changed. */
  observed?(kind: Kind, names: Iterable<string>): void;
}

/** An object whose generation is not in force everywhere within this time gets a status that says so. */
const PATIENCE_MS = 1000;

/**
 * Knows which statuses are due. A new generation waits until all ready replicas route by it, so that in the common
 * case one write says everything; where that takes long, the status says what is waited for.
 */
export class Statuses {
  readonly #ports: StatusPorts;
  /** Not in force everywhere yet: since when, or undefined once the status says so. */
  readonly #waiting: Record<Kind, Map<string, number | undefined>> = {
    StaticRoute: new Map(),
    FederatedDomain: new Map(),
  };

  constructor(ports: StatusPorts) {
    this.#ports = ports;
  }

  /** Objects that are not in force on every ready replica yet. */
  get waiting(): number {
    return this.#waiting.StaticRoute.size + this.#waiting.FederatedDomain.size;
  }

  /** The meaning of these objects may have changed. `now` in milliseconds, of a clock that never goes back. */
  changed({ routes, domains }: VerdictChanges, now: number): void {
    this.#ports.observed?.("StaticRoute", routes);
    this.#ports.observed?.("FederatedDomain", domains);
    for (const name of routes) this.#look("StaticRoute", name, now);
    for (const name of domains) this.#look("FederatedDomain", name, now);
  }

  /** Anything of an object changed in the API, its status too, by whomever. */
  touched(kind: Kind, name: string, now: number): void {
    this.#ports.observed?.(kind, [name]);
    this.#look(kind, name, now);
  }

  /** The replicas may have come further. */
  advanced(): void {
    for (const kind of ["StaticRoute", "FederatedDomain"] as const) this.#release(kind);
  }

  /** Called every now and then: those that have waited too long are told of. */
  remind(now: number): void {
    for (const kind of ["StaticRoute", "FederatedDomain"] as const) {
      for (const [name, since] of this.#waiting[kind]) {
        if (since === undefined || now - since < PATIENCE_MS) continue;
        this.#waiting[kind].set(name, undefined);
        this.#ports.enqueue(kind, name, true);
      }
    }
  }

  /**
   * Whether all ready replicas route by the object, or as if it did not exist; once that is so of a generation, it stays
   * so.
   */
  programmed(kind: Kind, name: string, effect: Effect): Finding {
    const subject = this.#ports.subject(kind, name);
    if (subject && (subject.programmed || this.#reached(kind, subject))) return IN_FORCE[effect];
    const failure = this.#ports.failure(kind, name);
    if (failure) {
      const message = `Replica ${failure.replica} cannot route by it: ${failure.message}`;
      return { status: "False", reason: "ProgrammingFailed", message };
    }
    return PENDING[effect];
  }

  #look(kind: Kind, name: string, now: number): void {
    const subject = this.#ports.subject(kind, name);
    if (!subject) {
      this.#waiting[kind].delete(name);
      return;
    }
    if (subject.programmed || this.#reached(kind, subject)) {
      // Nothing to wait for: another object, or the settings, changed what this one means.
      this.#waiting[kind].delete(name);
      this.#ports.enqueue(kind, name, !subject.programmed);
      return;
    }
    if (!this.#waiting[kind].has(name)) this.#waiting[kind].set(name, now);
  }

  #release(kind: Kind): void {
    const mark = this.#ports.programmedUpTo(kind);
    if (mark === undefined) return;
    for (const name of this.#waiting[kind].keys()) {
      const subject = this.#ports.subject(kind, name);
      if (subject && BigInt(subject.specVersion) > mark) continue;
      this.#waiting[kind].delete(name);
      if (subject) this.#ports.enqueue(kind, name, true);
    }
  }

  #reached(kind: Kind, subject: StatusSubject): boolean {
    const mark = this.#ports.programmedUpTo(kind);
    return mark !== undefined && BigInt(subject.specVersion) <= mark;
  }
}

/** The condition `Programmed` of what every ready replica routes by. */
export const PROGRAMMED: Finding = {
  status: "True",
  reason: "Programmed",
  message: "Every ready router replica routes by this generation.",
};

/** What an object does to requests: one that is not accepted mostly does nothing. */
export type Effect = "routes" | "none";

/** The condition `Programmed` of what every ready replica has. */
const IN_FORCE: Readonly<Record<Effect, Finding>> = {
  routes: PROGRAMMED,
  none: {
    status: "False",
    reason: NOT_ACCEPTED,
    message: "It is not accepted and has no effect: requests go as if it did not exist.",
  },
};

const PENDING: Readonly<Record<Effect, Finding>> = {
  routes: {
    status: "False",
    reason: "Pending",
    message: "Not every ready router replica routes by this generation yet.",
  },
  none: {
    status: "False",
    reason: "Pending",
    message: "It is not accepted, and not every ready router replica has taken it out yet.",
  },
};
