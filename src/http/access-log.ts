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

  begun(): RequestContext {
    return createContext(this.#parts.clock.monotonic());
  }

  /** What becomes known of the request until then goes into the context. */
  follow(res: ServerResponse, context: RequestContext): void {
    res.once('close', () => this.#ended(res, context));
  }

  /** For an answer that was given as a whole: when the system has taken it, it has ended. */
  given(res: ServerResponse, context: RequestContext): void {
    if (res.socket?.writableLength === 0) this.#over(res, context, res.statusCode);
    else this.follow(res, context);
  }

  #ended(res: ServerResponse, context: RequestContext): void {
    this.#over(res, context, res.writableFinished || context.isCut ? res.statusCode : 499);
  }

  #over(res: ServerResponse, context: RequestContext, status: number): void {
    const { clock, lines, log } = this.#parts;
    const { method = '' } = res.req;
    const durationMs = clock.monotonic() - context.startedAt;
    this.#count(context, method, status, durationMs);
    if (!log.isLevelEnabled('info')) return;
    const code = status === 499 ? 'client_closed' : context.code;
    const bytes = context.bytes ?? contentLength(res);
    lines.writeSoon(accessLine(context, { time: this.#time(), method, status, code, durationMs, bytes }));
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
    const context = accessLog.begun();
    accessLog.follow(res, context);
    res.locals.context = context;
    res.setHeader('X-Request-Id', context.requestId);
    next();
  };
