import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';

const MOST = 30;
const WITHIN_MS = 60_000;
const ADDRESSES = 20_000;
/** For which a throttled address may go on with what was good. */
export const GOOD_FOR_MS = 300_000;
const CREDENTIALS = 20_000;

interface Failures {
  count: number;
  /** Monotonic. */
  readonly since: number;
}

/**
 * Counts refused credentials by address, so that trying them costs whoever tries more than it costs us: after 30 in a
 * minute nothing from there is looked at until the minute is over, but for what was good a moment ago. That somebody
 * shares an address with such a one must not lock out everybody behind it.
 */
export class FailedLogins {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #failures = new LRUCache<string, Failures>({ max: ADDRESSES });
  /** By what tells credentials apart without being one: the monotonic instant until which it counts. */
  readonly #good = new LRUCache<string, number>({ max: CREDENTIALS });

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Time in ms until this credential is looked at again when it comes from there; 0: now. */
  waitMs(address: string, mark: string): number {
    const failures = this.#failures.get(address);
    if (failures === undefined || failures.count < MOST) return 0;
    const now = this.#clock.monotonic();
    if ((this.#good.get(mark) ?? Number.NEGATIVE_INFINITY) > now) return 0;
    return Math.max(0, failures.since + WITHIN_MS - now);
  }

  /** Returns whether this was the one too many, so that it can be told once. */
  failed(address: string): boolean {
    const now = this.#clock.monotonic();
    const known = this.#failures.get(address);
    const isOver = known === undefined || now >= known.since + WITHIN_MS;
    const failures = isOver ? { count: 0, since: now } : known;
    failures.count += 1;
    this.#failures.set(address, failures);
    return failures.count === MOST;
  }

  passed(mark: string): void {
    this.#good.set(mark, this.#clock.monotonic() + GOOD_FOR_MS);
  }
}
