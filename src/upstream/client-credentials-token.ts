import { isBearerToken } from '../shared/bearer-token.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { requestJson } from '../shared/json-request.ts';
import type { TokenSource } from './token.ts';

export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly tenant: string;
  readonly clientId: string;
  /** Read at every renewal, so that a rotated secret is used as soon as it is mounted. */
  readonly clientSecret: () => string;
  readonly timeoutMs: number;
}

/** A token is renewed after this share of its life, less up to a tenth so that replicas do not come together. */
const RENEW_AT = 0.8;
const RENEW_JITTER = 0.1;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
const MAX_BODY_BYTES = 65_536;

interface Token {
  readonly text: string;
  readonly expiresAt: number;
  readonly renewAt: number;
}

/**
 * Tokens by OAuth 2.0 client credentials (RFC 6749 §4.4). One request at a time; renewed before it expires, and
 * the old one stays in use until it does. A failed renewal is tried again after a growing pause, never at the
 * pace of callers. Token requests are outside the profile budget and take no permit.
 */
export class ClientCredentialsToken implements TokenSource {
  readonly #credentials: ClientCredentials;
  readonly #clock: Clock;
  readonly #onRenewal: (outcome: 'ok' | 'failed') => void;
  #token: Token | undefined;
  #renewal: Promise<boolean> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retryAt = 0;

  constructor(credentials: ClientCredentials, clock: Clock, onRenewal: (outcome: 'ok' | 'failed') => void) {
    this.#credentials = credentials;
    this.#clock = clock;
    this.#onRenewal = onRenewal;
  }

  async current(): Promise<string> {
    const now = this.#clock.monotonic();
    if (this.#token === undefined || now >= this.#token.expiresAt) await this.#renewOnce();
    else if (now >= this.#token.renewAt) void this.#renewOnce();
    if (this.#token === undefined || this.#clock.monotonic() >= this.#token.expiresAt) {
      throw new GatewayError('upstream_auth', 'Amperity gave the gateway no token.');
    }
    return this.#token.text;
  }

  async renew(refused: string): Promise<boolean> {
    if (this.#isOther(refused)) return true;
    // A refused token will be refused again, whatever its lifetime says.
    this.#token = undefined;
    await this.#renewOnce();
    return this.#isOther(refused);
  }

  close(): void {}

  #isOther(refused: string): boolean {
    return this.#token !== undefined && this.#token.text !== refused;
  }

  #renewOnce(): Promise<boolean> {
    this.#renewal ??= this.#renewNow().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewNow(): Promise<boolean> {
    if (this.#clock.monotonic() < this.#retryAt) return false;
    const token = await this.#request();
    this.#onRenewal(token === undefined ? 'failed' : 'ok');
    if (token === undefined) {
      this.#retryAt = this.#clock.monotonic() + this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
      return false;
    }
    this.#token = token;
    this.#retryMs = FIRST_RETRY_MS;
    return true;
  }

  async #request(): Promise<Token | undefined> {
    const { tokenUrl, tenant, clientId, clientSecret, timeoutMs } = this.#credentials;
    let secret: string;
    try {
      secret = clientSecret();
    } catch {
      return undefined;
    }
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
    });
    const headers = { 'x-amperity-tenant': tenant };
    const answer = await requestJson(
      { url: tokenUrl, form, headers, timeoutMs, maxBodyBytes: MAX_BODY_BYTES },
      this.#clock,
    );
    return 'json' in answer ? this.#tokenIn(answer.json) : undefined;
  }

  #tokenIn(answer: unknown): Token | undefined {
    if (typeof answer !== 'object' || answer === null) return undefined;
    const { access_token: text, expires_in: seconds } = answer as Record<string, unknown>;
    if (typeof text !== 'string' || !isBearerToken(text)) return undefined;
    if (typeof seconds !== 'number' || !(seconds > 0)) return undefined;
    const now = this.#clock.monotonic();
    const share = RENEW_AT - RENEW_JITTER * Math.random();
    return { text, expiresAt: now + seconds * 1000, renewAt: now + seconds * 1000 * share };
  }
}
