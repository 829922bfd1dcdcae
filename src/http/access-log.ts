import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { BatchedLines } from '../shared/batched-lines.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { accessLine } from './access-line.ts';
import { createContext, type RequestContext } from './request-context.ts';

export interface AccessLogParts {
  readonly log: Pick<Log, 'isLevelEnabled'>;
  readonly lines: Pick<BatchedLines, 'writeSoon'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Methods are the callers' to invent, labels are not. */
const METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'QUERY']);

/**
 * One log line and one count per request, when its answer has ended or its caller has gone. The line holds the fields
 * named here and nothing else: never a URL, a header or a parameter, which may be personal data.
 */
export class AccessLog {
  readonly #parts: AccessLogParts;
  /** The time as it was written last: many requests end in one millisecond. */
  #written = { at: Number.NaN, text: '' };

  constructor(parts: AccessLogParts) {
    this.#parts = parts;
  }

  /** What becomes known of the request goes into the context that is returned. */
  follow(res: ServerResponse): RequestContext {
    const context = createContext(this.#parts.clock.monotonic());
    res.once('close', () => this.#ended(res, context));
    return context;
  }

  #ended(res: ServerResponse, context: RequestContext): void {
    const { clock, lines, log } = this.#parts;
    const { method = '' } = res.req;
    const status = res.writableFinished || context.isCut ? res.statusCode : 499;
    const durationMs = clock.monotonic() - context.startedAt;
    this.#count(context, method, status, durationMs);
    if (!log.isLevelEnabled('info')) return;
    const fields = {
      requestId: context.requestId,
      traceId: context.traceId,
      method,
      route: context.pattern,
      status,
      code: status === 499 ? 'client_closed' : context.code,
      team: context.team,
      keyId: context.keyId,
      cache: context.cache,
      durationMs: Math.round(durationMs * 10) / 10,
      waitMs: Math.round(context.waitedMs),
      expectedMs: context.expectedMs && Math.round(context.expectedMs),
      bytes: context.bytes ?? contentLength(res),
      profiles: context.profiles,
      fp: context.fingerprint,
    };
    lines.writeSoon(accessLine(fields, this.#time()));
  }

  #time(): string {
    const at = this.#parts.clock.now();
    if (this.#written.at !== at) this.#written = { at, text: new Date(at).toISOString() };
    return this.#written.text;
  }

  #count(context: RequestContext, method: string, status: number, durationMs: number): void {
    const { metrics } = this.#parts;
    const { cache, code, expectedMs, route, team = 'none', waitedMs } = context;
    metrics.requests
      .of({ team, route, method: METHODS.has(method) ? method : 'other', status: String(status), cache })
      .observe(durationMs / 1000);
    if (waitedMs > 0) metrics.queueWaitSeconds.observe({ team }, waitedMs / 1000);
    if (expectedMs !== undefined) {
      metrics.estimateErrorSeconds.observe(Math.abs(expectedMs - waitedMs) / 1000);
    }
    if (code === 'team_budget' || code === 'shared_budget') metrics.queueRefused.inc({ team, reason: code });
  }
}

function contentLength(res: ServerResponse): number {
  const length = res.getHeader('Content-Length');
  return typeof length === 'string' || typeof length === 'number' ? Number(length) : 0;
}

/** For Express: every request of the application is followed. */
export const followed =
  (accessLog: AccessLog): RequestHandler =>
  (_req, res, next) => {
    const context = accessLog.follow(res);
    res.locals.context = context;
    res.setHeader('X-Request-Id', context.requestId);
    next();
  };
