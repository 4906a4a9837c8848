import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { RouteSetKey, TableChanges } from "../federation/types.ts";
import type { RouterStatus } from "./control-client.ts";
import { Session, type SessionPorts } from "./session.ts";
import { Signal } from "./signal.ts";
import type { WriteFailure } from "./table-channel.ts";

export interface ProgrammerState {
  /** The router routes by the table, as of the last pass. */
  readonly inForce: boolean;
  /** Entries acknowledged by the router. */
  readonly entries: number;
  /** Names and sets whose last change is not in force yet. */
  readonly pending: number;
  /** Full programmings since start. */
  readonly programmings: number;
  /** How long the last full programming took, in milliseconds. */
  readonly programmingMs: number | undefined;
  /** Names and sets that could not be expressed, since start. */
  readonly rejected: number;
  /** Why the last attempt failed; undefined after a success. */
  readonly error: string | undefined;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 500;

/**
 * Keeps the router's table equal to the routing table: acts on the difference between what should be and what was
 * acknowledged, one pass at a time; what changes meanwhile is the next pass. Another instance of the router, or one
 * that lost its table, is filled anew.
 */
export class Programmer {
  readonly #ports: SessionPorts;
  readonly #programmed: () => void;
  readonly #log: Logger;
  readonly #signal = new Signal();
  readonly #stop = new AbortController();
  readonly #auditMs: number;
  #names = new Set<string>();
  #sets = new Set<RouteSetKey>();
  #waiters: Waiter[] = [];
  #underWay = 0;
  #router: RouterStatus | undefined;
  #session: Session | undefined;
  #liveSince = 0;
  #auditDue = 0;
  #programmings = 0;
  #programmingMs: number | undefined;
  #rejected = 0;
  #error: string | undefined;
  #running: Promise<void> | undefined;

