import type { Clock } from '../shared/clock.ts';
import type { RateLimit, Tuning } from './permits.ts';
import { estimatedWaitMs } from './wait-estimate.ts';

/** The leases of one limiter, as far as it knows them: enough to tell what is held and what a turn has to wait. */
export class Leases {
  readonly holdMs: number;
  readonly #clock: Clock;
  readonly #bursts: boolean;
  /** Monotonic instants at which the leases held now are expected to end, by the order of their grants. */
  readonly #ends = new Map<symbol, number>();
  #lastGrant = Number.NEGATIVE_INFINITY;
  tuning: Tuning;

  /** @param bursts whether a backlog is let out in bursts, rather than spread once it has lasted a window */
  constructor(limit: RateLimit, clock: Clock, bursts: boolean) {
    this.holdMs = limit.windowMs + limit.guardMs;
    this.#clock = clock;
    this.#bursts = bursts;
    this.tuning = { leases: limit.rate, minTimeMs: 0 };
  }

  /** A permit is granted; returns the monotonic instant. */
  grant(lease: symbol): number {
    this.#lastGrant = this.#clock.monotonic();
    this.#ends.set(lease, this.#lastGrant + this.holdMs);
    return this.#lastGrant;
  }

  /** Its request is on the wire, from which the window counts; unless it has ended meanwhile. */
  spend(lease: symbol): void {
    if (this.#ends.has(lease)) this.#ends.set(lease, this.#clock.monotonic() + this.holdMs);
  }

  end(lease: symbol): void {
    this.#ends.delete(lease);
  }

  held(): number {
    return this.#ends.size;
  }

  /** Expected time in ms until a permit is granted that `turns` others go before. */
  waitMs(turns: number): number {
    return estimatedWaitMs(turns, {
      now: this.#clock.monotonic(),
      lastGrant: this.#lastGrant,
      ends: [...this.#ends.values()],
      holdMs: this.holdMs,
      tuning: this.tuning,
      bursts: this.#bursts,
    });
  }
}
