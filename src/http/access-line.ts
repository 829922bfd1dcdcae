import type { RequestContext } from './request-context.ts';

/** How a request ended, beside what has become known of it. */
export interface Answered {
  /** In ISO 8601. */
  readonly time: string;
  readonly method: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly durationMs: number;
  readonly bytes: number;
}

/**
 * A line of the access log as pino would write it, at level info; what is not known is left out. Written here field by
 * field, it costs a tenth of what a logger takes that does not know them. All texts come from closed sets or were
 * checked: none needs escaping in JSON.
 */
export function accessLine(context: RequestContext, answered: Answered): string {
  const { cache, expectedMs, fingerprint, keyId, pattern, profiles, requestId, team, traceId, waitedMs } =
    context;
  const { bytes, code, durationMs, method, status, time } = answered;
  return `{"level":"info","time":"${time}","requestId":"${requestId}","traceId":"${traceId}","method":"${method}","route":"${pattern}","status":${status}${
    text('code', code) + text('team', team) + text('keyId', keyId)
  },"cache":"${cache}","durationMs":${Math.round(durationMs * 10) / 10},"waitMs":${Math.round(waitedMs)}${number('expectedMs', expectedMs)},"bytes":${bytes}${
    number('profiles', profiles) + text('fp', fingerprint)
  },"msg":"request"}\n`;
}

const text = (name: string, value: string | undefined): string =>
  value === undefined ? '' : `,"${name}":"${value}"`;

const number = (name: string, value: number | undefined): string =>
  value === undefined ? '' : `,"${name}":${Math.round(value)}`;
