import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';

export interface RedisPulseParts {
  readonly client: RedisClient;
  /** Name of the fleet's pause in Redis. */
  readonly pauseKey: string;
  readonly clock: Clock;
  /** Told how much longer nobody may call Amperity, in ms. */
  readonly onPause: (ms: number) => void;
}

const BEAT_MS = 500;
/** Two beats may be missed. */
const SILENT_MS = 3 * BEAT_MS;
/**
 * What is left of a pause is no news any more: whoever has heard of it might already be through with it. A pause is
 * longer than a beat and this together, so that nobody misses one.
 */
const NEWS_MS = BEAT_MS / 2;

/**
 * Asks Redis twice a second for the pause that some replica's refused call has caused, and knows by the answers
 * whether Redis is there. Pub/sub tells of a pause sooner, but may fail to.
 */
export class RedisPulse {
  readonly #parts: RedisPulseParts;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: RedisPulseParts) {
    this.#parts = parts;
    void this.#beat();
    // At once, rather than with the next beat: that Redis has come back is news.
    parts.client.on('ready', () => {
      this.#cancel();
      void this.#beat();
    });
  }

  isHealthy(): boolean {
    const { client, clock } = this.#parts;
    return client.status === 'ready' && clock.monotonic() - this.#answeredAt < SILENT_MS;
  }

  /** Makes every replica pause. */
  pause(ms: number): void {
    const { client, pauseKey } = this.#parts;
    if (ms > 0) client.set(pauseKey, 1, 'PX', Math.ceil(ms)).catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #beat(): Promise<void> {
    const { client, clock, onPause, pauseKey } = this.#parts;
    try {
      const ms = await client.pttl(pauseKey);
      this.#answeredAt = clock.monotonic();
      if (ms > NEWS_MS) onPause(ms);
    } catch {
      // That it does not answer is what is to be known.
    }
    this.#cancel();
    if (!this.#closed) this.#cancel = clock.after(BEAT_MS, () => void this.#beat());
  }
}