  /**
   * @param programmed called each time the whole table came into force.
   * @param auditMs how often the router's entries are counted.
   */
  constructor(ports: Omit<SessionPorts, "rejected">, programmed: () => void, log: Logger, auditMs: number) {
    this.#auditMs = auditMs;
    this.#ports = {
      ...ports,
      rejected: (ids) => {
        this.#reject(ids);
      },
    };
    this.#programmed = programmed;
    this.#log = log;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Resolves when the changes are in force: every one of them acknowledged by a router that routes by the table.
   * Waits for as long as the router is away; rejects only when stopped.
   */
  apply(changes: TableChanges): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.reject(stopped());
    for (const name of changes.names) this.#names.add(name);
    for (const key of changes.routeSets) this.#sets.add(key);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#signal.raise();
    });
  }

  /**
   * What the router says of itself; undefined: it is away.
   * @param askedAt when it was asked, by `performance.now()`: an answer from before a flip tells nothing of it.
   */
  observe(router: RouterStatus | undefined, askedAt: number): void {
    this.#router = router;
    const session = this.#session;
    if (router !== undefined && session?.over === false && this.#isForeign(router, session, askedAt)) {
      this.#log.warn(
        { instance: router.instance, epoch: router.epoch },
        "the router restarted or lost its table",
      );
      session.end();
    }
    this.#signal.raise();
  }

  state(): ProgrammerState {
    return {
      inForce: this.#router !== undefined && this.#session?.live === true && !this.#session.over,
      entries: this.#session?.applied.size ?? 0,
      pending: this.#names.size + this.#sets.size + this.#underWay,
      programmings: this.#programmings,
      programmingMs: this.#programmingMs,
      rejected: this.#rejected,
      error: this.#error,
    };
  }

  /** Ends after the pass under way, and a full programming at once; what is not in force by then is rejected. */
  async stop(): Promise<void> {
    this.#stop.abort();
    if (this.#session?.live === false) this.#session.end();
    this.#signal.raise();
    await this.#running;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(stopped());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const failure = await this.#turn();
      if (failure === undefined) {
        retryMs = FIRST_RETRY_MS;
        continue;
      }
      this.#error = failure;
      this.#log.warn({ reason: failure }, "programming the router failed, trying again");
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
  }

  /** The next thing to do, or waiting for one. */
  async #turn(): Promise<WriteFailure> {
    if (this.#router === undefined) {
      await this.#signal.wait();
      return undefined;
    }
    const session = this.#session;
    if (session === undefined || session.over) return this.#open(this.#router, session);
    if (!session.live) return this.#program(session);
    if (this.#isDirty()) return this.#pass(session);
    if ((session.nextDue ?? Infinity) <= performance.now()) return session.deleteDue();
    if (this.#auditDue <= performance.now()) return this.#audit(session);
    await this.#signal.wait(Math.min(session.nextDue ?? Infinity, this.#auditDue));
    return undefined;
  }

  async #audit(session: Session): Promise<undefined> {
    this.#auditDue = performance.now() + this.#auditMs;
    if (await session.isWhole()) return;
    this.#log.warn({ epoch: session.epoch }, "entries are missing from the router's table: writing it anew");
    session.end();
  }

  async #open(router: RouterStatus, last: Session | undefined): Promise<WriteFailure> {
    const givenUp = last?.instance === router.instance ? last.epoch : undefined;
    const opened = await Session.open(this.#ports, router, givenUp);
    if (!opened.ok) return opened.failure;
    this.#session = opened.session;
    // What was seen meanwhile may be another instance already.
    if (this.#router?.instance !== router.instance) opened.session.end();
    return undefined;
  }

  async #program(session: Session): Promise<WriteFailure> {
    const startedAt = performance.now();
    this.#prune();
    const served: Waiter[] = [];
    let failure = await session.fill();
    while (failure === undefined && this.#isDirty()) failure = await this.#pass(session, served);
    failure ??= await session.activate();
    if (failure !== undefined) {
      this.#waiters.unshift(...served);
      return failure;
    }
    this.#error = undefined;
    this.#liveSince = performance.now();
    this.#auditDue = this.#liveSince + this.#auditMs;
    this.#programmings += 1;
    this.#programmingMs = this.#liveSince - startedAt;
    const { entries } = this.state();
    this.#log.info(
      { epoch: session.epoch, entries, ms: Math.round(this.#programmingMs) },
      "router programmed",
    );
    for (const waiter of served) waiter.resolve();
    this.#programmed();
    return undefined;
  }

  /** Applies what is dirty. @param served takes those who must wait for more than this pass. */
  async #pass(session: Session, served?: Waiter[]): Promise<WriteFailure> {
    const [names, sets, waiters] = [this.#names, this.#sets, this.#waiters];
    [this.#names, this.#sets, this.#waiters] = [new Set(), new Set(), []];
    this.#underWay = names.size + sets.size;
    const failure = await session.apply({ names, sets });
    this.#underWay = 0;
    if (failure !== undefined) {
      for (const name of names) this.#names.add(name);
      for (const key of sets) this.#sets.add(key);
      this.#waiters.unshift(...waiters);
      return failure;
    }
    this.#error = undefined;
    if (served !== undefined) served.push(...waiters);
    else for (const waiter of waiters) waiter.resolve();
    return undefined;
  }

  /** The first changes name everything: what is in the table is filled anyway, only deletions are left to note. */
  #prune(): void {
    const { names, routeSets } = this.#ports.table;
    this.#names = without(this.#names, names);
    this.#sets = without(this.#sets, routeSets);
  }

  #isDirty(): boolean {
    return this.#waiters.length > 0 || this.#names.size > 0 || this.#sets.size > 0;
  }

  #isForeign(router: RouterStatus, session: Session, askedAt: number): boolean {
    if (router.instance !== session.instance) return true;
    return session.live && askedAt > this.#liveSince && router.epoch !== session.epoch;
  }

  #reject(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#rejected += ids.length;
    this.#log.error({ ids: ids.slice(0, 10) }, "cannot be expressed in the router's table");
  }
}

function without(keys: Iterable<string>, present: ReadonlyMap<string, unknown>): Set<string> {
  const absent = new Set<string>();
  for (const key of keys) if (!present.has(key)) absent.add(key);
  return absent;
}

/** `code` marks what is no bug, as on errors of the system: it is told without a stack. */
function stopped(): Error {
  return Object.assign(new Error("the programming of the router was stopped"), { code: "ERR_STOPPED" });
}
