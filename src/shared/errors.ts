/**
 * Every foreseen failure of the gateway, by the code callers see. Inner floors throw these and know nothing of
 * HTTP; `http/problem.ts` maps each code to a status and a title and does not compile while one is missing.
 */
export type ErrorCode =
  | 'invalid_parameter'
  | 'upstream_rejected'
  | 'cursor_expired'
  | 'export_limit'
  | 'unauthenticated'
  | 'unknown_subject'
  | 'auth_throttled'
  | 'forbidden_index'
  | 'forbidden_attribute'
  | 'forbidden_limit'
  | 'forbidden_total'
  | 'forbidden_scope'
  | 'forbidden_origin'
  | 'not_found'
  | 'method_not_allowed'
  | 'team_budget'
  | 'shared_budget'
  | 'upstream_budget'
  | 'address_rate'
  | 'profile_quota'
  | 'internal'
  | 'upstream_error'
  | 'upstream_auth'
  | 'unavailable'
  | 'deadline_exceeded'
  | 'not_cached'
  | 'client_closed';

/** One offending parameter. `name` is safe to show; `reason` states the rule and never repeats the value. */
export interface ParameterProblem {
  readonly name: string;
  readonly reason: string;
}

export interface ErrorInfo {
  /** Offending parameters of `invalid_parameter`, all of them. */
  readonly errors?: readonly ParameterProblem[];
  /** How long the caller should wait before asking again. */
  readonly retryAfterMs?: number;
  /** Amperity's own id of the failed request, for a support ticket. */
  readonly upstreamRequestId?: string;
  /** Which allowance was used up: the team's own or the one shared with everybody. */
  readonly violatedPolicies?: readonly ('team' | 'upstream')[];
  /** The listed issuer of a token that was refused, for the audit line only. */
  readonly issuer?: string;
  /** What really happened, for the log only. Never an object that holds credentials or personal data. */
  readonly cause?: unknown;
}

/** A foreseen failure. `message` is shown to callers, so it holds no input, no credential, no personal data. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly info: ErrorInfo;

  constructor(code: ErrorCode, message: string, info: ErrorInfo = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.code = code;
    this.info = info;
  }
}
