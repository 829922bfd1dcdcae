/** What a team may expect of the budget now, in permits. */
export interface Allowance {
  /** Permits of the team's share in each window. */
  readonly teamQuota: number;
  /** Permits of everybody together in each window. */
  readonly upstreamQuota: number;
  readonly windowMs: number;
  /** Permits the team could have at once. */
  readonly remaining: number;
  /** Time until there are more. */
  readonly resetMs: number;
}

/**
 * The fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers §3, §4): integers, no
 * partition key. They count permits; answers from the cache cost none, so that what is left tells of them.
 */
export function rateLimitHeaders(allowance: Allowance, revealsCache: boolean): string[] {
  const windowS = Math.max(1, Math.round(allowance.windowMs / 1000));
  const resetS = Math.max(1, Math.ceil(allowance.resetMs / 1000));
  const policy = `"team";q=${allowance.teamQuota};w=${windowS}, "upstream";q=${allowance.upstreamQuota};w=${windowS}`;
  if (!revealsCache) return ['RateLimit-Policy', policy];
  return ['RateLimit-Policy', policy, 'RateLimit', `"team";r=${allowance.remaining};t=${resetS}`];
}
