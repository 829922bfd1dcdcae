import express, { type ErrorRequestHandler, type Request, Router } from 'express';
import type { Authenticate, Identity } from '../access/authenticate.ts';
import type { Scope } from '../access/teams.ts';
import { indexIdProblem, profileIdProblem } from '../query/path-segment.ts';
import { GatewayError, type ParameterProblem } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Purged, Purger, PurgeTarget } from '../shared/purger.ts';
import { EdgeError } from './problem.ts';
import { contextOf } from './request-context.ts';
import { methodNotAllowed } from './send-problem.ts';

export interface PurgeParts {
  readonly authenticate: Authenticate;
  readonly purger: Purger;
  readonly log: Log;
}

/** More than the longest ids take. */
const MAX_BODY_BYTES = 16_384;

const FORMS = 'send {"index": "…"}, {"index": "…", "profile": "…"} or {"all": true}';

/** `POST /purge` on the admin listener: forgets an index, a profile or everything, on every replica. */
export function purgeRoute({ authenticate, purger, log }: PurgeParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post(
    '/purge',
    (req, res, next) => {
      const identity = authenticate.authenticate(req.rawHeaders);
      res.locals.identity = identity;
      // Before the body is read: who may not purge at all learns nothing from it.
      if (!identity.team.scopes.some((scope) => scope.startsWith('purge:'))) throw forbidden('purge:…');
      if (!req.is('application/json')) {
        throw new EdgeError(415, 'invalid_parameter', `The body must be application/json: ${FORMS}.`);
      }
      next();
    },
    express.json({ limit: MAX_BODY_BYTES, inflate: false, type: () => true }),
    async (req, res) => {
      const { team, keyId } = res.locals.identity as Identity;
      const target = targetOf(req);
      const scope = scopeOf(target);
      if (!team.scopes.includes(scope)) throw forbidden(scope);
      const audit = { team: team.name, key: keyId, scope, requestId: contextOf(res).requestId };
      try {
        const purged = await purger.purge(target);
        log.info({ ...audit, ...purged }, 'purged');
        res.set('Cache-Control', 'no-store').json(answerOf(purged));
      } catch (error) {
        log.error(audit, 'purge failed');
        throw error;
      }
    },
  );
  router.use('/purge', unreadable);
  router.all('/purge', methodNotAllowed('POST'));
  return router;
}

/** What the parser says of a body would repeat it. */
const unreadable: ErrorRequestHandler = (error, _req, _res, next) => {
  if (error instanceof GatewayError) return next(error);
  switch (error?.status) {
    case 413:
      return next(
        new EdgeError(413, 'invalid_parameter', `The body exceeds ${MAX_BODY_BYTES} bytes: ${FORMS}.`),
      );
    case 415:
      return next(
        new EdgeError(415, 'invalid_parameter', `The body must be UTF-8 without content coding: ${FORMS}.`),
      );
    case 400:
      return next(invalid([{ name: 'body', reason: `must be well-formed JSON: ${FORMS}` }]));
    default:
      return next(error);
  }
};

function targetOf(req: Request): PurgeTarget {
  const body: unknown = req.body;
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

const forbidden = (scope: string): GatewayError =>
  new GatewayError(
    'forbidden_scope',
    `Nothing was purged; that needs the scope ${scope} in the right scopes.`,
  );
