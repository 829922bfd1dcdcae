import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

/** From this many filters on, Amperity may take tens of seconds for an answer. */
const SLOW_FILTERS = 2;

/**
 * One breaker for quick questions and one for slow ones: totals and many filters time out long before the rest of
 * Amperity is in trouble, and must not close the gateway to everybody.
 */
export class Breakers {
  readonly #quick: CircuitBreaker;
  readonly #slow: CircuitBreaker;

  constructor(clock: Clock) {
    this.#quick = new CircuitBreaker(clock);
    this.#slow = new CircuitBreaker(clock);
  }

  for({ withTotal, filters }: PageRequest): CircuitBreaker {
    return withTotal || filters.length >= SLOW_FILTERS ? this.#slow : this.#quick;
  }

  states(): { readonly quick: string; readonly slow: string } {
    return { quick: this.#quick.state(), slow: this.#slow.state() };
  }
}
