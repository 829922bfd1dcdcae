import { randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { AddressRate } from './address-rate.ts';
import { digestApiKey, parseApiKey } from './api-key.ts';
import type { Audit } from './audit.ts';
import type { Authenticate, Caller, Identity } from './authenticate.ts';
import { digestOf, headerValue, readCredential } from './credentials.ts';
import { FailedLogins, GOOD_FOR_MS } from './failed-logins.ts';
import type { KnownTokens } from './known-tokens.ts';
import { checkOrigin } from './origin-rule.ts';
import type { KnownKey, Roster } from './roster.ts';
import type { Team } from './team.ts';
import type { KeyRecord } from './team-record.ts';
import { CLOCK_TOLERANCE_S, type VerifiedToken } from './token-verifier.ts';
import { type UnauthenticatedCause, unauthenticated } from './unauthenticated.ts';

export interface GateParts {
  /** Asked each time: teams change while the process runs. */
  readonly roster: () => Roster;
  /** Absent where API keys are not let in. */
  readonly keys?: {
    /** Whether it was revoked by hand, whatever the roster says. */
    readonly isRevoked: (keyId: string) => boolean;
    readonly onUsed: (team: string, keyId: string) => void;
  };
  /** Absent where JWTs are not let in. */
  readonly tokens?: Pick<KnownTokens, 'verify' | 'recall'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly audit: Audit;
}

/** No JWT begins so: its header begins with `{`, which is `ey` in base64url. */
const KEY_PREFIX = 'agw_';

/** The end of a key or a signature tells credentials apart without being one. */
const MARK_LENGTH = 24;

const RECALLED_KEYS = 5000;
const CONFIRM_EVERY_MS = 1000;

interface RecalledKey {
  readonly known: KnownKey;
  readonly mark: string;
  /** Monotonic instant at which it was told last that it is good. */
  confirmedAt: number;
}

type TokenIdentity = Identity & { readonly token: VerifiedToken };

/**
 * Lets in by API key and by JWT. What begins as a key is only ever a key and anything else only ever a token, so that a
 * credential refused as the one is not tried as the other.
 */
export class Gate implements Authenticate {
  readonly #parts: GateParts;
  readonly #failedLogins: FailedLogins;
  readonly #addressRate: AddressRate;
  /** Keys of servers by their digests: what was found once is not worked out again. */
  readonly #recalled = new LRUCache<string, RecalledKey>({ max: RECALLED_KEYS });
  /** Compared with when the id is unknown, so that this path costs what the other one costs. Matches no key. */
  readonly #dummyDigest = randomBytes(32);

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#failedLogins = new FailedLogins(parts.clock);
    this.#addressRate = new AddressRate(parts.clock);
  }

  async authenticate(caller: Caller): Promise<Identity> {
    const credential = this.#credentialOf(caller);
    const isKey =
      credential.startsWith(KEY_PREFIX) || headerValue(caller.rawHeaders, 'X-API-Key') !== undefined;
    const keyId = isKey ? parseApiKey(credential)?.id : undefined;
    const mark = credential.slice(-MARK_LENGTH);
    const waitMs = this.#failedLogins.waitMs(placeOf(caller), mark);
    if (waitMs > 0) throw throttled(waitMs);
    try {
      const identity = isKey ? this.#byKey(credential, keyId, caller) : await this.#byToken(credential);
      this.#failedLogins.passed(mark);
      if (isKey && caller.listener === 'public') this.#remember(credential, mark, identity);
      return identity;
    } catch (error) {
      if (error instanceof GatewayError) this.#refused(error, keyId, caller);
      throw error;
    }
  }

  recall(credential: string, isApiKey: boolean): Identity | undefined {
    if (!isApiKey && !credential.startsWith(KEY_PREFIX)) return this.#recallToken(credential);
    const digest = digestOf(credential);
    const recalled = this.#recalled.peek(digest);
    if (recalled === undefined) return undefined;
    const { known, mark } = recalled;
    const { id } = known.record;
    // A roster that has taken the place of another one knows other objects.
    if (this.#parts.roster().key(id) !== known || this.#endOf(known.record) !== undefined) return undefined;
    const now = this.#parts.clock.monotonic();
    // Whether it may still be tried from there is not for us to say.
    if (now >= recalled.confirmedAt + GOOD_FOR_MS) return undefined;
    if (now >= recalled.confirmedAt + CONFIRM_EVERY_MS) {
      recalled.confirmedAt = now;
      // Keeps it, where others come.
      this.#recalled.get(digest);
      this.#failedLogins.passed(mark);
    }
    this.#parts.keys?.onUsed(known.team.name, id);
    return { team: known.team, keyId: id };
  }

  #recallToken(text: string): Identity | undefined {
    const token = this.#parts.tokens?.recall(text);
    if (token === undefined) return undefined;
    const team = this.#parts.roster().teamOfToken(token.issuer, token.claims);
    if (team === undefined) return undefined;
    this.#failedLogins.passed(text.slice(-MARK_LENGTH));
    const identity: TokenIdentity = { team, keyId: 'jwt', token };
    return identity;
  }

  #remember(credential: string, mark: string, { keyId }: Identity): void {
    const known = this.#parts.roster().key(keyId);
    if (known === undefined || known.record.kind === 'browser') return;
    const confirmedAt = this.#parts.clock.monotonic();
    this.#recalled.set(digestOf(credential), { known, mark, confirmedAt });
  }

  /** Whoever sends none has not tried one; whoever sends something else has. */
  #credentialOf(caller: Caller): string {
    try {
      return readCredential(caller.rawHeaders);
    } catch (error) {
      if (error instanceof GatewayError && error.info.cause === 'malformed_authorization') {
        this.#refused(error, undefined, caller);
      }
      throw error;
    }
  }

  renew(identity: Identity): Identity {
    if ('token' in identity) {
      const { token } = identity as TokenIdentity;
      if (this.#parts.clock.now() >= token.expiresAtMs + CLOCK_TOLERANCE_S * 1000) {
        throw unauthenticated('token_expired', token.issuer);
      }
      return this.#identityOf(token);
    }
    const known = this.#parts.roster().key(identity.keyId);
    if (known === undefined) throw unauthenticated('unknown_key');
    this.#checkState(known.record);
    return { team: known.team, keyId: identity.keyId };
  }

  #byKey(key: string, keyId: string | undefined, caller: Caller): Identity {
    const { keys, roster } = this.#parts;
    if (keys === undefined) throw unauthenticated('mode_off');
    if (keyId === undefined) throw unauthenticated('malformed_key');
    const known = roster().key(keyId);
    const matches = timingSafeEqual(digestApiKey(key), known?.digest ?? this.#dummyDigest);
    if (known === undefined) throw unauthenticated('unknown_key');
    if (!matches) throw unauthenticated('wrong_secret');
    this.#checkState(known.record);
    keys.onUsed(known.team.name, keyId);
    if (caller.listener === 'public') this.#checkWayHere(known, caller);
    return { team: known.team, keyId };
  }

  #checkState(record: KeyRecord): void {
    const cause = this.#endOf(record);
    if (cause !== undefined) throw unauthenticated(cause);
  }

  /** Why a key is not good now; undefined: it is. */
  #endOf({ id, state, notBeforeMs, notAfterMs }: KeyRecord): UnauthenticatedCause | undefined {
    const nowMs = this.#parts.clock.now();
    if (state === 'revoked' || this.#parts.keys?.isRevoked(id)) return 'revoked';
    if (notBeforeMs !== undefined && nowMs < notBeforeMs) return 'not_yet_valid';
    return nowMs >= notAfterMs ? 'expired' : undefined;
  }

  #checkWayHere({ record, team }: KnownKey, { address, rawHeaders }: Caller): void {
    const { id, kind = 'server', policy } = record;
    try {
      checkOrigin(record, rawHeaders);
    } catch (error) {
      this.#parts.audit({ event: 'origin_refused', team: team.name, keyId: id, kind, address });
      throw error;
    }
    if (kind !== 'browser' || policy === undefined) return;
    const waitMs = this.#addressRate.take(`${id} ${address}`, policy.requestsPerSecond);
    if (waitMs > 0) {
      throw new GatewayError(
        'address_rate',
        `This key may be used ${policy.requestsPerSecond} times a second from one address.`,
        { retryAfterMs: waitMs },
      );
    }
  }

  async #byToken(text: string): Promise<Identity> {
    const { tokens } = this.#parts;
    if (tokens === undefined) throw unauthenticated('mode_off');
    return this.#identityOf(await tokens.verify(text));
  }

  #identityOf(token: VerifiedToken): TokenIdentity {
    const team: Team | undefined = this.#parts.roster().teamOfToken(token.issuer, token.claims);
    if (team === undefined) {
      throw new GatewayError(
        'unknown_subject',
        'The token is valid, but its claims belong to no team; that needs them in the jwt rules of one.',
        { issuer: token.issuer },
      );
    }
    return { team, keyId: 'jwt', token };
  }

  /** A good token of nobody is worth a line, but no attempt at anything. */
  #refused({ code, info }: GatewayError, keyId: string | undefined, caller: Caller): void {
    const { address } = caller;
    const { audit } = this.#parts;
    if (code !== 'unauthenticated' && code !== 'unknown_subject') return;
    const cause = code === 'unauthenticated' ? String(info.cause) : code;
    audit({ event: 'login_refused', cause, keyId, issuer: info.issuer, address });
    if (code === 'unauthenticated' && this.#failedLogins.failed(placeOf(caller))) {
      audit({ event: 'login_throttled', address });
    }
  }
}

/** Whoever floods the listener of everybody does not keep operators from theirs. */
const placeOf = ({ address, listener }: Caller): string => `${listener} ${address}`;

const throttled = (waitMs: number): GatewayError =>
  new GatewayError('auth_throttled', 'Too many credentials from this address were refused in a minute.', {
    retryAfterMs: waitMs,
  });
