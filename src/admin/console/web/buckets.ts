/** From samples to the columns of a chart. Pure. */
import type { History, Sample } from "../types.ts";

export interface Series {
  readonly name: string;
  /** One for each column; undefined where nothing is known. */
  readonly values: readonly (number | undefined)[];
}

export interface Columns {
  /** When each column ends, in milliseconds since 1970. */
  readonly ends: readonly number[];
  readonly seconds: number;
  readonly samples: readonly (readonly Sample[])[];
}

const COLUMNS: Readonly<Record<History["range"], { readonly count: number; readonly seconds: number }>> = {
  hour: { count: 60, seconds: 60 },
  day: { count: 96, seconds: 900 },
};

/** Sorts samples into columns of equal length that end on whole multiples of it. `now`: milliseconds since 1970. */
export function columnsOf({ range, samples }: History, now: number): Columns {
  const { count, seconds } = COLUMNS[range];
  const ms = seconds * 1000;
  const last = Math.ceil(now / ms) * ms;
  const ends = Array.from({ length: count }, (_, at) => last - (count - 1 - at) * ms);
  const sorted = ends.map((): Sample[] => []);
  for (const sample of samples) {
    const at = count - 1 - Math.floor((last - sample.at) / ms);
    sorted[at]?.push(sample);
  }
  return { ends, seconds, samples: sorted };
}

/**
 * A series for each name that occurs, the largest first; beyond `most` they are one, `other`.
 * @param parts the counts of a sample, by name
 */
export function seriesOf(
  { samples }: Columns,
  parts: (sample: Sample) => Readonly<Record<string, number>>,
  most: number,
): readonly Series[] {
  const totals = new Map<string, number>();
  for (const sample of samples.flat())
    for (const [name, count] of Object.entries(parts(sample)))
      totals.set(name, (totals.get(name) ?? 0) + count);
  const names = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  const [shown, others] =
    names.length <= most ? [names, []] : [names.slice(0, most - 1), names.slice(most - 1)];
  const series = shown.map((name) => ({ name, values: valuesOf(samples, parts, [name]) }));
  return others.length === 0
    ? series
    : [...series, { name: "other", values: valuesOf(samples, parts, others) }];
}

function valuesOf(
  samples: Columns["samples"],
  parts: (sample: Sample) => Readonly<Record<string, number>>,
  names: readonly string[],
): (number | undefined)[] {
  return samples.map((some) =>
    some.length === 0
      ? undefined
      : some.reduce(
          (sum, sample) => sum + names.reduce((all, name) => all + (parts(sample)[name] ?? 0), 0),
          0,
        ),
  );
}

/** The sum of all values that are known. */
export function totalOf({ values }: Series): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** A round number that is not below `value`, for the upper end of an axis. */
export function niceCeiling(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 5, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}
