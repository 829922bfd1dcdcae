/** Of a request that is over. All texts come from closed sets or are checked: none needs escaping in JSON. */
export interface AccessFields {
  readonly requestId: string;
  readonly traceId: string;
  readonly method: string;
  /** With names in place of what callers chose. */
  readonly route: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly team: string | undefined;
  readonly keyId: string | undefined;
  readonly cache: string;
  readonly durationMs: number;
  readonly waitMs: number;
  readonly expectedMs: number | undefined;
  readonly bytes: number;
  readonly profiles: number | undefined;
  readonly fp: string | undefined;
}

/**
 * A line of the access log as pino would write it, at level info; what is undefined is left out. Written here field by
 * field, it costs a tenth of what a logger takes that does not know them.
 *
 * @param time in ISO 8601
 */
export function accessLine(fields: AccessFields, time: string): string {
  const { bytes, cache, code, durationMs, expectedMs, fp, keyId } = fields;
  const { method, profiles, requestId, route, status, team, traceId, waitMs } = fields;
  return `{"level":"info","time":"${time}","requestId":"${requestId}","traceId":"${traceId}","method":"${method}","route":"${route}","status":${status}${
    text('code', code) + text('team', team) + text('keyId', keyId)
  },"cache":"${cache}","durationMs":${durationMs},"waitMs":${waitMs}${number('expectedMs', expectedMs)},"bytes":${bytes}${
    number('profiles', profiles) + text('fp', fp)
  },"msg":"request"}\n`;
}

const text = (name: string, value: string | undefined): string =>
  value === undefined ? '' : `,"${name}":"${value}"`;

const number = (name: string, value: number | undefined): string =>
  value === undefined ? '' : `,"${name}":${value}`;
