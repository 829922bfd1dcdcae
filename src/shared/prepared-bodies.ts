import { LRUCache } from 'lru-cache';

/** Bytes ready to be sent. */
export interface Prepared {
  readonly body: Buffer;
  /** Validator of what they say, quotes included (RFC 9110 §8.8.3). */
  readonly etag: string;
  /** Epoch ms: when the page they were made of was stored, and when it is over. */
  readonly since: number;
  readonly until: number;
}

export const spanOf = ({
  errorUntil,
  staleUntil,
  storedAt,
}: {
  readonly storedAt: number;
  readonly staleUntil: number;
  readonly errorUntil: number;
}): Pick<Prepared, 'since' | 'until'> => ({ since: storedAt, until: Math.max(staleUntil, errorUntil) });

/** What one costs beside its body, in resident memory. */
const ENTRY_OVERHEAD_BYTES = 1024;

/**
 * What was made of pages, to be made once: as somebody sees them, or compressed. A name tells the very bytes that
 * something was made of, so nothing here is ever out of date; but personal data must go when its page goes.
 */
export class PreparedBodies {
  readonly #kept: LRUCache<string, Prepared>;
  #epoch = 0;

  constructor(maxBytes: number) {
    this.#kept = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: ({ body }) => body.length + ENTRY_OVERHEAD_BYTES,
    });
  }

  get(name: string): Prepared | undefined {
    return this.#kept.get(name);
  }

  /** Another one after each `clear`. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Keeps it while there is room, unless its page is one that is not kept. */
  set(name: string, prepared: Prepared): void {
    if (prepared.until > prepared.since) this.#kept.set(name, prepared);
  }

  /** When somebody is purged: who is in what cannot be told from a name. */
  clear(): void {
    this.#epoch += 1;
    this.#kept.clear();
  }

  /** Lets go of what is over; linear. */
  sweep(now: number): void {
    for (const [name, { until }] of this.#kept.entries()) if (until <= now) this.#kept.delete(name);
  }
}
