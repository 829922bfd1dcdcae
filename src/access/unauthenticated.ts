import { GatewayError } from '../shared/errors.ts';

/** Why a caller was not let in: for the audit line only, kept in `info.cause`. */
export type UnauthenticatedCause =
  | 'no_credential'
  | 'malformed_authorization'
  | 'malformed_key'
  | 'unknown_key'
  | 'wrong_secret'
  | 'revoked'
  | 'not_yet_valid'
  | 'expired';

/** One refusal with one sentence for every cause, so that an answer never tells which keys exist or existed. */
export function unauthenticated(cause: UnauthenticatedCause): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'A valid gateway key is needed, sent as X-API-Key or as Authorization: Bearer.',
    { cause },
  );
}
