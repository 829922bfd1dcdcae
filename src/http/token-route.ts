import { Router } from 'express';
import { GatewayError } from '../shared/errors.ts';
import { contextOf } from './request-context.ts';
import { methodNotAllowed } from './send-problem.ts';

const PATH = '/api/v0/oauth2/token';

/** Where clients of Amperity get their token: here they need none, and are told so instead of finding nothing. */
export function tokenRoute(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post(PATH, (_req, res) => {
    contextOf(res).pattern = PATH;
    throw new GatewayError(
      'invalid_parameter',
      'No token is needed here: send your gateway key as Authorization: Bearer with every request.',
    );
  });
  router.all(PATH, methodNotAllowed('POST'));
  return router;
}
