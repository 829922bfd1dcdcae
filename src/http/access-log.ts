import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Recorder } from '../console/recorder.ts';
import type { QuestionEnding } from '../console/second.ts';
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
  readonly recorder: Pick<Recorder, 'ended' | 'problem'>;
  readonly clock: Clock;
  /** Of answers from the cache one in so many has a line; absent: each. */
  readonly hitsOneIn?: number;
}

/** Methods are the callers' to invent, labels are not. */
export const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'QUERY']);

/**
 * One log line and one count per request, when its answer has ended or its caller has gone. The line holds the fields
 * named here and nothing else: never a URL, a header or a parameter, which may be personal data.
 */
export class AccessLog {
  readonly #parts: AccessLogParts;
  /** The time as it was written last: many requests end in one millisecond. */
  #written = { at: Number.NaN, text: '' };
  #hits = 0;

  constructor(parts: AccessLogParts) {
    this.#parts = parts;
  }

  /** @param startedAt monotonic */
  begun(startedAt = this.#parts.clock.monotonic()): RequestContext {
    return createContext(startedAt);
  }

  /** What becomes known of the request until then goes into the context. */
  follow(res: ServerResponse, context: RequestContext): void {
    res.once('close', () => this.#ended(res, context));
  }

  /** For an answer that was given as a whole: when the system has taken it, it has ended. */
  given(res: ServerResponse, context: RequestContext): void {
    // What its caller sent behind the request, or did, can have ended the connection before the answer was written.
    if (isGone(res)) this.#over(res, context, 499);
    else if (res.socket?.writableLength === 0) this.#over(res, context, res.statusCode);
    else this.follow(res, context);
  }

  #ended(res: ServerResponse, context: RequestContext): void {
    const isGiven = res.writableFinished && !isGone(res);
    this.#over(res, context, isGiven || context.isCut ? res.statusCode : 499);
  }

  #over(res: ServerResponse, context: RequestContext, status: number): void {
    const { clock, lines, log } = this.#parts;
    const { method = '' } = res.req;
    const durationMs = clock.monotonic() - context.startedAt;
    this.#count(context, method, status, durationMs);
    if (!log.isLevelEnabled('info') || this.#isLeftOut(context, status)) return;
    const code = status === 499 ? 'client_closed' : context.code;
    const bytes = context.bytes ?? contentLength(res);
    lines.writeSoon(accessLine(context, { time: this.#time(), method, status, code, durationMs, bytes }));
  }

  #isLeftOut({ cache }: RequestContext, status: number): boolean {
    const { hitsOneIn = 1 } = this.#parts;
    if (hitsOneIn === 1 || status >= 400 || (cache !== 'hit' && cache !== 'stale')) return false;
    this.#hits += 1;
    return this.#hits % hitsOneIn !== 1;
  }

  #time(): string {
    const at = this.#parts.clock.now();
    if (this.#written.at !== at) this.#written = { at, text: new Date(at).toISOString() };
    return this.#written.text;
  }

  #count(context: RequestContext, method: string, status: number, durationMs: number): void {
    const { metrics, recorder } = this.#parts;
    const { cache, code, expectedMs, index, route, team = 'none', waitedMs } = context;
    metrics.requests
      .of({ team, route, method: METHODS.has(method) ? method : 'other', status: String(status), cache })
      .observe(durationMs / 1000);
    if (waitedMs > 0) metrics.queueWaitSeconds.observe({ team }, waitedMs / 1000);
    if (expectedMs !== undefined) {
      metrics.estimateErrorSeconds.observe(Math.abs(expectedMs - waitedMs) / 1000);
    }
    if (code === 'team_budget' || code === 'shared_budget') metrics.queueRefused.inc({ team, reason: code });
    const ending = endingOf(cache, status);
    if (ending !== undefined) recorder.ended(ending, index);
    if (code !== undefined && status !== 499) recorder.problem(code);
  }
}

/** Undefined for what was answered and is no page, and for who did not wait for the answer. */
function endingOf(cache: RequestContext['cache'], status: number): QuestionEnding | undefined {
  if (status === 429) return 'refused';
  if (status >= 500) return 'failed';
  if (status >= 400) return status === 499 ? undefined : 'rejected';
  if (cache === 'none') return undefined;
  return cache === 'bypass' ? 'miss' : cache;
}

/** What Node still had to send to a connection that has ended counts as sent for Node. */
const isGone = (res: ServerResponse): boolean => res.req.socket.destroyed;

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
