import type { History, Range, Sample } from "./types.ts";

/** Totals since some start, which may come anew and begin at 0. */
export interface Totals {
  readonly relayed: ReadonlyMap<string, number>;
  readonly refused: ReadonlyMap<string, number>;
  readonly asked: ReadonlyMap<string, number>;
  readonly discovered: number;
}

/** A counter of the SIP router: `METHOD:outcome`, `limited:limit:by`, and others. */
interface RouterCounter {
  readonly name: string;
  readonly count: number;
}

const RANGES: Readonly<Record<Range, { readonly seconds: number; readonly count: number }>> = {
  hour: { seconds: 10, count: 360 },
  day: { seconds: 300, count: 288 },
};
/** In seconds. */
export const SAMPLE_SECONDS = RANGES.hour.seconds;
const METHOD = /^[A-Z]+$/;
const LIMIT_ANSWER = "480";
/** Requests of the inside's and the outside's health checks are no traffic. */
const NO_TRAFFIC = new Set(["OPTIONS", "ACK"]);

/** What happened lately on this replica: an hour in detail, a day in outline, in memory alone. */
export class TrafficHistory {
  #last: Totals | undefined;
  readonly #samples: Record<Range, Sample[]> = { hour: [], day: [] };
  #coarse: Sample | undefined;

  /**
   * Called every `SAMPLE_SECONDS`.
   * @param totals undefined while the router is away: nobody knows what it does then
   * @param now milliseconds since 1970
   */
  record(totals: Totals | undefined, now: number): void {
    const last = this.#last;
    if (!totals) return;
    this.#last = totals;
    if (!last) return;
    const sample: Sample = {
      at: now,
      seconds: SAMPLE_SECONDS,
      relayed: growth(last.relayed, totals.relayed),
      refused: growth(last.refused, totals.refused),
      asked: growth(last.asked, totals.asked),
      discovered: grown(last.discovered, totals.discovered),
    };
    this.#push("hour", sample);
    this.#coarse = this.#coarse ? sum(this.#coarse, sample) : sample;
    if (this.#coarse.seconds < RANGES.day.seconds) return;
    this.#push("day", this.#coarse);
    this.#coarse = undefined;
  }

  /** Whether there are totals to measure growth by. */
  get hasBegun(): boolean {
    return this.#last !== undefined;
  }

  get newest(): Sample | undefined {
    return this.#samples.hour.at(-1);
  }

  read(range: Range): History {
    const samples = this.#samples[range];
    const unfinished = range === "day" && this.#coarse ? [this.#coarse] : [];
    return { range, seconds: RANGES[range].seconds, samples: [...samples, ...unfinished] };
  }

  #push(range: Range, sample: Sample): void {
    const samples = this.#samples[range];
    samples.push(sample);
    if (samples.length > RANGES[range].count) samples.shift();
  }
}

/** Sorts the router's counters into what was relayed and what was refused. */
export function totalsOf(
  counters: readonly RouterCounter[],
  discovery: Pick<Totals, "asked" | "discovered">,
): Totals {
  const relayed = new Map<string, number>();
  const refused = new Map<string, number>();
  for (const { name, count } of counters) {
    const [what = "", outcome = ""] = name.split(":");
    if (what === "limited") add(refused, outcome === "flood" ? outcome : what, count);
    else if (!isTraffic(what)) continue;
    else if (outcome === "relayed") add(relayed, what, count);
    else if (!outcome.startsWith("2")) add(refused, outcome, count);
  }
  countOnce(refused);
  return { relayed, refused, ...discovery };
}

function isTraffic(what: string): boolean {
  return METHOD.test(what) && !NO_TRAFFIC.has(what);
}

/** The router counts the answer to what is beyond a limit, too. */
function countOnce(refused: Map<string, number>): void {
  const others = (refused.get(LIMIT_ANSWER) ?? 0) - (refused.get("limited") ?? 0);
  if (others > 0) refused.set(LIMIT_ANSWER, others);
  else refused.delete(LIMIT_ANSWER);
}

function growth(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const grew: Record<string, number> = {};
  for (const [name, count] of after) {
    const by = grown(before.get(name) ?? 0, count);
    if (by > 0) grew[name] = by;
  }
  return grew;
}

/** A counter that is lower than before has begun anew. */
function grown(before: number, after: number): number {
  return after >= before ? after - before : after;
}

function sum(a: Sample, b: Sample): Sample {
  return {
    at: b.at,
    seconds: a.seconds + b.seconds,
    relayed: merged(a.relayed, b.relayed),
    refused: merged(a.refused, b.refused),
    asked: merged(a.asked, b.asked),
    discovered: a.discovered + b.discovered,
  };
}

function merged(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const all = new Map(Object.entries(a));
  for (const [name, count] of Object.entries(b)) add(all, name, count);
  return Object.fromEntries(all);
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
