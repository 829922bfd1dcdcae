import type { JournalEntry, SimulatorHandle } from '../simulator/client.ts';
import { labelOf } from './cold-path.ts';
import { tally } from './tally.ts';

/** A simulator that stalls longer stamps arrivals too late for the run to say anything. */
export const MOST_STALL_MS = 20;

/** What the simulator has seen since its journal began: the only source of counts. */
export interface Observed {
  readonly calls: readonly JournalEntry[];
  /** Arrivals in ms, ascending. */
  readonly atMs: readonly number[];
  readonly mostInOneSecond: number;
  readonly limited: number;
  readonly stallMs: number;
}

/** To be called before the load ends: what happens to the simulator after that is no part of the run. */
export async function observe(simulator: SimulatorHandle): Promise<Observed> {
  const summary = await simulator.summary();
  const calls = (await simulator.journal({ limit: summary.requests })).filter(
    ({ family }) => family === 'profile',
  );
  return {
    calls,
    atMs: calls.map(({ t_ms }) => t_ms),
    mostInOneSecond: summary.max_in_1s.profile?.acme?.value ?? 0,
    limited: summary.limited,
    stallMs: summary.loop_stall_max_ms,
  };
}

/** Calls per label, in the order of `labels`. */
export function callsOf({ calls }: Observed, labels: readonly string[]): number[] {
  const counts = tally(calls.map(({ target }) => labelOf(target) ?? ''));
  return labels.map((label) => counts[label] ?? 0);
}

/** Wall-clock ms of an arrival; the fraction comes from the monotonic clock, the journal's begin is a whole one. */
export const arrivedAt = ({ at, t_ms }: JournalEntry): number => Date.parse(at) - Math.floor(t_ms) + t_ms;
