import { Router } from 'express';
import { GatewayError } from '../shared/errors.ts';
import { contextOf } from './request-context.ts';
import { methodNotAllowed } from './send-problem.ts';

export const TOKEN_PATH = '/api/v0/oauth2/token';

/** Where clients of Amperity get their token: here they need none, and are told so instead of finding nothing. */
export function tokenRoute(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post(TOKEN_PATH, (_req, res) => {
    contextOf(res).pattern = TOKEN_PATH;
    throw new GatewayError(
      'invalid_parameter',
      'No token is needed here: send your gateway key as Authorization: Bearer with every request.',
    );
  });
  router.all(TOKEN_PATH, methodNotAllowed('POST'));
  return router;
}
