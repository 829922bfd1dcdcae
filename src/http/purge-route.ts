import { Router } from 'express';
import type { Scope } from '../access/team-record.ts';
import { indexIdProblem, profileIdProblem } from '../query/path-segment.ts';
import { GatewayError, type ParameterProblem } from '../shared/errors.ts';
import type { Purged, Purger, PurgeTarget } from '../shared/purger.ts';
import { type Operators, readOperator } from './operator.ts';
import { readJsonBody } from './request-body.ts';
import { methodNotAllowed } from './send-problem.ts';

export interface PurgeParts extends Operators {
  readonly purger: Purger;
}

const FORMS = 'send {"index": "…"}, {"index": "…", "profile": "…"} or {"all": true}';

/** `POST /purge` on the admin listener: forgets an index, a profile or everything, on every replica. */
export function purgeRoute(parts: PurgeParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post('/purge', async (req, res) => {
    const operator = await readOperator(req, res, parts, 'purge');
    // Before the body is read: who may not purge at all learns nothing from it.
    operator.requireOneOf(['purge:profile', 'purge:index', 'purge:all']);
    const target = targetOf(await readJsonBody(req, res, FORMS));
    const scope = scopeOf(target);
    operator.requireOneOf([scope]);
    const purged = await operator.audited(scope, () => parts.purger.purge(target));
    res.set('Cache-Control', 'no-store').json(answerOf(purged));
  });
  router.all('/purge', methodNotAllowed('POST'));
  return router;
}

function targetOf(text: string): PurgeTarget {
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid([{ name: 'body', reason: `must be a JSON object: ${FORMS}` }]);
  }
  const { all, index, profile, ...others } = body as Record<string, unknown>;
  const problems: ParameterProblem[] = [];
  if (Object.keys(others).length > 0) {
    problems.push({ name: 'body', reason: 'may have the members index, profile and all, and no others' });
  }
  if (all !== undefined) {
    if (all !== true) problems.push({ name: 'all', reason: 'must be true, or be left out' });
    if (index !== undefined || profile !== undefined) {
      problems.push({ name: 'all', reason: 'must stand alone, without index and profile' });
    }
  } else {
    if (typeof index !== 'string') problems.push({ name: 'index', reason: 'must be the id of an index' });
    else problems.push(...problem('index', indexIdProblem(index)));
    if (profile !== undefined && typeof profile !== 'string') {
      problems.push({ name: 'profile', reason: 'must be the id of a profile, or be left out' });
    } else if (profile !== undefined) problems.push(...problem('profile', profileIdProblem(profile)));
  }
  if (problems.length > 0) throw invalid(problems);
  if (all === true) return { all };
  return { index: index as string, ...(profile !== undefined && { profile: profile as string }) };
}

const problem = (name: string, reason: string | undefined): ParameterProblem[] =>
  reason === undefined ? [] : [{ name, reason }];

const scopeOf = (target: PurgeTarget): Scope => {
  if ('all' in target) return 'purge:all';
  return target.profile === undefined ? 'purge:index' : 'purge:profile';
};

const answerOf = ({ pages, generation, widened, acknowledged }: Purged) => ({
  purged: true,
  pages,
  generation,
  widened,
  redis_followers: acknowledged,
});

const invalid = (errors: readonly ParameterProblem[]): GatewayError =>
  new GatewayError(
    'invalid_parameter',
    `Nothing was purged: ${errors.map(({ name, reason }) => `${name} ${reason}`).join('; ')}.`,
    { errors },
  );
