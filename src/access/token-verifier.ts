import { type CryptoKey, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { Clock } from '../shared/clock.ts';
import { IssuerKeys, type IssuerKeysParts, type SigningHeader } from './issuer-keys.ts';
import { type UnauthenticatedCause, unauthenticated } from './unauthenticated.ts';

/** Only algorithms whose verifying key may be public (RFC 8725 §3.1): with `HS256` it would be the signing key. */
export type TokenAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

export interface IssuerSettings {
  /** Exactly as it stands in `iss`. */
  readonly issuer: string;
  /** Ours, which must be in `aud`. */
  readonly audience: string;
  /** Left out: found by discovery. */
  readonly jwksUri?: string | undefined;
  readonly algorithms: readonly TokenAlgorithm[];
  /** What `typ` must be, with or without `application/`. Left out: absent, `JWT` or `at+jwt`. */
  readonly typ?: string | undefined;
  /** Absolute paths. */
  readonly jwksCaFile?: string | undefined;
  readonly jwksTokenFile?: string | undefined;
}

export interface VerifiedToken {
  readonly issuer: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The instant of `exp`, in milliseconds since the epoch, without the tolerance. */
  readonly expiresAtMs: number;
}

export interface TokenVerifierParts {
  readonly clock: Clock;
  /** Told of every fetch of an issuer's keys. */
  readonly onKeyFetch?: IssuerKeysParts['onFetch'];
}

interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: IssuerKeys;
}

const MAX_TOKEN_LENGTH = 8192;
/** The clocks of issuer and gateway may be so far apart. */
export const CLOCK_TOLERANCE_S = 30;
/** JWS compact serialization (RFC 7515 §7.1), signed. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const USUAL_TYPES = new Set(['jwt', 'at+jwt']);

/**
 * Verifies JWTs of listed issuers by RFC 7519 §7.2 and RFC 8725. The key is always one that the issuer publishes
 * where we look: `jku`, `x5u`, `jwk` and `x5c` of a token are passed over.
 */
export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #clock: Clock;

  constructor(issuers: readonly IssuerSettings[], { clock, onKeyFetch }: TokenVerifierParts) {
    this.#clock = clock;
    this.#issuers = new Map(
      issuers.map((settings) => {
        const keys = new IssuerKeys(settings, { clock, onFetch: onKeyFetch });
        return [settings.issuer, { settings, keys }];
      }),
    );
  }

  /**
   * Rejects with `unauthenticated`, the same for every cause, or with `unavailable` while the keys of the token's
   * issuer cannot be had. No part of the token is in an error but the name of a listed issuer.
   */
  async verify(token: string): Promise<VerifiedToken> {
    const { header, iss } = unverified(token);
    const issuer = this.#issuers.get(iss);
    if (issuer === undefined) throw unauthenticated('unknown_issuer');

    const { settings, keys } = issuer;
    const signing = checkedHeader(header, settings);
    let refusal: UnauthenticatedCause = 'unknown_signing_key';
    for (const key of await keys.candidates(signing)) {
      const outcome = await this.#verifyBy(key, token, signing.alg, settings);
      if (typeof outcome !== 'string') return outcome;
      refusal = outcome;
      if (refusal !== 'bad_signature') break;
    }
    throw unauthenticated(refusal, settings.issuer);
  }

  async #verifyBy(
    key: CryptoKey,
    token: string,
    algorithm: string,
    { issuer, audience }: IssuerSettings,
  ): Promise<VerifiedToken | UnauthenticatedCause> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(this.#clock.now()),
      });
      const { exp, sub } = payload;
      if (exp === undefined || typeof sub !== 'string' || sub === '') return 'missing_claim';
      return { issuer, claims: payload, expiresAtMs: exp * 1000 };
    } catch (error) {
      return causeOf(error);
    }
  }
}

/** Read to choose the keys by, and believed only once the signature has been verified. */
function unverified(token: string): { header: Readonly<Record<string, unknown>>; iss: string } {
  if (token.length <= MAX_TOKEN_LENGTH && COMPACT.test(token)) {
    try {
      const header: Record<string, unknown> = { ...decodeProtectedHeader(token) };
      const { iss } = decodeJwt(token);
      if (typeof iss === 'string') return { header, iss };
    } catch {
      // jose's error holds parts of the token.
    }
  }
  throw unauthenticated('malformed_token');
}

function checkedHeader(
  { alg, kid, typ, crit }: Readonly<Record<string, unknown>>,
  { issuer, algorithms, typ: wanted }: IssuerSettings,
): SigningHeader {
  // RFC 7515 §4.1.11: extensions that must be understood, and none is.
  if (crit !== undefined) throw unauthenticated('unsupported_header', issuer);
  const allowed = algorithms.find((algorithm) => algorithm === alg);
  if (allowed === undefined) throw unauthenticated('wrong_algorithm', issuer);
  if (!isRightType(typ, wanted)) throw unauthenticated('wrong_type', issuer);
  if (kid !== undefined && typeof kid !== 'string') throw unauthenticated('malformed_token', issuer);
  return { alg: allowed, ...(kid !== undefined && { kid }) };
}

function isRightType(typ: unknown, wanted: string | undefined): boolean {
  if (typ === undefined) return wanted === undefined;
  if (typeof typ !== 'string') return false;
  return wanted === undefined ? USUAL_TYPES.has(mediaType(typ)) : mediaType(typ) === mediaType(wanted);
}

/** RFC 7515 §4.1.9: `application/` is left out where no other slash follows. */
const mediaType = (typ: string): string => typ.toLowerCase().replace(/^application\//, '');

/** Never jose's error itself: it holds the claims. */
function causeOf(error: unknown): UnauthenticatedCause {
  if (error instanceof errors.JWTExpired) return 'token_expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'wrong_audience';
    const isEarly = error.claim === 'nbf' && error.reason === 'check_failed';
    return isEarly ? 'token_not_yet_valid' : 'malformed_token';
  }
  const isMalformed = error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid;
  return isMalformed ? 'malformed_token' : 'bad_signature';
}
