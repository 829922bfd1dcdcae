import { hash } from 'node:crypto';
import { GatewayError } from '../shared/errors.ts';
import { headerValues } from '../shared/raw-headers.ts';
import { unauthenticated } from './unauthenticated.ts';

/** `Bearer` in any case (RFC 9110 §11.1), then one b64token (RFC 6750 §2.1). */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * The one credential of a request, as text not yet checked. `rawHeaders` is Node's flat list of names and values
 * in the order received: Node's parsed headers keep the first of two `Authorization` and hide the second.
 *
 * Throws `invalid_parameter` for a repeated `Authorization`, `X-API-Key` or `Host` and for two different
 * credentials, of which none is preferred; `unauthenticated` when there is none or none of a known form.
 */
export function readCredential(rawHeaders: readonly string[]): string {
  refuseRepeatedHeaders(rawHeaders);
  const apiKey = headerValue(rawHeaders, 'X-API-Key');
  const authorization = headerValue(rawHeaders, 'Authorization');
  if (apiKey === undefined && authorization === undefined) throw unauthenticated('no_credential');

  const bearer = authorization === undefined ? undefined : bearerOf(authorization);
  if (apiKey !== undefined && authorization !== undefined && apiKey !== bearer) {
    throw refusal('X-API-Key', 'and Authorization hold two different credentials');
  }
  const credential = apiKey ?? bearer;
  if (credential === undefined) throw unauthenticated('malformed_authorization');
  return credential;
}

/** Two of these mean that some server on the way may have read the other one. */
export function refuseRepeatedHeaders(rawHeaders: readonly string[]): void {
  for (const name of ['Authorization', 'X-API-Key', 'Host']) {
    if (headerValues(rawHeaders, name).length > 1) throw refusal(name, 'must be given only once');
  }
}

/** `undefined` where it is of no known form. */
export const bearerOf = (authorization: string): string | undefined => BEARER.exec(authorization)?.[1];

/** Name of a credential in memory, where it does not stand itself: its SHA-256. */
export const digestOf = (credential: string): string => hash('sha256', credential, 'base64');

/** The first value of a header, or `undefined`. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  return headerValues(rawHeaders, name)[0];
}

function refusal(name: string, reason: string): GatewayError {
  return new GatewayError('invalid_parameter', `${name} ${reason}.`, { errors: [{ name, reason }] });
}
