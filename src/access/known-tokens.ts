import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { digestOf } from './credentials.ts';
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
    const known = this.recall(text);
    if (known !== undefined) return known;
    const now = this.#clock.now();
    const token = await this.#verifier.verify(text);
    this.#known.set(digestOf(text), { token, until: Math.min(token.expiresAtMs, now + KNOWN_FOR_MS) });
    return token;
  }

  /** The token if it was verified before and that still counts. */
  recall(text: string): VerifiedToken | undefined {
    const known = this.#known.get(digestOf(text));
    return known !== undefined && this.#clock.now() < known.until ? known.token : undefined;
  }
}
