import type { Express } from 'express';
import type { Clock } from '../shared/clock.ts';
import type { Metrics } from '../shared/metrics.ts';
import { bareExpress, securityHeaders } from './app.ts';
import { type ConsoleParts, consoleRoutes } from './console-routes.ts';
import { type LogLevelParts, logLevelRoute } from './log-level-route.ts';
import { adminDocument } from './openapi/admin-document.ts';
import { readOnlooker } from './operator.ts';
import type { ProblemSettings } from './problem.ts';
import { type PurgeParts, purgeRoute } from './purge-route.ts';
import { createContext } from './request-context.ts';
import { headerCount, requestShape } from './request-shape.ts';
import { type RevokeParts, revokeRoute } from './revoke-route.ts';
import { methodNotAllowed, notFound, sendProblem } from './send-problem.ts';
import { jsonAnswer, staticRoutes } from './static-routes.ts';

export interface AdminParts extends PurgeParts, RevokeParts, LogLevelParts, ConsoleParts {
  readonly amperity: { readonly apiVersion: string };
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly problems: ProblemSettings;
  /** False from the moment the process is asked to stop. */
  readonly isReady: () => boolean;
  /** Lines below `ready`: what is not as it should be, and yet no reason to take this replica away. */
  readonly detail: () => readonly string[];
  /** A snapshot for people and scripts; holds nothing about profiles. */
  readonly status: () => Promise<object>;
}

/** The operators' listener: health, metrics and status, never reachable on the public port. */
export function createAdminApp(parts: AdminParts): Express {
  const { clock, detail, isReady, log, metrics, problems, status } = parts;
  const app = bareExpress();
  app.use((_req, res, next) => {
    const context = createContext(clock.monotonic());
    res.locals.context = context;
    res.setHeader('X-Request-Id', context.requestId);
    next();
  });
  app.use(securityHeaders());
  app.use(headerCount);
  app.use(requestShape);
  // Neither asks Redis or Amperity: a replica that can answer from memory must not be taken away.
  app.get('/livez', (_req, res) => void res.type('text/plain').send('ok\n'));
  app.get('/readyz', (_req, res) => {
    const ready = isReady();
    res
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(`${[ready ? 'ready' : 'draining', ...detail()].join('\n')}\n`);
  });
  app.get('/metrics', async (_req, res) => {
    const text = await metrics.registry.metrics();
    res.set('Content-Type', metrics.registry.contentType).send(text);
  });
  app.get('/status', async (req, res) => {
    await readOnlooker(req, res, parts);
    res.set('Cache-Control', 'no-store').json(await status());
  });
  app.use(consoleRoutes(parts));
  app.use(purgeRoute(parts));
  app.use(revokeRoute(parts));
  app.use(logLevelRoute(parts));
  app.use(staticRoutes([jsonAnswer('/openapi.json', adminDocument(parts.amperity.apiVersion))]));
  app.all(['/livez', '/readyz', '/metrics', '/status'], methodNotAllowed('GET, HEAD'));
  app.use(notFound);
  app.use(sendProblem(log, problems));
  return app;
}
