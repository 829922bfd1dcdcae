import type { Clock } from '../shared/clock.ts';
import type { FlightClass, LowerPace } from './fair-queue.ts';

/** When flights were claimed, for as long as the pace of the lower classes rests on it. Instants are monotonic. */
export class RecentClaims {
  readonly #clock: Clock;
  /** By claim, the oldest first. */
  readonly #at = new Map<string, number>();
  #lastLower = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(id: string, flightClass: FlightClass): void {
    const now = this.#clock.monotonic();
    this.#at.set(id, now);
    if (flightClass !== 'caller') this.#lastLower = now;
  }

  /** No call came of it. */
  takeBack(id: string): void {
    this.#at.delete(id);
  }

  /** Ms until a flight below callers may be claimed. */
  lowerInMs({ below, windowMs, gapMs }: LowerPace): number {
    const now = this.#clock.monotonic();
    for (const [id, at] of this.#at) if (at <= now - windowMs) this.#at.delete(id);
    const excess = this.#at.size - below;
    const roomAt = excess < 0 ? now : ([...this.#at.values()][excess] ?? now) + windowMs;
    return Math.max(0, roomAt - now, this.#lastLower + gapMs - now);
  }
}
