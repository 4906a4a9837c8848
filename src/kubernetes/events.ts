import { isInvalid, isNotFound, isUnavailable } from "./api-error.ts";
import type { KubernetesClient } from "./client.ts";
import { microTime } from "./lease.ts";
import type { Logger } from "./logger.ts";
import { apiVersion, EVENTS } from "./resources.ts";
import { TokenBucket } from "./token-bucket.ts";
import { WorkQueue } from "./work-queue.ts";

/** What a person should notice about an object. */
export interface Notice {
  readonly regarding: ObjectReference;
  readonly type: "Normal" | "Warning";
  /** Why, one CamelCase word. */
  readonly reason: string;
  /** What was done or failed, one CamelCase word. */
  readonly action: string;
  /** For people; cut to 1 kB. */
  readonly note: string;
  /** A stranger can cause it at will: only samples become Events. */
  readonly sampled?: boolean;
}

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid?: string | undefined;
}

export interface EventRecorderOptions {
  readonly client: KubernetesClient;
  /** The pod. */
  readonly instance: string;
  readonly log: Logger;
  /** A notice did not become an Event. */
  readonly dropped?: () => void;
  readonly limits?: Partial<EventLimits>;
}

export interface EventLimits {
  /** Of all new Events: burst, and rate a second. */
  readonly all: readonly [burst: number, perSecond: number];
  /** Of those that strangers can cause. */
  readonly sampled: readonly [burst: number, perSecond: number];
  /** A repeated notice is counted on its first Event for this long; milliseconds. */
  readonly seriesMs: number;
  /** Its count is written this often at most; milliseconds. */
  readonly countMs: number;
}

const LIMITS: EventLimits = { all: [25, 1], sampled: [5, 1 / 60], seriesMs: 360_000, countMs: 30_000 };
const CONTROLLER = "sipfederation.io/operator";
const MAX_NOTE = 1024;
/** An Event is named after its object; the suffix must fit into the 253 characters of a name. */
const MAX_NAME = 220;
const MAX_SERIES = 1000;

interface Series {
  readonly event: string;
  readonly notice: Notice;
  readonly firstAt: number;
  last: Date;
  count: number;
  /** What the API server has. */
  written: number;
}

/**
 * Records Kubernetes Events (events.k8s.io/v1). As in client-go, a notice that repeats is one Event with a count.
 * Events are a courtesy: what does not fit the limits is dropped, and nothing waits for them.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #limits: EventLimits;
  readonly #all: TokenBucket;
  readonly #sampled: TokenBucket;
  readonly #series = new Map<string, Series>();
  readonly #queue: WorkQueue;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    const [allBurst, allRate] = this.#limits.all;
    const [sampledBurst, sampledRate] = this.#limits.sampled;
    this.#all = new TokenBucket(allRate, allBurst);
    this.#sampled = new TokenBucket(sampledRate, sampledBurst);
    this.#queue = new WorkQueue({
      name: "events",
      concurrency: 2,
      process: (key) => this.#write(key),
      concernsAll: isUnavailable,
      log: options.log,
    });
  }

  recordAll(notices: readonly Notice[]): void {
    for (const notice of notices) this.record(notice);
  }

  record(notice: Notice): void {
    const { regarding, type, reason, action } = notice;
    const key = [regarding.kind, regarding.name, regarding.uid, type, reason, action].join("/");
    const series = this.#series.get(key);
    if (series !== undefined && performance.now() - series.firstAt < this.#limits.seriesMs) {
      series.count += 1;
      series.last = new Date();
      this.#queue.add(key, { afterMs: this.#limits.countMs });
      return;
    }
    if ((notice.sampled === true && !this.#sampled.tryTake()) || !this.#all.tryTake()) {
      this.#options.dropped?.();
      return;
    }
    this.#begin(key, notice);
  }

  /** Writes what waits, for at most `deadlineMs`. */
  async stop(deadlineMs = 1_000): Promise<void> {
    await this.#queue.drain(deadlineMs);
    await this.#queue.stop();
  }

  #begin(key: string, notice: Notice): void {
    const last = new Date();
    const event = `${notice.regarding.name.slice(0, MAX_NAME)}.${last.getTime().toString(16)}${this.#series.size.toString(16)}`;
    this.#series.delete(key);
    this.#series.set(key, { event, notice, firstAt: performance.now(), last, count: 1, written: 0 });
    const [oldest] = this.#series.keys();
    if (this.#series.size > MAX_SERIES && oldest !== undefined) this.#series.delete(oldest);
    this.#queue.add(key);
  }

  async #write(key: string): Promise<void> {
    const series = this.#series.get(key);
    if (series === undefined || series.count === series.written) return;
    const { count } = series;
    try {
      if (series.written === 0) await this.#create(series);
      else await this.#updateCount(series);
    } catch (error) {
      if (!isNotFound(error) && !isInvalid(error)) throw error;
      this.#options.log.debug({ err: error, event: series.event }, "an Event could not be written");
    }
    series.written = count;
    if (series.count > count) this.#queue.add(key, { afterMs: this.#limits.countMs });
  }

  async #create(series: Series): Promise<void> {
    const { event, notice, last, count } = series;
    const { regarding, type, reason, action, note } = notice;
    const { client, instance } = this.#options;
    await client.create(EVENTS, {
      apiVersion: apiVersion(EVENTS),
      kind: EVENTS.kind,
      metadata: { name: event },
      eventTime: microTime(last),
      reportingController: CONTROLLER,
      reportingInstance: instance,
      regarding: { ...regarding, namespace: client.namespace },
      type,
      reason,
      action,
      note: note.slice(0, MAX_NOTE),
      ...(count > 1 && { series: countOf(series) }),
    });
  }

  async #updateCount(series: Series): Promise<void> {
    await this.#options.client.mergePatch(EVENTS, series.event, { series: countOf(series) });
  }
}

function countOf({ count, last }: Series): object {
  return { count, lastObservedTime: microTime(last) };
}
