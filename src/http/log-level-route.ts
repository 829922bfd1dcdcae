import { Router } from 'express';
import { GatewayError } from '../shared/errors.ts';
import { LOG_LEVELS, type Log, type LogLevel } from '../shared/log.ts';
import { type Operators, readOperator } from './operator.ts';
import { onlyMember, readJsonBody } from './request-body.ts';
import { methodNotAllowed } from './send-problem.ts';

export interface LogLevelParts extends Operators {
  readonly log: Log;
}

const FORM = `send {"level": "${LOG_LEVELS.join(' | ')}"}`;

/** `POST /log-level` on the admin listener: what this replica logs from now on, until it is started again. */
export function logLevelRoute(parts: LogLevelParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post('/log-level', async (req, res) => {
    const operator = await readOperator(req, res, parts, 'log_level');
    operator.requireOneOf(['log:level']);
    const level = levelOf(await readJsonBody(req, res, FORM));
    await operator.audited('log:level', async () => {
      const before = parts.log.level;
      parts.log.level = level;
      return { before, level };
    });
    res.set('Cache-Control', 'no-store').json({ level });
  });
  router.all('/log-level', methodNotAllowed('POST'));
  return router;
}

function levelOf(text: string): LogLevel {
  const level = onlyMember(text, 'level');
  const known = LOG_LEVELS.find((each) => each === level);
  if (known !== undefined) return known;
  const reason = `must be one of the levels, alone: ${FORM}`;
  throw new GatewayError('invalid_parameter', `Nothing was changed: level ${reason}.`, {
    errors: [{ name: 'level', reason }],
  });
}
