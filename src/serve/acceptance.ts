import type { Freshness } from '../store/freshness.ts';

/** What a caller says about stored answers (RFC 9111 §5.2.1). Absent: nothing. */
export interface Directives {
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  /** Oldest answer that will do. */
  readonly maxAgeMs?: number;
  /** How much longer it has to be fresh. */
  readonly minFreshMs?: number;
  /** By how much it may be overdue. */
  readonly maxStaleMs?: number;
}

export const NO_DIRECTIVES: Directives = { noCache: false, onlyIfCached: false };

/** Something stored. */
export interface Candidate {
  readonly freshness: Freshness;
  readonly ageMs: number;
  /** Time until it is stale; negative when it is. */
  readonly freshForMs: number;
}

/**
 * `hit`, `stale` (and refreshed behind): answer it. `fetch`: wait for a new one, and where that fails fall back on
 * this one if there is anything to fall back on. `insist`: wait for a new one, because the caller will have none other.
 */
export type Acceptance = 'hit' | 'stale' | 'fetch' | 'insist';

/**
 * What is to be done with a stored answer. To refuse one that is fresh spends budget that all share, so it takes the
 * right to; without it the directive counts for nothing.
 */
export function accept(
  { freshness, ageMs, freshForMs }: Candidate,
  { noCache, maxAgeMs, minFreshMs, maxStaleMs }: Directives,
  mayRefuseFresh: boolean,
): Acceptance {
  if (freshness === 'dead') return 'fetch';
  const isTooOld =
    ageMs > (maxAgeMs ?? Number.POSITIVE_INFINITY) || freshForMs < (minFreshMs ?? Number.NEGATIVE_INFINITY);
  if (freshness === 'fresh') return mayRefuseFresh && (noCache || isTooOld) ? 'insist' : 'hit';
  if (noCache && mayRefuseFresh) return 'insist';
  // §5.2.1.2: it is accepted although it is overdue, and by no more than this.
  if (maxStaleMs !== undefined) return -freshForMs <= maxStaleMs ? 'stale' : 'insist';
  if (isTooOld) return 'insist';
  return freshness === 'stale' ? 'stale' : 'fetch';
}
