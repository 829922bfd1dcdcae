import { Router } from 'express';
import type { Revocations } from '../access/revocations.ts';
import type { KnownKey } from '../access/roster.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { type Operators, readOperator } from './operator.ts';
import { onlyMember, readJsonBody } from './request-body.ts';
import { methodNotAllowed } from './send-problem.ts';

export interface RevokeParts extends Operators {
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly keyOf: (id: string) => KnownKey | undefined;
}

const FORM = 'send {"key": "<id of the key>"}, the part between the second and the third _ of it';
const YEAR_MS = 366 * 86_400_000;
const KEY_ID = /^[A-Za-z0-9]{6,16}$/;

/** `POST /revoke` on the admin listener: a key is refused from now on, by every replica, whatever the teams say. */
export function revokeRoute(parts: RevokeParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post('/revoke', async (req, res) => {
    const operator = await readOperator(req, res, parts, 'revoke');
    operator.requireOneOf(['keys:revoke']);
    const id = keyIdOf(await readJsonBody(req, res, FORM));
    const known = parts.keyOf(id);
    if (known === undefined) {
      throw new GatewayError('not_found', 'No team has a key of this id. Nothing was revoked.');
    }
    const { team, record } = known;
    await operator.audited('keys:revoke', async () => {
      // The file may give the key another end.
      await parts.revocations.revoke(id, Math.max(record.notAfterMs, parts.clock.now() + YEAR_MS));
      return { revoked: id, ofTeam: team.name };
    });
    res.set('Cache-Control', 'no-store').json({ revoked: true, key: id, team: team.name });
  });
  router.all('/revoke', methodNotAllowed('POST'));
  return router;
}

/** A whole key in its place would be a secret, and is not repeated. */
function keyIdOf(text: string): string {
  const key = onlyMember(text, 'key');
  if (typeof key === 'string' && KEY_ID.test(key)) return key;
  const reason = `must be the id of a key, alone: ${FORM}`;
  throw new GatewayError('invalid_parameter', `Nothing was revoked: key ${reason}.`, {
    errors: [{ name: 'key', reason }],
  });
}
