import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';

interface Bucket {
  tokens: number;
  /** Monotonic. */
  at: number;
}

const BUCKETS = 50_000;

/** So many requests a second for each name, with as many at once (token bucket); bounded, in this process's memory. */
export class AddressRate {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #buckets = new LRUCache<string, Bucket>({ max: BUCKETS });

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Time in ms until there is room for this request; 0: there was, and it has been counted. */
  take(name: string, perSecond: number): number {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(name) ?? { tokens: perSecond, at: now };
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.at) * perSecond) / 1000);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    if (bucket.tokens < 1) return ((1 - bucket.tokens) * 1000) / perSecond;
    bucket.tokens -= 1;
    return 0;
  }
}
