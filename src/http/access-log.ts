import type { RequestHandler, Response } from 'express';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { createContext, type RequestContext } from './request-context.ts';

/**
 * One log line and one count per request, when its answer has ended or its caller has gone. The line holds the
 * fields named here and nothing else: never a URL, a header or a parameter, which may be personal data.
 */
export const accessLog =
  (log: Log, metrics: Metrics, clock: Clock): RequestHandler =>
  (req, res, next) => {
    const context = createContext(clock.monotonic());
    res.locals.context = context;
    res.setHeader('X-Request-Id', context.requestId);
    res.once('close', () => {
      const status = res.writableFinished || context.isCut ? res.statusCode : 499;
      const durationMs = clock.monotonic() - context.startedAt;
      count(metrics, context, req.method, status, durationMs);
      log.info(
        {
          requestId: context.requestId,
          traceId: context.traceId,
          method: req.method,
          route: context.pattern,
          status,
          code: status === 499 ? 'client_closed' : context.code,
          team: context.team,
          keyId: context.keyId,
          cache: context.cache,
          durationMs: Math.round(durationMs * 10) / 10,
          waitMs: Math.round(context.waitedMs),
          expectedMs: context.expectedMs && Math.round(context.expectedMs),
          bytes: bytesOf(res),
          profiles: context.profiles,
          fp: context.fingerprint,
        },
        'request',
      );
    });
    next();
  };

/** Methods are the callers' to invent, labels are not. */
const METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'QUERY']);

function count(
  metrics: Metrics,
  context: RequestContext,
  method: string,
  status: number,
  durationMs: number,
): void {
  const { cache, expectedMs, route, team = 'none', waitedMs } = context;
  const labels = {
    team,
    route,
    method: METHODS.has(method) ? method : 'other',
    status: String(status),
    cache,
  };
  metrics.requests.inc(labels);
  metrics.requestSeconds.observe(labels, durationMs / 1000);
  if (waitedMs > 0) metrics.queueWaitSeconds.observe({ team }, waitedMs / 1000);
  if (expectedMs !== undefined) metrics.estimateErrorSeconds.observe(Math.abs(expectedMs - waitedMs) / 1000);
  const { code } = context;
  if (code === 'team_budget' || code === 'shared_budget') metrics.queueRefused.inc({ team, reason: code });
}

function bytesOf(res: Response): number {
  const length = res.getHeader('Content-Length');
  return typeof length === 'string' || typeof length === 'number' ? Number(length) : 0;
}
