/** @throws RangeError without values. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * Linear between the two nearest ranks.
 * @param rank 0–100
 * @throws RangeError without values.
 */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const last = sorted.length - 1;
  const position = (rank / 100) * last;
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (below === undefined || above === undefined) throw new RangeError("no values");
  return below + (above - below) * (position - Math.floor(position));
}
