import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { TokenVerifier, VerifiedToken } from './token-verifier.ts';

const TOKENS = 5000;
/** An issuer that withdraws a signing key is followed within this time. */
const KNOWN_FOR_MS = 300_000;

interface Known {
  readonly token: VerifiedToken;
  readonly until: number;
}

/** Verifies a token once, and knows it again by its digest until it ends, or for five minutes. */
export class KnownTokens {
  readonly #verifier: Pick<TokenVerifier, 'verify'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #known = new LRUCache<string, Known>({ max: TOKENS });

  constructor(verifier: Pick<TokenVerifier, 'verify'>, clock: Pick<Clock, 'now'>) {
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /** As `TokenVerifier.verify`. */
  async verify(text: string): Promise<VerifiedToken> {
    const digest = createHash('sha256').update(text).digest('base64');
    const known = this.#known.get(digest);
    const now = this.#clock.now();
    if (known !== undefined && now < known.until) return known.token;
    const token = await this.#verifier.verify(text);
    this.#known.set(digest, { token, until: Math.min(token.expiresAtMs, now + KNOWN_FOR_MS) });
    return token;
  }
}
