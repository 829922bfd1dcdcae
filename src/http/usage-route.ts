import { Router } from 'express';
import type { Authenticate } from '../access/authenticate.ts';
import type { Team } from '../access/team.ts';
import { invalidParameter } from '../query/invalid-parameter.ts';
import type { DailyCounts } from '../quota/daily-counts.ts';
import { contextOf } from './request-context.ts';
import { rawQueryOf } from './request-shape.ts';
import { VARY } from './response-headers.ts';
import { methodNotAllowed } from './send-problem.ts';
import { readIdentity } from './team-request.ts';

export interface UsageParts {
  readonly authenticate: Authenticate;
  readonly counts: DailyCounts;
  readonly queue: { readonly perTeam: number; readonly maxWaitMs: number };
  /** What the team has had of the budget on this replica. */
  readonly account: (team: string) => object;
}

/** `GET /usage`: what whoever asks may do, and what has been done with it. */
export function usageRoute({ account, authenticate, counts, queue }: UsageParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/usage', async (req, res) => {
    contextOf(res).pattern = '/usage';
    const { team, keyId } = await readIdentity(req, res, authenticate, 'public');
    if (rawQueryOf(req) !== '') {
      throw invalidParameter([
        { name: 'query string', reason: 'must be left out: this path has no parameters' },
      ]);
    }
    res.set({ 'Cache-Control': 'no-store', Vary: VARY });
    res.json({
      team: team.name,
      key: keyId,
      rights: rightsOf(team, queue),
      profiles_today: team.quotas.map((quota) => ({
        of: quota.subject === team.name ? 'team' : 'key',
        allowed: quota.most,
        left: counts.left(quota),
      })),
      resets_in: Math.ceil(counts.resetMs() / 1000),
      // It tells how many questions others had asked before.
      ...(team.revealCache && { this_replica: account(team.name) }),
    });
  });
  router.all('/usage', methodNotAllowed('GET, HEAD'));
  return router;
}

/** Under the names that the team file has for them. */
const rightsOf = (team: Team, queue: UsageParts['queue']) => ({
  weight: team.weight,
  indexes: team.indexes,
  attributes: team.attributes,
  filters: team.filters,
  filterOnly: team.filterOnly,
  maxLimit: team.maxLimit,
  maxFilters: team.maxFilters,
  minFilters: team.minFilters,
  withTotal: team.withTotal,
  export: team.export,
  bypassCache: team.bypassCache,
  queue: team.maxQueuedFlights ?? queue.perTeam,
  maxWaitMs: team.maxWaitMs ?? queue.maxWaitMs,
  scopes: team.scopes,
});
