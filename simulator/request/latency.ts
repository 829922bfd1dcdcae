import type { Draws } from '../data/prng.ts';
import type { KnobValues } from '../knobs/knob-table.ts';
import type { LatencyTable } from '../knobs/structured-values.ts';

/** 1.645 standard deviations of a normal distribution lie between its median and its 95th percentile. */
const Z95 = 1.645;

/** p50 and p95 in ms by filter count, as Amperity published them: 5 columns, or 30. */
const narrow: Readonly<Record<'1m' | '10m' | '100m', LatencyTable>> = {
  '1m': { 0: [41, 74], 1: [63, 140], 3: [1000, 3500] },
  '10m': { 0: [36, 48], 1: [71, 150], 3: [8300, 19_000] },
  '100m': { 0: [60, 84], 1: [68, 240], 3: [26_000, 44_000] },
};
const wide: typeof narrow = {
  '1m': { 0: [48, 89], 1: [84, 150], 10: [550, 3800] },
  '10m': { 0: [36, 91], 1: [800, 3700], 10: [3400, 22_000] },
  '100m': { 0: [48, 120], 1: [68, 240], 10: [33_000, 50_000] },
};
const seconds: LatencyTable = { 0: [1000, 3500] };

/** Milliseconds one request takes. Takes two draws, or none when latency is off. */
export function drawLatencyMs(knobs: KnobValues, filters: number, withTotal: boolean, draws: Draws): number {
  const table = tableOf(knobs);
  if (!table) return 0;
  const [p50, p95] = percentiles(table, filters);
  const sigma = Math.log(p95 / p50) / Z95;
  const normal = Math.sqrt(-2 * Math.log(1 - draws.next())) * Math.cos(2 * Math.PI * draws.next());
  const factor = withTotal ? knobs['latency.total_factor'] : 1;
  return Math.min(knobs['latency.max_ms'], p50 * Math.exp(sigma * normal) * factor);
}

/** p50 and p95 for a filter count; between two rows both interpolate geometrically. */
export function percentiles(table: LatencyTable, filters: number): readonly [number, number] {
  const rows = Object.entries(table)
    .map(([count, figures]) => [Number(count), figures] as const)
    .sort(([a], [b]) => a - b);
  const above = rows.findIndex(([count]) => count >= filters);
  const [upperCount, upper] = rows.at(above) ?? [0, [1, 1]];
  const [lowerCount, lower] = rows[above - 1] ?? [upperCount, upper];
  if (above < 0 || upperCount === lowerCount) return upper;
  const share = (filters - lowerCount) / (upperCount - lowerCount);
  return [between(lower[0], upper[0], share), between(lower[1], upper[1], share)];
}

function tableOf(knobs: KnobValues): LatencyTable | undefined {
  if (knobs['latency.table']) return knobs['latency.table'];
  const preset = knobs['latency.preset'];
  if (preset === 'off') return undefined;
  if (preset === 'seconds') return seconds;
  return (knobs['data.columns'] === 30 ? wide : narrow)[preset];
}

function between(low: number, high: number, share: number): number {
  return low * (high / low) ** share;
}
