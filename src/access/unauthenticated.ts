import { GatewayError } from '../shared/errors.ts';

/** Why a caller was not let in: for the audit line only, kept in `info.cause`. */
export type UnauthenticatedCause =
  | 'no_credential'
  | 'malformed_authorization'
  | 'mode_off'
  | 'malformed_key'
  | 'unknown_key'
  | 'wrong_secret'
  | 'revoked'
  | 'not_yet_valid'
  | 'expired'
  | 'malformed_token'
  | 'unknown_issuer'
  | 'unsupported_header'
  | 'wrong_algorithm'
  | 'wrong_type'
  | 'unknown_signing_key'
  | 'bad_signature'
  | 'missing_claim'
  | 'wrong_audience'
  | 'token_expired'
  | 'token_not_yet_valid';

/**
 * One refusal with one sentence for every cause, so that an answer never tells which keys exist or existed.
 *
 * @param issuer one that is listed: of a token that says anything else nothing is kept
 */
export function unauthenticated(cause: UnauthenticatedCause, issuer?: string): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'A valid credential is needed: a gateway key as X-API-Key, or a key or token as Authorization: Bearer.',
    { cause, ...(issuer !== undefined && { issuer }) },
  );
}
