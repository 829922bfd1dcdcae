import type { Clock } from '../shared/clock.ts';
import type { DailyCounts, Quota } from './daily-counts.ts';
import { restOfUtcDayMs, utcDay } from './utc-day.ts';

/** The counts of the only replica, which a restart forgets. Exact: no quota is overshot. */
export class MemoryDailyCounts implements DailyCounts {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #counts = new Map<string, number>();
  #day: number;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#day = utcDay(clock.now());
  }

  left({ subject, most }: Quota): number {
    return Math.max(0, most - (this.#today().get(subject) ?? 0));
  }

  take(quotas: readonly Quota[], profiles: number): boolean {
    if (quotas.some((quota) => this.left(quota) < profiles)) return false;
    const counts = this.#today();
    for (const subject of new Set(quotas.map((quota) => quota.subject))) {
      counts.set(subject, (counts.get(subject) ?? 0) + profiles);
    }
    return true;
  }

  resetMs(): number {
    return restOfUtcDayMs(this.#clock.now());
  }

  close(): void {}

  #today(): Map<string, number> {
    const today = utcDay(this.#clock.now());
    if (today !== this.#day) this.#counts.clear();
    this.#day = today;
    return this.#counts;
  }
}
