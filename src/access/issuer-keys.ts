import { readFileSync } from 'node:fs';
import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { isBearerToken } from '../shared/bearer-token.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { type JsonRequestFailure, requestJson } from '../shared/json-request.ts';
import { isLoopback } from '../shared/loopback.ts';
import { readSecret } from '../shared/watched-file.ts';

export interface KeySource {
  /** Exactly as it stands in `iss`. */
  readonly issuer: string;
  /** Left out: found by OpenID Connect Discovery 1.0 §4. */
  readonly jwksUri?: string | undefined;
  /** Of these at least one must fit a key, or the set is not taken. */
  readonly algorithms: readonly string[];
  /** PEM of the authorities of issuer and JWKS endpoint; read at every fetch. */
  readonly jwksCaFile?: string | undefined;
  /** Holds the bearer token for discovery and JWKS endpoint; read at every fetch. */
  readonly jwksTokenFile?: string | undefined;
}

/** How a fetch ended, in one word for logs and metrics. */
export type KeyFetchOutcome =
  | 'ok'
  | 'unreadable_file'
  | 'wrong_discovery'
  | 'no_usable_key'
  | JsonRequestFailure;

export interface IssuerKeysParts {
  readonly clock: Clock;
  readonly onFetch?: ((issuer: string, outcome: KeyFetchOutcome) => void) | undefined;
}

/** What a token says about the key that signed it (RFC 7515 §4.1.1, §4.1.4). */
export interface SigningHeader {
  readonly alg: string;
  readonly kid?: string;
}

const TIMEOUT_MS = 3000;
const REFRESH_MS = 600_000;
const KEPT_MS = 86_400_000;
/** Between two fetches while keys are known, whatever key ids come. */
const PAUSE_MS = 30_000;
/** Between two fetches while none are known, and so what callers are told to wait. */
const FIRST_PAUSE_MS = 5000;
const MAX_DISCOVERY_BYTES = 65_536;
const MAX_JWKS_BYTES = 262_144;

type FindKey = ReturnType<typeof createLocalJWKSet>;

/**
 * The public keys of one issuer (RFC 7517 §5). Fetched when first needed, then refreshed behind the callers; one
 * fetch at a time, never at the pace of callers. What is not a set of usable keys leaves the last good set in force,
 * which outlives an outage of the issuer by a day: an issuer that is down for an hour must not lock everybody out.
 */
export class IssuerKeys {
  readonly #source: KeySource;
  readonly #clock: Clock;
  readonly #onFetch: IssuerKeysParts['onFetch'];
  #known: { readonly find: FindKey; readonly fetchedAt: number } | undefined;
  #discovered: string | undefined;
  #fetch: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #isReachable = false;

  constructor(source: KeySource, { clock, onFetch }: IssuerKeysParts) {
    this.#source = source;
    this.#clock = clock;
    this.#onFetch = onFetch;
  }

