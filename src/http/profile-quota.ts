import type { Team } from '../access/team.ts';
import type { DailyCounts, Quota } from '../quota/daily-counts.ts';
import { GatewayError } from '../shared/errors.ts';

const usedOf = (quotas: readonly Quota[], counts: DailyCounts): Quota | undefined =>
  quotas.find((quota) => counts.left(quota) === 0);

/** Whether anything may still be delivered today. */
export const isWithinQuota = ({ quotas }: Team, counts: DailyCounts): boolean =>
  usedOf(quotas, counts) === undefined;

/** Counts profiles that are about to be delivered; false: they are more than are left, and were not counted. */
export const takeFromQuota = ({ quotas }: Team, profiles: number, counts: DailyCounts): boolean =>
  profiles === 0 || quotas.length === 0 || counts.take(quotas, profiles);

/** Throws `profile_quota` when nothing more may be delivered today, before anything is spent on it. */
export function checkQuota(team: Team, counts: DailyCounts): void {
  const used = usedOf(team.quotas, counts);
  if (used !== undefined) throw usedUp(`All of the ${used.most} profiles of the day are delivered.`, counts);
}

/** Counts profiles that are about to be delivered, or throws `profile_quota` when they are more than are left. */
export function countDelivered(team: Team, profiles: number, counts: DailyCounts): void {
  if (takeFromQuota(team, profiles, counts)) return;
  const left = Math.min(...team.quotas.map((quota) => counts.left(quota)));
  throw usedUp(
    `These are ${profiles} profiles, and ${left} of the day are left; a smaller limit may fit.`,
    counts,
  );
}

const usedUp = (message: string, counts: DailyCounts): GatewayError =>
  new GatewayError('profile_quota', `${message} The next day begins at 00:00 UTC.`, {
    retryAfterMs: counts.resetMs(),
  });
