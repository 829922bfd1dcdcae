import type { Tuning } from './permits.ts';

/** How a lease limiter stands. Instants are monotonic. */
export interface LeaseState {
  readonly now: number;
  readonly lastGrant: number;
  /** When the leases held now are expected to end, in any order. */
  readonly ends: readonly number[];
  readonly holdMs: number;
  readonly tuning: Tuning;
  /** Whether a backlog is let out in bursts, rather than spread once it has lasted a window. */
  readonly bursts: boolean;
}

/** Expected time in ms until a permit is granted that `turns` others go before. */
export function estimatedWaitMs(turns: number, state: LeaseState): number {
  const { now, lastGrant, holdMs, bursts } = state;
  const { leases, minTimeMs } = state.tuning;
  const paced = minTimeMs === 0 ? 0 : Math.max(0, lastGrant + minTimeMs * (turns + 1) - now);
  const freeLeases = Math.max(0, leases - state.ends.length);
  const beyondFree = turns - freeLeases;
  if (beyondFree < 0) return paced;
  // The leases that are free now go to earlier turns, and come back a window later.
  const ends = [...state.ends, ...Array<number>(freeLeases).fill(now + holdMs)].sort((a, b) => a - b);
  const end = ends[beyondFree % ends.length] ?? now + holdMs;
  const free = end - now + Math.floor(beyondFree / ends.length) * holdMs;
  // What waits beyond them is a backlog, which will be spread by the time of its turn.
  const first = (ends[0] ?? now + holdMs) - now;
  const spread = bursts ? 0 : first + (beyondFree * holdMs) / leases;
  return Math.max(paced, free, spread);
}
