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
  const isTooOld = ageMs > (maxAgeMs ?? Number.POSITIVE_INFINITY);
  const isTooShort = freshForMs < (minFreshMs ?? Number.NEGATIVE_INFINITY);
  if (freshness === 'fresh') return mayRefuseFresh && (noCache || isTooOld || isTooShort) ? 'insist' : 'hit';
  if (mayRefuseFresh && noCache) return 'insist';
  // §5.2.1.1 to §5.2.1.3: who names an age or a time wants no overdue one, unless it says by how much it may be.
  const isRefused =
    isTooOld ||
    (maxStaleMs === undefined ? (maxAgeMs ?? minFreshMs) !== undefined : -freshForMs > maxStaleMs);
  // Without the right to insist it is still better than nothing.
  if (isRefused) return mayRefuseFresh ? 'insist' : 'fetch';
  return maxStaleMs !== undefined || freshness === 'stale' ? 'stale' : 'fetch';
}
