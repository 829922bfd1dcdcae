import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { HealthFinding, Trouble } from './fleet-health.ts';

export type BreakerKind = Exclude<Trouble, 'credential'>;

const KINDS: readonly BreakerKind[] = ['quick', 'slow'];

/** From this many filters on, Amperity may take tens of seconds for an answer. */
const SLOW_FILTERS = 2;

/**
 * One breaker for quick questions and one for slow ones: totals and many filters time out long before the rest of
 * Amperity is in trouble, and must not close the gateway to everybody.
 */
export class Breakers {
  readonly #of: Readonly<Record<BreakerKind, CircuitBreaker>>;

  constructor(clock: Clock) {
    this.#of = { quick: new CircuitBreaker(clock), slow: new CircuitBreaker(clock) };
  }

  kindOf({ withTotal, filters }: PageRequest): BreakerKind {
    return withTotal || filters.length >= SLOW_FILTERS ? 'slow' : 'quick';
  }

  for(request: PageRequest): CircuitBreaker {
    return this.#of[this.kindOf(request)];
  }

  /** Whether one of these lets no call through. */
  areBarred(of: (kind: BreakerKind) => boolean): boolean {
    return KINDS.some((kind) => of(kind) && this.#of[kind].isBarred());
  }

  findings(): Readonly<Record<BreakerKind, HealthFinding>> {
    return { quick: this.#of.quick.finding(), slow: this.#of.slow.finding() };
  }

  adopt(kind: BreakerKind, forMs: number): void {
    this.#of[kind].adopt(forMs);
  }

  states(): { readonly quick: string; readonly slow: string } {
    return { quick: this.#of.quick.state(), slow: this.#of.slow.state() };
  }
}

/** What is told of a call that an open breaker keeps from being made; while a probe is under way its rest is 0. */
export const upstreamFailing = (remainingMs: number): GatewayError =>
  new GatewayError('unavailable', 'Amperity is failing, and is given time to recover.', {
    retryAfterMs: Math.max(1000, remainingMs),
  });
