import type { Clock } from '../shared/clock.ts';
import type { RateLimit, Tuning } from './permits.ts';
import { estimatedWaitMs } from './wait-estimate.ts';

/** How the leases of every replica stood at a moment. Instants are monotonic. */
export interface FleetLeases {
  readonly at: number;
  /** When each lease is expected to end, in any order. */
  readonly ends: readonly number[];
  readonly lastGrant: number;
}

/** What is known of other replicas is of use for a window; after that none of their leases would be left. */
const BELIEVED_MS = 1000;

interface Lease {
  readonly grantedAt: number;
  /** As expected. */
  end: number;
}

/** The leases of one limiter, as far as it knows them: enough to tell what is held and what a turn has to wait. */
export class Leases {
  readonly holdMs: number;
  readonly #clock: Clock;
  readonly #bursts: boolean;
  /** Its own ones, by the order of their grants. */
  readonly #own = new Map<symbol, Lease>();
  #lastGrant = Number.NEGATIVE_INFINITY;
  #fleet: FleetLeases | undefined;
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
    this.#own.set(lease, { grantedAt: this.#lastGrant, end: this.#lastGrant + this.holdMs });
    return this.#lastGrant;
  }

  /** Its request is on the wire, from which the window counts; unless it has ended meanwhile. */
  spend(lease: symbol): void {
    const spent = this.#own.get(lease);
    if (spent !== undefined) spent.end = this.#clock.monotonic() + this.holdMs;
  }

  end(lease: symbol): void {
    this.#own.delete(lease);
  }

  /** Those of all replicas, this one's among them, have been looked up. */
  see(fleet: FleetLeases): void {
    this.#fleet = fleet;
  }

  held(): number {
    return this.#ends().length;
  }

  /** Expected time in ms until a permit is granted that `turns` others go before. */
  waitMs(turns: number): number {
    return estimatedWaitMs(turns, {
      now: this.#clock.monotonic(),
      lastGrant: Math.max(this.#lastGrant, this.#fleet?.lastGrant ?? Number.NEGATIVE_INFINITY),
      ends: this.#ends(),
      holdMs: this.holdMs,
      tuning: this.tuning,
      bursts: this.#bursts,
    });
  }

  /** When the leases held now are expected to end: those that were seen and those granted here since. */
  #ends(): number[] {
    const now = this.#clock.monotonic();
    const own = [...this.#own.values()];
    const fleet = this.#fleet;
    if (fleet === undefined || now - fleet.at > BELIEVED_MS) return own.map(({ end }) => end);
    const since = own.filter(({ grantedAt }) => grantedAt > fleet.at).map(({ end }) => end);
    const seen = fleet.ends.filter((end) => end > now);
    // Its own ones are known for certain: a request may have been slow to get on the wire.
    return seen.length + since.length < own.length ? own.map(({ end }) => end) : [...seen, ...since];
  }
}