  /**
   * The keys that may have signed a token with this header; none if the issuer has no such key. Throws `unavailable`
   * when that cannot be told: a good token must not be called bad because its issuer is down.
   */
  async candidates(header: SigningHeader): Promise<readonly CryptoKey[]> {
    const found = await matching(await this.#current(), header);
    if (found.length > 0) return found;
    await this.#fetchAfter(PAUSE_MS);
    if (this.#known === undefined || !this.#isReachable) throw unreachable(this.#source.issuer);
    return matching(this.#known.find, header);
  }

  async #current(): Promise<FindKey> {
    const ageMs = this.#known ? this.#clock.monotonic() - this.#known.fetchedAt : Number.POSITIVE_INFINITY;
    if (ageMs >= KEPT_MS) {
      this.#known = undefined;
      await this.#fetchAfter(FIRST_PAUSE_MS);
    } else if (ageMs >= REFRESH_MS) {
      void this.#fetchAfter(PAUSE_MS);
    }
    if (this.#known === undefined) throw unreachable(this.#source.issuer);
    return this.#known.find;
  }

  /** Joins the fetch under way, or begins one if the last one began so long ago. */
  #fetchAfter(pauseMs: number): Promise<void> {
    if (this.#fetch !== undefined) return this.#fetch;
    const now = this.#clock.monotonic();
    if (now - this.#triedAt < pauseMs) return Promise.resolve();
    this.#triedAt = now;
    this.#fetch = this.#fetchNow().finally(() => {
      this.#fetch = undefined;
    });
    return this.#fetch;
  }

  async #fetchNow(): Promise<void> {
    const found = await this.#ask();
    this.#isReachable = typeof found !== 'string';
    if (typeof found === 'string') this.#discovered = undefined;
    else this.#known = { find: found, fetchedAt: this.#clock.monotonic() };
    this.#onFetch?.(this.#source.issuer, typeof found === 'string' ? found : 'ok');
  }

  async #ask(): Promise<FindKey | Exclude<KeyFetchOutcome, 'ok'>> {
    const { issuer, jwksUri, algorithms } = this.#source;
    const access = this.#access();
    if (access === undefined) return 'unreadable_file';
    const endsAt = this.#clock.monotonic() + TIMEOUT_MS;
    const ask = (url: string, maxBodyBytes: number) =>
      requestJson({ url, maxBodyBytes, timeoutMs: endsAt - this.#clock.monotonic(), ...access }, this.#clock);

    let uri = jwksUri ?? this.#discovered;
    if (uri === undefined) {
      const answer = await ask(discoveryUrl(issuer), MAX_DISCOVERY_BYTES);
      if ('failure' in answer) return answer.failure;
      uri = jwksUriIn(answer.json, issuer);
      if (uri === undefined) return 'wrong_discovery';
      this.#discovered = uri;
    }
    const answer = await ask(uri, MAX_JWKS_BYTES);
    if ('failure' in answer) return answer.failure;
    return (await usableSet(answer.json, algorithms)) ?? 'no_usable_key';
  }

  /** What the files hold now; `undefined` when they cannot be used. */
  #access(): { readonly ca?: string; readonly headers?: Readonly<Record<string, string>> } | undefined {
    const { jwksCaFile, jwksTokenFile } = this.#source;
    try {
      const token = jwksTokenFile === undefined ? undefined : readSecret(jwksTokenFile);
      if (token !== undefined && !isBearerToken(token)) return undefined;
      return {
        ...(jwksCaFile !== undefined && { ca: readFileSync(jwksCaFile, 'utf8') }),
        ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      };
    } catch {
      return undefined;
    }
  }
}

/** OpenID Connect Discovery 1.0 §4.1: without the slash that may end an issuer. */
const discoveryUrl = (issuer: string): string =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** §4.3: a document that names another issuer than the one asked must not be used. */
function jwksUriIn(document: unknown, issuer: string): string | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const { issuer: named, jwks_uri: uri } = document as Record<string, unknown>;
  if (named !== issuer || typeof uri !== 'string' || !URL.canParse(uri)) return undefined;
  const { protocol, hostname, username, password } = new URL(uri);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
  return isSafe && username === '' && password === '' ? uri : undefined;
}

/**
 * `undefined` for what is no JWKS and for one without a key for any of the algorithms. A shared secret among the keys
 * fits none of them.
 */
async function usableSet(json: unknown, algorithms: readonly string[]): Promise<FindKey | undefined> {
  try {
    const find = createLocalJWKSet(json as JSONWebKeySet);
    for (const alg of algorithms) {
      if ((await matching(find, { alg })).length > 0) return find;
    }
  } catch {
    // Not made of keys.
  }
  return undefined;
}

async function matching(find: FindKey, header: SigningHeader): Promise<CryptoKey[]> {
  try {
    return [await find({ ...header })];
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return [];
    const keys: CryptoKey[] = [];
    for await (const key of error) keys.push(key);
    return keys;
  }
}

const unreachable = (issuer: string): GatewayError =>
  new GatewayError('unavailable', 'Tokens cannot be verified at the moment. Try again soon.', {
    retryAfterMs: FIRST_PAUSE_MS,
    cause: 'issuer_unreachable',
    issuer,
  });
