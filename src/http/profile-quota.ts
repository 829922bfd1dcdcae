import type { Team } from '../access/team.ts';
import type { DailyCounts } from '../quota/daily-counts.ts';
import { GatewayError } from '../shared/errors.ts';

/** Throws `profile_quota` when nothing more may be delivered today, before anything is spent on it. */
export function checkQuota({ quotas }: Team, counts: DailyCounts): void {
  const used = quotas.find((quota) => counts.left(quota) === 0);
  if (used !== undefined) throw usedUp(`All of the ${used.most} profiles of the day are delivered.`, counts);
}

/** Counts profiles that are about to be delivered, or throws `profile_quota` when they are more than are left. */
export function countDelivered({ quotas }: Team, profiles: number, counts: DailyCounts): void {
  if (profiles === 0 || quotas.length === 0 || counts.take(quotas, profiles)) return;
  const left = Math.min(...quotas.map((quota) => counts.left(quota)));
  throw usedUp(
    `These are ${profiles} profiles, and ${left} of the day are left; a smaller limit may fit.`,
    counts,
  );
}

const usedUp = (message: string, counts: DailyCounts): GatewayError =>
  new GatewayError('profile_quota', `${message} The next day begins at 00:00 UTC.`, {
    retryAfterMs: counts.resetMs(),
  });
