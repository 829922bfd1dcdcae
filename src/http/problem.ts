import { type ErrorCode, GatewayError } from '../shared/errors.ts';

interface Row {
  readonly status: number;
  readonly title: string;
}

/** The only place where a code becomes a status. A code without a row does not compile. */
export const PROBLEMS: Readonly<Record<ErrorCode, Row>> = {
  invalid_parameter: { status: 400, title: 'Invalid parameter' },
  upstream_rejected: { status: 400, title: 'Amperity does not accept the request' },
  unauthenticated: { status: 401, title: 'No valid credential' },
  unknown_subject: { status: 403, title: 'Token of nobody' },
  auth_throttled: { status: 429, title: 'Too many refused credentials' },
  forbidden_index: { status: 403, title: 'Index not allowed' },
  forbidden_attribute: { status: 403, title: 'Attribute not allowed' },
  forbidden_limit: { status: 403, title: 'Limit not allowed' },
  forbidden_total: { status: 403, title: 'Total not allowed' },
  forbidden_scope: { status: 403, title: 'Scope not allowed' },
  forbidden_origin: { status: 403, title: 'Origin not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  export_limit: { status: 403, title: 'Export limit reached' },
  cursor_expired: { status: 410, title: 'Cursor expired' },
  team_budget: { status: 429, title: 'Team budget used up' },
  shared_budget: { status: 429, title: 'Shared budget used up' },
  upstream_budget: { status: 429, title: 'Amperity refuses further calls' },
  address_rate: { status: 429, title: 'Too many requests from one address' },
  profile_quota: { status: 429, title: 'Profiles of the day used up' },
  internal: { status: 500, title: 'Internal error' },
  upstream_error: { status: 502, title: 'Amperity failed' },
  upstream_auth: { status: 502, title: "The gateway's own credential was refused" },
  unavailable: { status: 503, title: 'Not available' },
  deadline_exceeded: { status: 504, title: 'Deadline exceeded' },
  not_cached: { status: 504, title: 'Not in the cache' },
  client_closed: { status: 499, title: 'Caller has gone' },
};

/** A refusal by the HTTP edge itself, where the code alone does not tell the status. */
export class EdgeError extends GatewayError {
  readonly status: number;

  constructor(status: number, code: ErrorCode, message: string) {
    super(code, message);
    this.status = status;
  }
}

export interface ProblemSettings {
  /** Base of the `type` URI; without it `about:blank` (RFC 9457 §4.2.1), and `code` tells the problems apart. */
  readonly problemDocsUrl?: string | undefined;
  /** For clients that know no other JSON type than `application/json`. */
  readonly errorMediaType: 'application/problem+json' | 'application/json';
}

export interface Problem {
  readonly status: number;
  readonly retryAfterS: number | undefined;
  readonly body: Buffer;
}

/**
 * The body of every error: RFC 9457 together with the members of Amperity's own errors (`status`, `message`,
 * `request_id`, `trace_id`), so that clients written for either read the same bytes.
 */
export function problemOf(
  failure: GatewayError,
  ids: { readonly requestId: string; readonly traceId: string },
  settings: ProblemSettings,
): Problem {
  const { code, info, message } = failure;
  const row = PROBLEMS[code];
  const status = failure instanceof EdgeError ? failure.status : row.status;
  const retryAfterS =
    info.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(info.retryAfterMs / 1000));
  const { problemDocsUrl } = settings;
  const body = {
    type: problemDocsUrl === undefined ? 'about:blank' : typeOf(code, problemDocsUrl),
    title: row.title,
    status,
    detail: message,
    message,
    request_id: ids.requestId,
    trace_id: ids.traceId,
    code,
    'violated-policies': info.violatedPolicies,
    retry_after: retryAfterS,
    upstream_request_id: info.upstreamRequestId,
    errors: info.errors,
  };
  return { status, retryAfterS, body: Buffer.from(JSON.stringify(body)) };
}

/** A page for each code, or one that has an anchor for each, as docs/problems.md has. */
const typeOf = (code: ErrorCode, docsUrl: string): string =>
  `${docsUrl}${docsUrl.endsWith('#') ? '' : '/'}${code.replaceAll('_', '-')}`;

/** An unforeseen error tells callers nothing but that it happened. */
export const asFailure = (error: unknown): GatewayError =>
  error instanceof GatewayError
    ? error
    : new GatewayError('internal', 'The gateway failed. Its log has the details under the request id.', {
        cause: error,
      });
