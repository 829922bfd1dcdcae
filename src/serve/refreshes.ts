import type { Clock } from '../shared/clock.ts';
import type { Flights, Wish } from './flights.ts';

const EVERY_MS = 1000;
const KEYS = 10_000;

/** Pages that are asked for behind an answer, when no caller needs the budget. */
export class Refreshes {
  readonly #flights: Flights;
  readonly #clock: Clock;
  /** By key: monotonic. */
  readonly #againAt = new Map<string, number>();

  constructor(flights: Flights, clock: Clock) {
    this.#flights = flights;
    this.#clock = clock;
  }

  /** At most once a second for each page: to ask for one that is asked for already takes the queue as long as a first time. */
  ask(wish: Wish): void {
    const now = this.#clock.monotonic();
    // One with the total is another wish.
    const wished = wish.request.withTotal ? `${wish.key} total` : wish.key;
    if (now < (this.#againAt.get(wished) ?? 0)) return;
    if (this.#againAt.size >= KEYS) this.#againAt.clear();
    this.#againAt.set(wished, now + EVERY_MS);
    void this.#flights.fetchBehind(wish, 'refresh').catch(() => undefined);
  }
}
