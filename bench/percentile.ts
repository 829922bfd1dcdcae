/**
 * Nearest-rank percentile: a value that was really measured, never one between two. NaN without values.
 * `share` is from 0 to 1.
 */
export function percentile(values: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * values.length));
  return ascending(values)[rank - 1] ?? Number.NaN;
}

/** Mean of the two middle values when their number is even. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const below = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  const above = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return (below + above) / 2;
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
